import Link from "next/link";
import { getTranslations } from "next-intl/server";
import { cache } from "react";
import { Badge } from "@/components/ui/badge";
import { PageHeader } from "@/components/ui/page-header";
import { pageUser } from "@/lib/accounts";
import { showClass } from "@/lib/courses";
import { RosterTable } from "@/lib/courses/components/roster-table";
import { env } from "@/lib/platform/env";
import { found } from "@/lib/platform/found";

type Props = {
  params: Promise<{ id: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

// Once for the title and the page.
const shown = cache(async (classId: string, search: string) =>
  found(showClass({ ctx: await pageUser(), input: { classId, search, limit: 100 } })),
);

async function asked({ params, searchParams }: Props): Promise<[string, string]> {
  const [{ id }, { q }] = await Promise.all([params, searchParams]);
  return [id, typeof q === "string" ? q.slice(0, 100) : ""];
}

export async function generateMetadata(props: Props) {
  return { title: (await shown(...(await asked(props)))).name };
}

export default async function ClassPage(props: Props) {
  const [id, search] = await asked(props);
  const [t, { courses, roster, ...group }] = await Promise.all([
    getTranslations("courses"),
    shown(id, search),
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
