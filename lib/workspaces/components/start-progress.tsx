"use client";

import { useTranslations } from "next-intl";
import { type ProgressStep, ProgressSteps } from "@/components/ui/progress";
import type { Protocol } from "@/db/schema/templates";
import type { WorkspaceState } from "@/db/schema/workspaces";
import type { StepView } from "../steps";
import { useServerNow } from "./use-server-now";
import { WaitText } from "./wait-text";

const longMs = 10_000;

export type Starting = {
  protocol: Protocol;
  /** In a cloud it is another thing that is made, and it takes its time. */
  cloud: object | null;
  steps: readonly StepView[];
  state: WorkspaceState;
  step: string | null;
  queuePosition: number | null;
  queueUntil: Date | null;
  typicalMs: number | null;
  startTimeoutSeconds: number;
  health: "ok" | "unreachable";
};

/** How far a start is: its true steps with their times; what is going on where one takes long. */
export function StartProgress({ start }: { start: Starting }) {
  const t = useTranslations("workspaces.starting");
  const now = useServerNow();
  const hasPlace = start.state === "provisioning" && start.step === "turn";
  const named = (step: StepView["step"]) =>
    start.cloud
      ? (`${step}Cloud` as const)
      : step === "boot" && start.protocol !== "jupyter"
        ? ("bootDesktop" as const)
        : step;
  const duration = (ms: number) => {
    const all = Math.max(0, Math.round(ms / 1000));
    return all < 60
      ? t("seconds", { seconds: all })
      : t("minutes", { minutes: Math.floor(all / 60), seconds: all % 60 });
  };
  const shown = start.steps.map((one): ProgressStep => {
    const began = one.startedAt && new Date(one.startedAt).getTime();
    const ended = one.endedAt && new Date(one.endedAt).getTime();
    const took = began === null ? null : ended !== null ? ended - began : now === null ? null : now - began;
    const running = one.state === "now";
    return {
      key: one.step,
      label: t(`steps.${named(one.step)}`),
      state: one.state,
      time: took === null ? undefined : duration(took),
      detail: running ? detailOf(one, took ?? 0) : undefined,
    };
  });

  function detailOf({ step }: StepView, took: number) {
    if (start.health === "unreachable") return t("long.unreachable");
    if (step === "place" && start.step === "disk") return t("noDisk");
    if (step === "place" && start.queuePosition !== null) {
      const position = start.queuePosition;
      return (
        <>
          {hasPlace ? t("turn", { before: position - 1 }) : t("queued", { position })}{" "}
          <WaitText until={start.queueUntil} sentence />
        </>
      );
    }
    if (step === "boot" && took > start.startTimeoutSeconds * 600) {
      return t("slow", { seconds: start.startTimeoutSeconds });
    }
    return took > longMs ? t(`long.${named(step)}`) : undefined;
  }

  // What others are waited for does not count as its own start.
  const began = start.steps[1]?.startedAt;
  const waited = now === null || !began ? 0 : now - new Date(began).getTime();
  const queued = start.queuePosition !== null && start.steps[0]?.state === "now";
  const usual = start.typicalMs;
  return (
    <div className="flex flex-col gap-3">
      <ProgressSteps label={t("title")} steps={shown} />
      {start.cloud && usual === null && !queued ? (
        <p className="text-muted text-sm">{t("usualCloud")}</p>
      ) : null}
      {usual !== null && !queued ? (
        <p className="text-muted text-sm" role="status">
          {waited > Math.max(usual * 2, usual + longMs)
            ? t("longerThanUsual", { seconds: Math.ceil(usual / 1000) })
            : t("usual", { seconds: Math.max(1, Math.ceil(usual / 1000)) })}
        </p>
      ) : null}
    </div>
  );
}
