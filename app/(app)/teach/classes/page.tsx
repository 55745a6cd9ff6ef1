import { getTranslations } from "next-intl/server";
import { PageHeader } from "@/components/ui/page-header";
import { pageUser } from "@/lib/accounts";
import { listClasses } from "@/lib/courses";
import { ClassesTable } from "@/lib/courses/components/classes-table";

export async function generateMetadata() {
  const t = await getTranslations("courses.classes");
  return { title: t("title") };
}

export default async function ClassesPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const ctx = await pageUser();
  const [t, { q, archived }] = await Promise.all([getTranslations("courses.classes"), searchParams]);
  const search = typeof q === "string" ? q.slice(0, 100) : "";
  const page = await listClasses({ ctx, input: { search, archived: archived === "1" } });
  return (
    <>
      <PageHeader title={t("title")} description={t("hint")} />
      <ClassesTable
        page={page}
        search={search}
        archived={archived === "1"}
        mayCreate={ctx.actor.permissions.has("class.create")}
      />
    </>
  );
}
