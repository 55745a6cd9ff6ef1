import { getTranslations } from "next-intl/server";
import { PageHeader } from "@/components/ui/page-header";
import { pageUser } from "@/lib/accounts";
import { listTemplates } from "@/lib/templates";
import { TemplatesTable } from "@/lib/templates/components/templates-table";

export async function generateMetadata() {
  const t = await getTranslations("templates");
  return { title: t("title") };
}

export default async function TemplatesPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const ctx = await pageUser({ permission: "template.edit" });
  const [t, { q, archived }] = await Promise.all([getTranslations("templates"), searchParams]);
  const search = typeof q === "string" ? q.slice(0, 100) : "";
  const input = { search, archived: archived === "1" };
  const page = await listTemplates({ ctx, input });
  return (
    <>
      <PageHeader title={t("title")} description={t("hint")} />
      <TemplatesTable page={page} search={search} archived={input.archived} />
    </>
  );
}
