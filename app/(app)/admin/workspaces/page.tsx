import { getTranslations } from "next-intl/server";
import { LiveRefresh } from "@/components/live/live";
import { PageHeader } from "@/components/ui/page-header";
import { pageUser } from "@/lib/accounts";
import { listRunning } from "@/lib/workspaces";
import { RunningTable } from "@/lib/workspaces/components/running-table";

export async function generateMetadata() {
  const t = await getTranslations("workspaces.admin");
  return { title: t("title") };
}

export default async function RunningPage() {
  const ctx = await pageUser({ permission: "workspace.any" });
  const [t, { rows, next }] = await Promise.all([
    getTranslations("workspaces.admin"),
    listRunning({ ctx, input: { limit: 200 } }),
  ]);
  return (
    <>
      <LiveRefresh topics={["admin"]} delay={1_000} />
      <PageHeader title={t("title")} />
      <RunningTable rows={rows} next={next} />
    </>
  );
}
