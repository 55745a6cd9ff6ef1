import { MonitorPlay } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { Time } from "@/components/ui/time";
import { CollectedFiles } from "@/lib/collections/components/collected-files";
import type { OwnTask } from "../queries";
import { StartFromButton } from "./start-from-button";

/** One's tries at a task, the newest first, each with what was kept of it: at its end, and before its resets. */
export function AttemptHistory({
  attempts,
  hasOpen,
  mayStart,
}: {
  attempts: OwnTask["attempts"];
  /** An attempt is open: files can be put back into its home. */
  hasOpen: boolean;
  /** One is open, or can be begun. */
  mayStart: boolean;
}) {
  const t = useTranslations("attempts.history");
  const tc = useTranslations("collections.copies");
  const again = (collection: { id: string; files: number; skipped: number } | null) =>
    collection && mayStart ? <StartFromButton collection={collection} hasOpen={hasOpen} /> : null;
  const newestEnded = attempts.find((attempt) => attempt.state === "ended")?.id;
  return (
    <ol className="divide-y divide-border">
      {attempts.map((attempt) => (
        <li key={attempt.id} className="flex flex-col gap-1 py-3 first:pt-0 last:pb-0">
          <div className="flex flex-wrap items-baseline gap-x-3 text-sm">
            <span className="font-medium text-base">{t("number", { number: attempt.number })}</span>
            {attempt.startedAt ? (
              <span className="text-muted">
                <Time at={attempt.startedAt} />
                {" – "}
                {attempt.endedAt ? <Time at={attempt.endedAt} /> : t("running")}
              </span>
            ) : null}
            {attempt.endReason ? (
              <span className="text-muted">{t(`reasons.${attempt.endReason as "student"}`)}</span>
            ) : null}
            {attempt.recordings > 0 ? (
              <Link
                href={`/attempts/${attempt.id}/recordings`}
                className="inline-flex items-center gap-1 self-center text-accent hover:underline"
              >
                <MonitorPlay aria-hidden="true" className="size-4" />
                {t("recordings", { count: attempt.recordings })}
              </Link>
            ) : null}
          </div>
          {attempt.state === "ended" ? (
            <CollectedFiles
              attemptId={attempt.id}
              collection={attempt.collection}
              open={attempt.id === newestEnded}
              restorable={hasOpen}
              actions={again(attempt.collection)}
            />
          ) : null}
          {attempt.copies.length > 0 ? (
            <div className="mt-1 flex flex-col gap-1 border-border border-l-2 pl-3">
              <h4 className="font-medium text-muted text-sm">{tc("title")}</h4>
              {attempt.copies.map((copy) => (
                <div key={copy.id}>
                  <p className="text-muted text-xs">
                    {tc.rich("at", { at: () => <Time at={copy.createdAt} /> })}
                  </p>
                  <CollectedFiles
                    attemptId={attempt.id}
                    collection={copy}
                    restorable={hasOpen}
                    actions={again(copy)}
                  />
                </div>
              ))}
            </div>
          ) : null}
        </li>
      ))}
    </ol>
  );
}
