import { getTranslations } from "next-intl/server";
import { PageHeader } from "@/components/ui/page-header";
import { pageUser } from "@/lib/accounts";
import { listCourses } from "@/lib/courses";
import { CoursesTable } from "@/lib/courses/components/courses-table";

export async function generateMetadata() {
  const t = await getTranslations("courses");
  return { title: t("title") };
}

export default async function CoursesPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const ctx = await pageUser();
  const [t, { q, archived }] = await Promise.all([getTranslations("courses"), searchParams]);
  const search = typeof q === "string" ? q.slice(0, 100) : "";
  const page = await listCourses({ ctx, input: { search, archived: archived === "1" } });
  return (
    <>
      <PageHeader title={t("title")} description={t("hint")} />
      <CoursesTable
        page={page}
        search={search}
        archived={archived === "1"}
        mayCreate={ctx.actor.permissions.has("course.create")}
        mayAny={ctx.actor.permissions.has("course.any")}
      />
    </>
  );
}
