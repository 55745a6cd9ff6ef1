import { getTranslations } from "next-intl/server";
import { LiveRefresh } from "@/components/live/live";
import { PageHeader } from "@/components/ui/page-header";
import { Tabs } from "@/components/ui/tabs";
import { pageUser } from "@/lib/accounts";
import {
  cloudFigures,
  listAccounts,
  listFindings,
  listResources,
  listSweeps,
  resourceKinds,
} from "@/lib/clouds";
import { AccountsPanel } from "@/lib/clouds/components/accounts-panel";
import { CloudFigures } from "@/lib/clouds/components/cloud-figures";
import { FindingsTable } from "@/lib/clouds/components/findings-table";
import { ResourcesTable } from "@/lib/clouds/components/resources-table";

const tabs = ["accounts", "resources", "leaks"] as const;
const shows = ["kept", "trouble", "over", "all"] as const;

type Query = Partial<Record<"tab" | "q" | "show" | "kind", string | string[]>>;
type Ctx = Awaited<ReturnType<typeof pageUser>>;

export async function generateMetadata() {
  const t = await getTranslations("clouds");
  return { title: t("title") };
}

export default async function CloudsPage({ searchParams }: { searchParams: Promise<Query> }) {
  const ctx = await pageUser({ permission: "host.manage" });
  const [t, query] = await Promise.all([getTranslations("clouds"), searchParams]);
  const tab = tabs.find((known) => known === query.tab) ?? "accounts";
  const [figures, content] = await Promise.all([cloudFigures({ ctx }), contentOf(tab, ctx, query)]);
  const counts = {
    accounts: undefined,
    resources: figures.instances + figures.kept,
    leaks: figures.findings,
  };
  return (
    <>
      <LiveRefresh topics={["admin"]} delay={2_000} />
      <PageHeader title={t("title")} description={t("hint")} />
      <CloudFigures figures={figures} />
      <Tabs
        label={t("title")}
        tabs={tabs.map((value) => ({
          value,
          label: t(`tab.${value}`),
          count: counts[value] || undefined,
          content: value === tab ? content : null,
        }))}
      />
    </>
  );
}

/** Only the open tab is asked for. */
async function contentOf(tab: (typeof tabs)[number], ctx: Ctx, query: Query) {
  switch (tab) {
    case "resources": {
      const input = {
        q: typeof query.q === "string" ? query.q.slice(0, 100) : "",
        kind: resourceKinds.find((known) => known === query.kind),
        show: shows.find((known) => known === query.show) ?? "costs",
      } as const;
      return <ResourcesTable page={await listResources({ ctx, input })} query={input} />;
    }
    case "leaks": {
      const show = query.show === "open" ? "open" : "all";
      const [page, sweeps] = await Promise.all([listFindings({ ctx, input: { show } }), listSweeps({ ctx })]);
      return <FindingsTable page={page} show={show} sweeps={sweeps} />;
    }
    default:
      return <AccountsPanel accounts={await listAccounts({ ctx })} />;
  }
}
