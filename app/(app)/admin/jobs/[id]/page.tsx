import Link from "next/link";
import { getTranslations } from "next-intl/server";
import { LiveRefresh } from "@/components/live/live";
import { CopyButton } from "@/components/ui/copy-button";
import { PageHeader } from "@/components/ui/page-header";
import { Facts, Section } from "@/components/ui/section";
import { Time } from "@/components/ui/time";
import { pageUser } from "@/lib/accounts";
import { runsOnServer } from "@/lib/executor";
import { getJob, type Job } from "@/lib/jobs";
import { RunActions } from "@/lib/jobs/components/run-actions";
import { FunctionName, RunStateChip, Took } from "@/lib/jobs/components/run-state";
import { Timeline } from "@/lib/jobs/components/timeline";
import { found } from "@/lib/platform/found";

type Props = { params: Promise<{ id: string }> };

export async function generateMetadata() {
  const t = await getTranslations("jobs");
  return { title: t("title") };
}

export default async function JobPage({ params }: Props) {
  const ctx = await pageUser({ permission: "job.view" });
  const [t, { id }] = await Promise.all([getTranslations("jobs"), params]);
  const run = await found(getJob({ ctx, input: { id } }));
  const over = run.endedAt !== null;
  const mayManage = ctx.actor.permissions.has("job.manage") && !runsOnServer();
  return (
    <>
      {over ? null : <LiveRefresh topics={["jobs"]} delay={1_000} />}
      <PageHeader
        title={<FunctionName id={run.functionId} />}
        description={<span className="font-mono">{run.functionId}</span>}
        breadcrumbs={[{ href: "/admin/jobs", label: t("title") }]}
        badges={<RunStateChip state={run.state} />}
        actions={
          mayManage ? (
            <RunActions
              id={run.id}
              over={over}
              canContinue={run.state !== "completed" && run.steps.some((step) => step.state === "done")}
              retried={run.retriedAs !== null}
            />
          ) : null
        }
      />
      <div className="flex flex-col gap-4">
        <RunFacts run={run} />
        {run.output !== null && run.output !== undefined ? (
          <Section title={t(run.state === "failed" ? "detail.error" : "detail.output")}>
            <Json value={run.output} />
          </Section>
        ) : null}
        <Section title={t("detail.timeline")} flush>
          <Timeline run={run} now={ctx.clock.now()} />
        </Section>
        {run.waits.length > 0 ? <Waits run={run} /> : null}
        {run.attempts.length > 0 ? (
          <Section title={t("detail.failures")}>
            <ol className="flex flex-col gap-3">
              {run.attempts.map((attempt) => (
                <li key={attempt.id}>
                  <p className="text-muted text-sm">
                    <Time at={attempt.at} /> ·{" "}
                    {run.steps.find(({ stepId }) => stepId === attempt.stepId)?.name ?? t("detail.function")}{" "}
                    · {t("detail.attempt", { number: attempt.attempt + 1 })}
                  </p>
                  <Json value={attempt.error} />
                </li>
              ))}
            </ol>
          </Section>
        ) : null}
        {run.event ? (
          <Section
            title={t("detail.event")}
            description={<span className="font-mono">{run.event.name}</span>}
          >
            <Json value={run.event.data} />
          </Section>
        ) : null}
        {run.relatives.length > 0 ? (
          <Section title={t("detail.relatives")} flush>
            <ul className="divide-y divide-border">
              {run.relatives.map((other) => (
                <li key={other.id} className="flex flex-wrap items-baseline gap-x-4 gap-y-1 px-4 py-2">
                  <Link href={`/admin/jobs/${other.id}`} className="rounded-sm font-medium hover:underline">
                    <FunctionName id={other.functionId} />
                  </Link>
                  <RunStateChip state={other.state} />
                  <Time at={other.createdAt} className="ml-auto text-muted text-sm" />
                </li>
              ))}
            </ul>
          </Section>
        ) : null}
        <Section title={t("detail.results")} flush>
          {run.steps.some((step) => step.result !== null) ? (
            <ol className="divide-y divide-border">
              {run.steps
                .filter((step) => step.result !== null)
                .map((step) => (
                  <li key={step.stepId} className="px-4 py-2">
                    <details>
                      <summary className="cursor-pointer rounded-sm font-mono text-sm">{step.name}</summary>
                      <div className="pt-2">
                        <Json value={step.result} />
                      </div>
                    </details>
                  </li>
                ))}
            </ol>
          ) : (
            <p className="p-4 text-muted text-sm">{t("detail.noSteps")}</p>
          )}
        </Section>
      </div>
    </>
  );
}

