import { MonitorPlay } from "lucide-react";
import { getTranslations } from "next-intl/server";
import { LiveRefresh } from "@/components/live/live";
import { Markdown } from "@/components/markdown/markdown";
import { Badge } from "@/components/ui/badge";
import { ButtonLink } from "@/components/ui/button";
import { PageHeader } from "@/components/ui/page-header";
import { Notice, Section } from "@/components/ui/section";
import { Tabs } from "@/components/ui/tabs";
import { pageUser } from "@/lib/accounts";
import { priceOf } from "@/lib/attempts";
import { CloseNow } from "@/lib/attempts/components/close-now";
import { courseBudget, forecastExperiment } from "@/lib/costs";
import { BudgetNotice } from "@/lib/costs/components/budget-notice";
import { ForecastPanel } from "@/lib/costs/components/forecast-panel";
import { listCourseClasses } from "@/lib/courses";
import { experimentActivity, getExperiment, publishChecklist } from "@/lib/experiments";
import { AttachmentsPanel } from "@/lib/experiments/components/attachments-panel";
import { AudiencePanel } from "@/lib/experiments/components/audience-panel";
import { ContentForm } from "@/lib/experiments/components/content-form";
import { ExperimentState } from "@/lib/experiments/components/experiment-state";
import { PublishPanel } from "@/lib/experiments/components/publish-panel";
import { TaskFacts } from "@/lib/experiments/components/task-facts";
import { TaskForm, type TemplateChoice } from "@/lib/experiments/components/task-form";
import { found } from "@/lib/platform/found";
import { currentVersionOf, getTemplate, usableTemplates } from "@/lib/templates";

type Props = { params: Promise<{ id: string }> };

export async function generateMetadata({ params }: Props) {
  const ctx = await pageUser();
  return { title: (await found(getExperiment(ctx, (await params).id))).experiment.title };
}

export default async function ExperimentPage({ params }: Props) {
  const ctx = await pageUser();
  const { id } = await params;
  const detail = await found(getExperiment(ctx, id));
  const { experiment, task, template, attachments, assignments } = detail;
  const { course, may } = experiment;
  const [t, words, checks, activity, classes, templates, forecast] = await Promise.all([
    getTranslations("experiments"),
    getTranslations("courses"),
    publishChecklist(ctx, id),
    experimentActivity(ctx, id),
    listCourseClasses(ctx, course.id),
    may.edit ? choices() : [],
    forecastExperiment({ ctx, input: { experimentId: id }, priceOf: priceOf(ctx) }),
  ]);
  const costs = forecast && (await courseBudget({ ctx, input: { courseId: course.id } }));
  const checklist =
    forecast?.price != null && forecast.left !== null
      ? [...checks, { key: "budget" as const, blocking: false, done: forecast.whole <= forecast.left }]
      : checks;

  /** What the actor may use, and what the task already has, whoever's it is. */
  async function choices(): Promise<TemplateChoice[]> {
    const mine = ctx.actor.permissions.has("template.edit") ? await usableTemplates(ctx) : [];
    const usable = mine.map((one) => ({ ...one, archived: false }));
    if (!template?.id || usable.some((one) => one.id === template.id)) return usable;
    const { number, spec } = await currentVersionOf(ctx.db, template.id);
    const { id: templateId, name } = template;
    return [
      ...usable,
      { id: templateId, name, version: number, spec, archived: template.archivedAt !== null },
    ];
  }

  // Only who may edit the template plans for it.
  const mayWarm =
    template?.id && may.edit
      ? await getTemplate(ctx, template.id).then(
          (one) => (one.may.edit && !one.archivedAt ? one.id : null),
          () => null,
        )
      : null;

  const assigned = new Set(assignments.classes.map((row) => row.targetId));
  const free = classes.filter((row) => !assigned.has(row.id) && row.archivedAt === null);
  const missing = checklist.filter((item) => item.blocking && !item.done).length;
  const { title, description, weight, recording, opensAt, closesAt } = experiment;
  const canClose =
    experiment.status === "published" &&
    (activity.openAttempts > 0 || checklist.some(({ key, done }) => key === "window" && done));
  return (
    <>
      <PageHeader
        title={title}
        breadcrumbs={[
          { label: words("title"), href: "/teach/courses" },
          { label: course.name, href: `/teach/courses/${course.id}` },
        ]}
        badges={
          <>
            <ExperimentState experiment={experiment} />
            {activity.running > 0 ? (
              <Badge tone="ok">{t("running", { count: activity.running })}</Badge>
            ) : null}
          </>
        }
        actions={
          <ButtonLink href={`/teach/experiments/${id}/live`} icon={<MonitorPlay aria-hidden="true" />}>
            {t("live")}
          </ButtonLink>
        }
      />
      <LiveRefresh topics={[`experiment:${id}`, "user:me"]} />
      {costs ? <BudgetNotice courseId={course.id} state={costs} mayAllow={may.restore} link /> : null}
      {may.edit ? null : (
        <div className="mb-4">
          <Notice tone="info">{experiment.archivedAt ? t("archivedNotice") : t("readOnly")}</Notice>
        </div>
      )}
      <Tabs
        label={title}
        tabs={[
          {
            value: "content",
            label: t("tab.content"),
            content: may.edit ? (
              <ContentForm experimentId={id} values={{ title, description, weight, recording }} />
            ) : (
              <Section className="max-w-3xl">
                {description.trim() ? (
                  <Markdown>{description}</Markdown>
                ) : (
                  <p className="text-muted">{t("show.nothing")}</p>
                )}
              </Section>
            ),
          },
          {
            value: "task",
            label: t("tab.task"),
            content: may.edit ? (
              <TaskForm task={task} templates={templates} openAttempts={activity.openAttempts} />
            ) : (
              <Section className="max-w-3xl">
                <TaskFacts task={task} templateName={template?.name ?? null} />
              </Section>
            ),
          },
          {
            value: "attachments",
            label: t("tab.attachments"),
            count: attachments.length,
            content: <AttachmentsPanel experimentId={id} attachments={attachments} mayEdit={may.edit} />,
          },
          {
            value: "audience",
            label: t("tab.audience"),
            content: (
              <AudiencePanel
                experimentId={id}
                courseId={course.id}
                window={{ opensAt, closesAt }}
                classes={assignments.classes}
                students={assignments.students}
                free={free}
                mayEdit={may.edit}
              />
            ),
          },
          {
            value: "publish",
            label: t("tab.publish"),
            count: missing > 0 && experiment.status === "draft" ? missing : undefined,
            content: (
              <PublishPanel
                experiment={{
                  id,
                  title,
                  status: experiment.status,
                  archived: experiment.archivedAt !== null,
                }}
                checklist={checklist}
                activity={activity}
                forecast={forecast ? <ForecastPanel forecast={forecast} /> : null}
                warmHref={mayWarm ? `/teach/templates/${mayWarm}?tab=warm` : null}
                mayEdit={may.edit}
                mayRestore={may.restore}
                closeNow={
                  may.edit && canClose ? <CloseNow experimentId={id} activity={activity} section /> : null
                }
              />
            ),
          },
        ]}
      />
    </>
  );
}
