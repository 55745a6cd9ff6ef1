import { Coins } from "lucide-react";
import { getTranslations } from "next-intl/server";
import { LiveRefresh } from "@/components/live/live";
import { Badge } from "@/components/ui/badge";
import { ButtonLink } from "@/components/ui/button";
import { PageHeader } from "@/components/ui/page-header";
import { Tabs } from "@/components/ui/tabs";
import { pageUser } from "@/lib/accounts";
import { courseBudget } from "@/lib/costs";
import { BudgetNotice } from "@/lib/costs/components/budget-notice";
import { enrollableClasses, getCourse, listCourseClasses, listMembers } from "@/lib/courses";
import { CourseActions } from "@/lib/courses/components/course-actions";
import { CourseClasses } from "@/lib/courses/components/course-classes";
import { CourseMembers } from "@/lib/courses/components/course-members";
import { listExperiments } from "@/lib/experiments";
import { ExperimentsTable } from "@/lib/experiments/components/experiments-table";
import { found } from "@/lib/platform/found";

type Props = {
  params: Promise<{ id: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export async function generateMetadata({ params }: Props) {
  const ctx = await pageUser();
  return { title: (await found(getCourse(ctx, (await params).id))).name };
}

export default async function CoursePage({ params, searchParams }: Props) {
  const ctx = await pageUser();
  const [{ id }, { archived }] = await Promise.all([params, searchParams]);
  const course = await found(getCourse(ctx, id));
  const [t, experiments, classes, members, enrollable, costs] = await Promise.all([
    getTranslations("courses"),
    listExperiments({ ctx, input: { courseId: id, archived: archived === "1" } }),
    listCourseClasses(ctx, id),
    listMembers(ctx, id),
    course.may.edit ? enrollableClasses(ctx, id) : [],
    courseBudget({ ctx, input: { courseId: id } }),
  ]);
  const { name, code, term, description } = course;
  return (
    <>
      <PageHeader
        title={name}
        breadcrumbs={[{ label: t("title"), href: "/teach/courses" }]}
        badges={
          <>
            {term ? <Badge>{term}</Badge> : null}
            {code ? <Badge>{code}</Badge> : null}
            {course.archivedAt ? <Badge tone="warn">{t("archived")}</Badge> : null}
          </>
        }
        description={description || undefined}
        actions={
          course.may.restore ? (
            <>
              {costs ? (
                <ButtonLink href={`/teach/courses/${id}/costs`} icon={<Coins aria-hidden="true" />}>
                  {t("costs")}
                </ButtonLink>
              ) : null}
              <CourseActions
                course={{ id, name, code, term, description }}
                archived={course.archivedAt !== null}
              />
            </>
          ) : undefined
        }
      />
      <LiveRefresh topics={["user:me"]} delay={10_000} />
      {costs ? <BudgetNotice courseId={id} state={costs} mayAllow={course.may.restore} link /> : null}
      <Tabs
        label={name}
        tabs={[
          {
            value: "experiments",
            label: t("tab.experiments"),
            content: (
              <ExperimentsTable
                courseId={id}
                page={experiments}
                archived={archived === "1"}
                mayEdit={course.may.edit}
              />
            ),
          },
          {
            value: "classes",
            label: t("tab.classes"),
            count: classes.length,
            content: (
              <CourseClasses
                courseId={id}
                classes={classes}
                enrollable={enrollable}
                mayEdit={course.may.edit}
                mayCreate={ctx.actor.permissions.has("class.create")}
              />
            ),
          },
          {
            value: "members",
            label: t("tab.members"),
            count: members.length,
            content: <CourseMembers courseId={id} members={members} mayEdit={course.may.edit} />,
          },
        ]}
      />
    </>
  );
}