async function RunFacts({ run }: { run: Job }) {
  const t = await getTranslations("jobs");
  const { link } = run;
  const to = (id: string) => (
    <Link href={`/admin/jobs/${id}`} className="rounded-sm font-mono text-accent text-sm hover:underline">
      {id}
    </Link>
  );
  return (
    <Section>
      <Facts
        items={[
          {
            label: t("columns.id"),
            value: (
              <span className="inline-flex items-center gap-1">
                <code className="font-mono text-sm">{run.id}</code>
                <CopyButton text={run.id} />
              </span>
            ),
          },
          ...(link?.person
            ? [{ label: t("detail.person"), value: `${link.person.name} (${link.person.username})` }]
            : []),
          ...(link?.experiment
            ? [
                {
                  label: t("detail.experiment"),
                  value: (
                    <Link
                      href={`/teach/experiments/${link.experiment.id}`}
                      className="rounded-sm text-accent hover:underline"
                    >
                      {link.experiment.title}
                      {link.number === null ? null : ` · ${t("detail.try", { number: link.number })}`}
                    </Link>
                  ),
                },
              ]
            : []),
          ...(link?.workspaceId
            ? [
                {
                  label: t("detail.workspace"),
                  value: (
                    <Link
                      href={`/workspaces/${link.workspaceId}`}
                      className="rounded-sm font-mono text-accent text-sm hover:underline"
                    >
                      {link.workspaceId}
                    </Link>
                  ),
                },
              ]
            : []),
          ...(run.retryOf ? [{ label: t("detail.retryOf"), value: to(run.retryOf) }] : []),
          ...(run.retriedAs ? [{ label: t("detail.retriedAs"), value: to(run.retriedAs) }] : []),
          ...(run.parentRunId ? [{ label: t("detail.parent"), value: to(run.parentRunId) }] : []),
          { label: t("columns.created"), value: <Time at={run.createdAt} /> },
          { label: t("detail.started"), value: run.startedAt ? <Time at={run.startedAt} /> : "—" },
          { label: t("detail.ended"), value: run.endedAt ? <Time at={run.endedAt} /> : "—" },
          { label: t("columns.took"), value: <Took from={run.startedAt} to={run.endedAt} /> },
        ]}
      />
    </Section>
  );
}

async function Waits({ run }: { run: Job }) {
  const t = await getTranslations("jobs.detail");
  return (
    <Section title={t("waits")} flush>
      <ul className="divide-y divide-border">
        {run.waits.map((wait) => (
          <li
            key={wait.stepId + wait.kind}
            className="flex flex-wrap items-baseline gap-x-4 gap-y-1 px-4 py-2"
          >
            <span>{t(`waitKinds.${wait.kind}`)}</span>
            {wait.eventName ? <span className="font-mono text-muted text-sm">{wait.eventName}</span> : null}
            {wait.expiresAt ? (
              <span className="ml-auto text-muted text-sm">
                {t("until")} <Time at={wait.expiresAt} />
              </span>
            ) : null}
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Json({ value }: { value: unknown }) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return (
    <div className="relative rounded-md bg-surface">
      <div className="absolute top-1 right-1">
        <CopyButton text={text} />
      </div>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: long text must be scrollable by keyboard
        tabIndex={0}
        className="max-h-80 overflow-auto whitespace-pre-wrap break-all p-3 pr-10 font-mono text-xs"
      >
        {text}
      </pre>
    </div>
  );
}
