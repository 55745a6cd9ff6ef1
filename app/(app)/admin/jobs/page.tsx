import { getTranslations } from "next-intl/server";
import { LiveRefresh } from "@/components/live/live";
import { PageHeader } from "@/components/ui/page-header";
import { Notice } from "@/components/ui/section";
import { Tabs } from "@/components/ui/tabs";
import { inngest } from "@/inngest/client";
import { pageUser } from "@/lib/accounts";
import {
  listFunctions,
  listWorkers,
  liveCounts,
  queueState,
  rangeNames,
  runStats,
  runsOnServer,
} from "@/lib/executor";
import { systemReport } from "@/lib/health";
import { System } from "@/lib/health/components/system";
import { type JobFilter, listJobs } from "@/lib/jobs";
import { Charts } from "@/lib/jobs/components/charts";
import { Overview } from "@/lib/jobs/components/overview";
import { RunsTable } from "@/lib/jobs/components/runs-table";
import { Workers } from "@/lib/jobs/components/workers";

const pageSize = 50;
const states = ["queued", "running", "completed", "failed", "cancelled"] as const;
const tabs = ["runs", "charts", "workers", "system"] as const;

type Query = Partial<Record<"tab" | "state" | "job" | "q" | "range", string | string[]>>;

export async function generateMetadata() {
  const t = await getTranslations("jobs");
  return { title: t("title") };
}

export default async function JobsPage({ searchParams }: { searchParams: Promise<Query> }) {
  const ctx = await pageUser({ permission: "job.view" });
  const [t, query] = await Promise.all([getTranslations("jobs"), searchParams]);
  const tab = tabs.find((known) => known === query.tab) ?? "runs";
  const [figures, live, content] = await Promise.all([
    queueState({ ctx }),
    liveCounts({ ctx }),
    contentOf(tab, ctx, query),
  ]);
  return (
    <>
      <LiveRefresh topics={["jobs"]} delay={2_000} />
      <PageHeader title={t("title")} />
      {runsOnServer() ? (
        <div className="mb-4">
          <Notice tone="info" title={t("onServer.title")}>
            {t("onServer.text")}
          </Notice>
        </div>
      ) : null}
      <Overview figures={figures} />
      <Tabs
        label={t("title")}
        tabs={tabs.map((value) => ({
          value,
          label: t(`tabs.${value}`),
          count: value === "runs" ? live.queued + live.running : undefined,
          content: value === tab ? content : null,
        }))}
      />
    </>
  );
}

type Ctx = Awaited<ReturnType<typeof pageUser>>;

/** Only the open tab is asked for. */
async function contentOf(tab: (typeof tabs)[number], ctx: Ctx, query: Query) {
  switch (tab) {
    case "charts": {
      const range = rangeNames.find((known) => known === query.range) ?? "24h";
      return <Charts stats={await runStats({ ctx, input: { range } })} range={range} />;
    }
    case "workers":
      return <Workers workers={await listWorkers({ ctx })} />;
    case "system":
      return <System report={await systemReport({ ctx })} />;
    default: {
      const filter = filterOf(query);
      const [rows, functions] = await Promise.all([
        listJobs({ ctx, input: { ...filter, limit: pageSize } }),
        listFunctions({ ctx }),
      ]);
      return (
        <RunsTable
          key={JSON.stringify(filter)}
          rows={rows}
          filter={filter}
          functions={functions}
          mayManage={ctx.actor.permissions.has("job.manage") && !runsOnServer()}
          pageSize={pageSize}
        />
      );
    }
  }
}

function filterOf(query: Query): JobFilter {
  const one = (value: string | string[] | undefined) => (typeof value === "string" ? value : undefined);
  const job = one(query.job);
  return {
    state: states.find((known) => known === query.state),
    functionId: job ? `${inngest().id}-${job}`.slice(0, 160) : undefined,
    q: one(query.q)?.slice(0, 200) || undefined,
  };
}
