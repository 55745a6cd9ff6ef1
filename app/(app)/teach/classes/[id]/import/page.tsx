import { notFound } from "next/navigation";
import { getTranslations } from "next-intl/server";
import { PageHeader } from "@/components/ui/page-header";
import { pageUser } from "@/lib/accounts";
import { getClass } from "@/lib/courses";
import { ImportWizard } from "@/lib/courses/components/import-wizard";
import { env } from "@/lib/platform/env";
import { found } from "@/lib/platform/found";

export async function generateMetadata() {
  const t = await getTranslations("courses.import");
  return { title: t("title") };
}

export default async function ImportPage({ params }: { params: Promise<{ id: string }> }) {
  const ctx = await pageUser();
  const { id } = await params;
  const group = await found(getClass(ctx, id));
  if (!group.may.edit) notFound();
  const t = await getTranslations("courses");
  return (
    <>
      <PageHeader
        title={t("import.title")}
        breadcrumbs={[
          { label: t("classes.title"), href: "/teach/classes" },
          { label: group.name, href: `/teach/classes/${id}` },
        ]}
      />
      <ImportWizard classId={id} className={group.name} signInUrl={env().PUBLIC_URL} />
    </>
  );
}
