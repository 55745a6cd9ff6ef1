import Link from "next/link";
import { getTranslations } from "next-intl/server";
import { Badge } from "@/components/ui/badge";
import { PageHeader } from "@/components/ui/page-header";
import { pageUser } from "@/lib/accounts";
import { getClass, listClassCourses, listRoster } from "@/lib/courses";
import { RosterTable } from "@/lib/courses/components/roster-table";
import { env } from "@/lib/platform/env";
import { found } from "@/lib/platform/found";

type Props = {
  params: Promise<{ id: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export async function generateMetadata({ params }: Props) {
  const ctx = await pageUser();
  return { title: (await found(getClass(ctx, (await params).id))).name };
}

export default async function ClassPage({ params, searchParams }: Props) {
  const ctx = await pageUser();
  const [{ id }, { q }] = await Promise.all([params, searchParams]);
  const search = typeof q === "string" ? q.slice(0, 100) : "";
  const group = await found(getClass(ctx, id));
  const [t, courses, roster] = await Promise.all([
    getTranslations("courses"),
    listClassCourses(ctx, id),
    listRoster({ ctx, input: { classId: id, search, limit: 100 } }),
  ]);
  return (
    <>
      <PageHeader
        title={group.name}
        breadcrumbs={[{ label: t("classes.title"), href: "/teach/classes" }]}
        badges={group.archivedAt ? <Badge tone="warn">{t("archived")}</Badge> : undefined}
        description={
          courses.length > 0 ? (
            <>
              {t("classes.takes")}
              {courses.map((course, index) => (
                <span key={course.id}>
                  {index > 0 ? t("classes.comma") : ""}
                  <Link href={`/teach/courses/${course.id}`} className="rounded-sm underline hover:text-text">
                    {course.name}
                  </Link>
                </span>
              ))}
            </>
          ) : (
            t("classes.takesNone")
          )
        }
      />
      <RosterTable
        classId={id}
        className={group.name}
        page={roster}
        total={roster.total}
        search={search}
        mayEdit={group.may.edit}
        signInUrl={env().PUBLIC_URL}
      />
    </>
  );
}
