import { getTranslations } from "next-intl/server";
import { LiveRefresh } from "@/components/live/live";
import { PageHeader } from "@/components/ui/page-header";
import { pageUser } from "@/lib/accounts";
import { listHosts } from "@/lib/hosts";
import { HostsTable } from "@/lib/hosts/components/hosts-table";

export async function generateMetadata() {
  const t = await getTranslations("hosts");
  return { title: t("title") };
}

export default async function HostsPage() {
  const ctx = await pageUser({ permission: "host.manage" });
  const [t, hosts] = await Promise.all([getTranslations("hosts"), listHosts({ ctx })]);
  return (
    <>
      <LiveRefresh topics={["admin"]} delay={2_000} />
      <PageHeader title={t("title")} />
      <HostsTable hosts={hosts.map(({ createdAt: _, ...host }) => host)} />
    </>
  );
}
