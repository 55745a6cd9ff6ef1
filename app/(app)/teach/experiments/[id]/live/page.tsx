import Link from "next/link";
import { getTranslations } from "next-intl/server";
import { LiveRefresh } from "@/components/live/live";
import { cn } from "@/components/ui/class-names";
import { EmptyState } from "@/components/ui/empty-state";
import { PageHeader } from "@/components/ui/page-header";
import { pageUser } from "@/lib/accounts";
import { liveList } from "@/lib/attempts";
import { CloseNow } from "@/lib/attempts/components/close-now";
import { LiveTable } from "@/lib/attempts/components/live-table";
import { costsOfAttempts } from "@/lib/costs";
import { experimentActivity, loadExperiment } from "@/lib/experiments";
import { found } from "@/lib/platform/found";

type Props = { params: Promise<{ id: string }>; searchParams: Promise<{ task?: string | string[] }> };

export async function generateMetadata() {
  const t = await getTranslations("attempts.live");
  return { title: t("title") };
}

export default async function LivePage({ params, searchParams }: Props) {
  const ctx = await pageUser();
  const [{ id }, query, t] = await Promise.all([params, searchParams, getTranslations("attempts.live")]);
  const taskId = typeof query.task === "string" ? query.task : undefined;
  const experiment = await found(loadExperiment(ctx, id, "watch"));
  const [words, activity, { tasks, task, rows }] = await Promise.all([
    getTranslations("courses"),
    experimentActivity(ctx, id),
    liveList({ ctx, input: { experimentId: id, taskId } }),
  ]);
  const attemptIds = rows.flatMap(({ attempt }) => attempt?.id ?? []);
  const costs = await costsOfAttempts({ ctx, input: { experimentId: id, attemptIds } });
  return (
    <>
      <LiveRefresh topics={[`experiment:${id}`]} delay={1_000} />
      <PageHeader
        title={t("title")}
        breadcrumbs={[
          { label: words("title"), href: "/teach/courses" },
          { label: experiment.course.name, href: `/teach/courses/${experiment.course.id}` },
          { label: experiment.title, href: `/teach/experiments/${id}` },
        ]}
        actions={
          experiment.may.edit && activity.openAttempts > 0 ? (
            <CloseNow experimentId={id} activity={activity} />
          ) : null
        }
      />
      {tasks.length > 1 ? (
        <nav aria-label={t("tasks")} className="mb-3 flex flex-wrap gap-2">
          {tasks.map(({ id: other, title }) => (
            <Link
              key={other}
              href={`/teach/experiments/${id}/live?task=${other}`}
              aria-current={other === task?.id ? "page" : undefined}
              className={cn(
                "inline-flex h-8 items-center rounded-full border px-3 pointer-coarse:h-10",
                other === task?.id
                  ? "border-accent bg-accent-soft font-medium text-accent"
                  : "border-border bg-raised hover:bg-hover",
              )}
            >
              {title}
            </Link>
          ))}
        </nav>
      ) : null}
      {task ? (
        <LiveTable key={task.id} experimentId={id} rows={rows} maxAttempts={task.maxAttempts} costs={costs} />
      ) : (
        <div className="rounded-md border border-border bg-raised">
          <EmptyState title={t("noTask")} />
        </div>
      )}
    </>
  );
}
