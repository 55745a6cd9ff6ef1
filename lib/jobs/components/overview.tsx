import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { cn } from "@/components/ui/class-names";
import { lengthText } from "./run-state";

export type Figures = {
  depth: number;
  oldestSeconds: number;
  running: number;
  waiting: number;
  workersAlive: number;
};

/** Jobs that wait longer than this are late for people. */
const lateSeconds = 10;

/** How the queue stands, in four figures. */
export function Overview({ figures }: { figures: Figures }) {
  const t = useTranslations("jobs.overview");
  const words = useTranslations("jobs") as unknown as Parameters<typeof lengthText>[0];
  const late = figures.depth > 0 && figures.oldestSeconds > lateSeconds;
  return (
    <dl className="mb-4 grid grid-cols-2 gap-3 lg:grid-cols-4">
      <Figure label={t("due")} value={figures.depth} warn={late}>
        {figures.depth > 0
          ? t("oldest", { length: lengthText(words, figures.oldestSeconds * 1_000) })
          : t("none")}
      </Figure>
      <Figure label={t("running")} value={figures.running}>
        {t("runningHint")}
      </Figure>
      <Figure label={t("waiting")} value={figures.waiting}>
        {t("waitingHint")}
      </Figure>
      <Figure label={t("workers")} value={figures.workersAlive} warn={figures.workersAlive === 0}>
        {t(figures.workersAlive === 0 ? "noWorkers" : "workersHint")}
      </Figure>
    </dl>
  );
}

function Figure({
  label,
  value,
  warn,
  children,
}: {
  label: string;
  value: number;
  warn?: boolean;
  children: ReactNode;
}) {
  return (
    <div className="rounded-md border border-border bg-raised px-4 py-3">
      <dt className="text-muted text-sm">{label}</dt>
      <dd className="flex flex-wrap items-baseline gap-x-2">
        <span className={cn("tabular font-semibold text-xl", warn && "text-danger")}>{value}</span>
        <span className={cn("text-xs", warn ? "text-danger" : "text-muted")}>{children}</span>
      </dd>
    </div>
  );
}
