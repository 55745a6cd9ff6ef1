"use client";

import { RotateCw } from "lucide-react";
import { useRouter } from "next/navigation";
import { useNow, useTranslations } from "next-intl";
import { useAction } from "@/components/form/use-action";
import type { Tone } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { StateChip } from "@/components/ui/state-chip";
import { Time } from "@/components/ui/time";
import { toast } from "@/components/ui/toast";
import { sweepNowAction } from "@/lib/workspaces/actions";
import { resourceKinds } from "../resource-kinds";
import type { SweepView, Swept } from "../sweeps";
import { useCodeText } from "./use-code-text";

/** Five sweeps were due by then. */
const staleMs = 10 * 60_000;

/** Whether nobody has looked at a region for too long, as the minutes go by. */
export function useStale(): (sweep: Pick<SweepView, "goodAt">) => boolean {
  const now = useNow({ updateInterval: 30_000 });
  return ({ goodAt }) => !goodAt || now.getTime() - goodAt.getTime() > staleMs;
}

const dealt = ({ orphans, lost, mended }: Pick<Swept, "orphans" | "lost" | "mended">) =>
  orphans + lost + mended;

/** When each region was last compared with the ledger, what came of it, and comparing it now. */
export function SweepsList({ sweeps }: { sweeps: readonly SweepView[] }) {
  const t = useTranslations("clouds.leak.sweep");
  return (
    <ul
      aria-label={t("label")}
      className="divide-y divide-border rounded-md border border-border bg-raised text-sm"
    >
      {sweeps.map((sweep) => (
        <Sweep key={sweep.hostId} sweep={sweep} />
      ))}
    </ul>
  );
}

function Sweep({ sweep }: { sweep: SweepView }) {
  const t = useTranslations("clouds.leak.sweep");
  const router = useRouter();
  const { run, busy } = useAction(sweepNowAction);
  const { last, region: name } = sweep;
  const sweepNow = async () => {
    const answer = await run({ hostId: sweep.hostId });
    // A sweep that broke off is news too.
    router.refresh();
    if (!answer) return;
    const count = dealt(answer.data);
    toast({
      title: t("doneTitle", { name }),
      description: count > 0 ? t("doneDid", { count }) : t("doneAgrees"),
    });
  };
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2 lg:grid lg:grid-cols-[minmax(0,1fr)_minmax(0,1.2fr)_minmax(0,1.4fr)_auto]">
      <span className="min-w-0 flex-1 basis-40">
        <span className="wrap-anywhere font-medium">{name}</span>
        <span className="block text-muted text-xs">{t("day", sweep.day)}</span>
      </span>
      <span className="order-last min-w-0 basis-full lg:order-none">
        <Result sweep={sweep} />
      </span>
      <span className="order-last min-w-0 basis-full text-muted text-xs lg:order-none">
        {last ? <Compared last={last} /> : null}
      </span>
      <Button
        size="sm"
        busy={busy}
        icon={<RotateCw aria-hidden="true" />}
        aria-label={t("nowOf", { name })}
        onClick={() => void sweepNow()}
      >
        {t("now")}
      </Button>
    </li>
  );
}

type Last = NonNullable<SweepView["last"]>;

function Result({ sweep }: { sweep: SweepView }) {
  const t = useTranslations("clouds.leak.sweep");
  const codeText = useCodeText();
  const isStale = useStale()(sweep);
  const { last, goodAt } = sweep;
  if (!last) return <StateChip tone="danger">{t("never")}</StateChip>;
  const tone: Tone = isStale || last.error ? "danger" : isUneasy(last) ? "warn" : "ok";
  const words = last.error
    ? t("broken")
    : isStale
      ? t("stale")
      : [
          dealt(last) > 0 && t("did", { count: dealt(last) }),
          last.pending + last.failed > 0 && t("left", { count: last.pending + last.failed }),
          last.spared > 0 && t("spared", { count: last.spared }),
        ]
          .filter(Boolean)
          .join(" · ") || t("agrees");
  return (
    <>
      <StateChip tone={tone} since={<Ago at={last.startedAt} />}>
        {words}
      </StateChip>
      {last.error ? (
        <span className="block text-muted text-xs">
          {codeText(last.error)}
          {goodAt ? (
            <span className="block">
              {t.rich("goodAt", { at: () => <Time at={goodAt} mode="relative" /> })}
            </span>
          ) : null}
        </span>
      ) : null}
    </>
  );
}

/** What has just been done is not to come, though the page's own now is half a minute old. */
function Ago({ at }: { at: Date }) {
  const now = useNow({ updateInterval: 30_000 });
  return <Time at={at > now ? now : at} mode="relative" />;
}

const isUneasy = (last: Last): boolean => dealt(last) + last.pending + last.failed + last.spared > 0;

function Compared({ last }: { last: Last }) {
  const t = useTranslations("clouds.leak.sweep");
  const counts = resourceKinds.flatMap((kind) => {
    const count = last.compared[kind] ?? 0;
    return count > 0 ? t(`count.${kind}`, { count }) : [];
  });
  const seconds = Math.max(0.1, Math.round(last.tookMs / 100) / 10);
  return [
    last.error ? null : counts.length > 0 ? counts.join(" · ") : t("nothing"),
    t("took", { seconds }),
    last.askedBy ? t("byHand") : null,
  ]
    .filter(Boolean)
    .join(" · ");
}
