import { getTranslations } from "next-intl/server";
import { PageHeader } from "@/components/ui/page-header";
import { pageUser } from "@/lib/accounts";
import { TemplateForm } from "@/lib/templates/components/template-form";

export async function generateMetadata() {
  const t = await getTranslations("templates");
  return { title: t("create") };
}

export default async function NewTemplatePage() {
  await pageUser({ permission: "template.edit" });
  const t = await getTranslations("templates");
  return (
    <>
      <PageHeader title={t("create")} breadcrumbs={[{ label: t("title"), href: "/teach/templates" }]} />
      <TemplateForm />
    </>
  );
}
