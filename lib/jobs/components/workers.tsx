import { Server } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { EmptyState } from "@/components/ui/empty-state";
import { Section } from "@/components/ui/section";
import { StateChip } from "@/components/ui/state-chip";
import { Time } from "@/components/ui/time";
import type { WorkerState } from "@/lib/executor";
import { FunctionName } from "./run-state";

/** Processes that run jobs: whether they live, by the database's clock, and what they run now. */
export function Workers({ workers }: { workers: readonly WorkerState[] }) {
  const t = useTranslations("jobs.workers");
  if (workers.length === 0)
    return (
      <div className="rounded-md border border-border bg-raised">
        <EmptyState icon={<Server aria-hidden="true" />} title={t("empty")}>
          {t("emptyText")}
        </EmptyState>
      </div>
    );
  return (
    <ul className="flex flex-col gap-4">
      {workers.map((worker) => (
        <li key={worker.owner}>
          <Section
            title={<span className="font-mono text-sm">{worker.owner}</span>}
            description={
              <>
                {t("since")} <Time at={worker.startedAt} />
              </>
            }
            actions={
              <StateChip
                tone={worker.alive ? "ok" : "danger"}
                since={t("silent", { seconds: worker.silentSeconds })}
              >
                {t(worker.alive ? "alive" : "dead")}
              </StateChip>
            }
            flush
          >
            {worker.jobs.length === 0 ? (
              <p className="px-4 py-3 text-muted text-sm">{t("idle")}</p>
            ) : (
              <ul className="divide-y divide-border">
                {worker.jobs.map((job) => (
                  <li
                    key={`${job.runId}${job.step}`}
                    className="flex flex-wrap items-baseline gap-x-3 gap-y-1 px-4 py-2"
                  >
                    <Link
                      href={`/admin/jobs/${job.runId}`}
                      className="rounded-sm font-medium hover:underline"
                    >
                      <FunctionName id={job.functionId} />
                    </Link>
                    {job.step ? <span className="font-mono text-muted text-sm">{job.step}</span> : null}
                    {job.attempt > 0 ? (
                      <span className="tabular text-muted text-xs">
                        {t("attempt", { number: job.attempt + 1 })}
                      </span>
                    ) : null}
                  </li>
                ))}
              </ul>
            )}
          </Section>
        </li>
      ))}
    </ul>
  );
}
