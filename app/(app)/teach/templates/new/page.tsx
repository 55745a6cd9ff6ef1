import { getTranslations } from "next-intl/server";
import { PageHeader } from "@/components/ui/page-header";
import { pageUser } from "@/lib/accounts";
import { listRegions } from "@/lib/templates";
import { TemplateForm } from "@/lib/templates/components/template-form";

export async function generateMetadata() {
  const t = await getTranslations("templates");
  return { title: t("create") };
}

export default async function NewTemplatePage() {
  const ctx = await pageUser({ permission: "template.edit" });
  const [t, regions] = await Promise.all([getTranslations("templates"), listRegions(ctx)]);
  return (
    <>
      <PageHeader title={t("create")} breadcrumbs={[{ label: t("title"), href: "/teach/templates" }]} />
      <TemplateForm regions={regions} />
    </>
  );
}
