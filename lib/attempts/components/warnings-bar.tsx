"use client";

import { Clock, Hand, X } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { useAction } from "@/components/form/use-action";
import { Button, buttonClass } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { Countdown } from "@/components/ui/countdown";
import { IconButton } from "@/components/ui/icon-button";
import { stayAction } from "@/lib/workspaces/actions";
import { extendOwnAttemptAction } from "../actions";
import type { Warning } from "../warnings";
import { useWarnings } from "./use-warnings";

type Shown =
  | { kind: "deadline"; key: string; warning: Warning; told: NonNullable<Warning["deadline"]> }
  | { kind: "idle"; key: string; warning: Warning; told: NonNullable<Warning["idle"]> };

const shownOf = (warning: Warning): Shown[] => [
  ...(warning.deadline
    ? [
        {
          kind: "deadline" as const,
          key: `${warning.attemptId} ${warning.deadline.at.toISOString()} ${warning.deadline.minutes}`,
          warning,
          told: warning.deadline,
        },
      ]
    : []),
  ...(warning.idle
    ? [
        {
          kind: "idle" as const,
          key: `${warning.attemptId} idle ${warning.idle.at.toISOString()}`,
          warning,
          told: warning.idle,
        },
      ]
    : []),
];

const closedKey = "labyard-warnings-closed";

/**
 * What the server has decided to warn a student of, on every page where they are: time that runs out, with more of it
 * at hand, and a stop because nobody does anything. Closing one hides it until there is something new to say.
 */
export function WarningsBar({ first, here }: { first: Warning[]; here?: string }) {
  const t = useTranslations("attempts.warnings");
  const { warnings, refetch } = useWarnings(first);
  const [closed, setClosed] = useState<readonly string[]>([]);
  useEffect(() => setClosed(JSON.parse(sessionStorage.getItem(closedKey) ?? "[]") as string[]), []);
  const close = (key: string) => {
    const next = [...closed, key].slice(-50);
    setClosed(next);
    sessionStorage.setItem(closedKey, JSON.stringify(next));
  };
  // No toast: inside a workspace it would lie over JupyterLab's own notifications.
  const [said, setSaid] = useState("");
  const done = (text: string) => {
    setSaid(text);
    refetch();
  };
  const shown = warnings.flatMap(shownOf).filter(({ key }) => !closed.includes(key));
  return (
    // The live region is always there: what is put into it is read out.
    <section aria-label={t("label")} aria-live="polite" className="flex shrink-0 flex-col">
      <span className="sr-only">{said}</span>
      {shown.map((one) => (
        <OneWarning key={one.key} shown={one} here={here} onClose={() => close(one.key)} onDone={done} />
      ))}
    </section>
  );
}

const looks = {
  info: "border-info bg-info-soft",
  warn: "border-warn bg-warn-soft",
  danger: "border-danger bg-danger-soft",
};

function OneWarning({
  shown,
  here,
  onClose,
  onDone,
}: {
  shown: Shown;
  /** The workspace whose page this is: it needs no way there. */
  here?: string;
  onClose: () => void;
  onDone: (text: string) => void;
}) {
  const t = useTranslations("attempts.warnings");
  const extend = useAction(extendOwnAttemptAction);
  const stay = useAction(stayAction);
  const { kind, warning, told } = shown;
  const { workspaceId } = warning;
  const tone = kind === "idle" ? "warn" : told.minutes <= 5 ? "danger" : "warn";
  const addTime = async () => {
    if (kind !== "deadline" || !(await extend.run({ attemptId: warning.attemptId }))) return;
    onDone(t("extended", { minutes: told.extensionMinutes }));
  };
  const stayHere = async () => {
    if (!workspaceId || !(await stay.run({ workspaceId }))) return;
    onDone(t("stays"));
  };
  return (
    <div
      className={cn(
        "relative flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-l-3 py-2 pr-11 pl-3 text-sm pointer-coarse:pr-14",
        looks[tone],
      )}
    >
      <div className="min-w-0 flex-1 basis-64">
        <p className="font-medium text-base">
          {t(kind === "idle" ? "idleTitle" : "deadlineTitle", { title: warning.title })}{" "}
          <Countdown deadline={told.at} bare silent className="whitespace-nowrap" />
        </p>
        <p>{kind === "idle" ? t("idleText", { minutes: told.minutes }) : t("deadlineText")}</p>
      </div>
      <div className="flex flex-wrap items-center gap-2">
        {kind === "idle" ? (
          <Button
            size="sm"
            variant="primary"
            busy={stay.busy}
            icon={<Hand aria-hidden="true" />}
            onClick={stayHere}
          >
            {t("here")}
          </Button>
        ) : told.extensionsLeft > 0 ? (
          <Button
            size="sm"
            variant="primary"
            busy={extend.busy}
            icon={<Clock aria-hidden="true" />}
            onClick={addTime}
          >
            {t("extend", { minutes: told.extensionMinutes })}
            <span className="tabular text-xs">{t("left", { count: told.extensionsLeft })}</span>
          </Button>
        ) : (
          <span className="text-muted">{t("noneLeft")}</span>
        )}
        {workspaceId && workspaceId !== here ? (
          <Link href={`/workspaces/${workspaceId}`} className={buttonClass({ size: "sm" })}>
            {t("enter")}
          </Link>
        ) : null}
      </div>
      <IconButton size="sm" label={t("close")} onClick={onClose} className="absolute top-2 right-2">
        <X aria-hidden="true" />
      </IconButton>
    </div>
  );
}
