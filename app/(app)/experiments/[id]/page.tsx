import { Download, Paperclip } from "lucide-react";
import { getTranslations } from "next-intl/server";
import { LiveRefresh } from "@/components/live/live";
import { Markdown } from "@/components/markdown/markdown";
import { Countdown } from "@/components/ui/countdown";
import { PageHeader } from "@/components/ui/page-header";
import { Facts, Notice, Section } from "@/components/ui/section";
import { pageUser, type UserCtx } from "@/lib/accounts";
import { type OwnTask, ownTasks, taskStatus } from "@/lib/attempts";
import { AttemptHistory } from "@/lib/attempts/components/attempt-history";
import { EndAttemptButton } from "@/lib/attempts/components/end-button";
import { TaskStatusChip } from "@/lib/attempts/components/status-chip";
import { TaskActionButton } from "@/lib/attempts/components/task-action";
import { WindowText } from "@/lib/attempts/components/window-text";
import { studentExperiment } from "@/lib/experiments";
import { env } from "@/lib/platform/env";
import { found } from "@/lib/platform/found";
import { Bytes } from "@/lib/workspaces/components/bytes";
import { CauseText } from "@/lib/workspaces/components/cause";

type Props = { params: Promise<{ id: string }> };
type Found = Awaited<ReturnType<typeof studentExperiment>>;

const load = (ctx: UserCtx, experimentId: string): Promise<Found> =>
  found(studentExperiment({ ctx, experimentId }));

export async function generateMetadata({ params }: Props) {
  const ctx = await pageUser();
  const { experiment } = await load(ctx, (await params).id);
  return { title: experiment.title };
}

export default async function ExperimentPage({ params }: Props) {
  const ctx = await pageUser();
  const [t, tr, shown] = await Promise.all([
    getTranslations("attempts"),
    getTranslations("recordings"),
    load(ctx, (await params).id),
  ]);
  const { experiment, course, window, tasks, attachments } = shown;
  const own = await ownTasks({ ctx, taskIds: tasks.map(({ id }) => id) });
  const now = ctx.clock.now();
  return (
    <>
      <LiveRefresh topics={["user:me", `experiment:${experiment.id}`]} />
      <PageHeader
        title={experiment.title}
        breadcrumbs={[{ href: "/experiments", label: t("mine.title") }]}
        description={
          <span className="flex flex-wrap gap-x-3">
            <span>{course.name}</span>
            <WindowText window={window} now={now} />
          </span>
        }
      />
      <div className="grid grid-cols-1 items-start gap-4 lg:grid-cols-[minmax(0,1fr)_18rem]">
        <div className="flex min-w-0 flex-col gap-4">
          {experiment.recording ? (
            <Notice tone="info">{tr("notice", { days: env().RECORDING_DAYS })}</Notice>
          ) : null}
          {tasks.map((task) => (
            <TaskPanel
              key={task.id}
              task={task}
              own={own.get(task.id)}
              window={window}
              now={now}
              named={tasks.length > 1}
            />
          ))}
          {experiment.description.trim() ? (
            <Section title={t("page.description")}>
              <Markdown>{experiment.description}</Markdown>
            </Section>
          ) : null}
        </div>
        <div className="flex min-w-0 flex-col gap-4">
          {attachments.length > 0 ? (
            <Section title={t("page.materials")} description={t("page.materialsHelp")} flush>
              <ul className="divide-y divide-border">
                {attachments.map((file) => (
                  <li key={file.id}>
                    <a
                      href={`/api/attachments/${file.id}`}
                      download
                      className="flex min-h-10 items-center gap-2 px-4 py-2 hover:bg-hover"
                    >
                      <Paperclip aria-hidden="true" className="size-4 shrink-0 text-muted" />
                      <span className="min-w-0 flex-1 break-words">{file.name}</span>
                      <Bytes value={file.size} className="tabular whitespace-nowrap text-muted text-xs" />
                      <Download aria-hidden="true" className="size-4 shrink-0 text-muted" />
                    </a>
                  </li>
                ))}
              </ul>
            </Section>
          ) : null}
          <Section title={t("page.kept")}>
            <dl className="flex flex-col gap-3 text-sm">
              {(["stop", "end", "later"] as const).map((key) => (
                <div key={key}>
                  <dt className="font-medium">{t(`page.keptItems.${key}.title`)}</dt>
                  <dd className="text-muted">{t(`page.keptItems.${key}.text`)}</dd>
                </div>
              ))}
            </dl>
          </Section>
        </div>
      </div>
    </>
  );
}

async function TaskPanel({
  task,
  own,
  window,
  now,
  named,
}: {
  task: Found["tasks"][number];
  own: OwnTask | undefined;
  window: Found["window"];
  now: Date;
  named: boolean;
}) {
  const t = await getTranslations("attempts");
  const open = own?.open ?? null;
  const used = own?.used ?? 0;
  const { status, action } = taskStatus({ now, window, maxAttempts: task.maxAttempts, used, open });
  const left = task.maxAttempts === null ? null : Math.max(0, task.maxAttempts - used);
  const history = own?.attempts ?? [];
  return (
    <Section
      title={named ? task.title : t("page.environment")}
      actions={<TaskStatusChip status={status} workspace={open?.workspace ?? null} since />}
    >
      <div className="flex flex-wrap items-end justify-between gap-x-6 gap-y-4">
        <Facts
          items={[
            ...(open?.startedAt && open.deadlineAt
              ? [
                  {
                    label: t("page.timeLeft"),
                    value: <Countdown deadline={open.deadlineAt} bare className="text-base" />,
                  },
                ]
              : []),
            {
              label: t("page.duration"),
              value:
                task.durationMinutes === null
                  ? t("page.noDuration")
                  : t("page.minutes", { minutes: task.durationMinutes }),
            },
            {
              label: t("page.idle"),
              value:
                task.idleMinutes === null
                  ? t("page.idleNever")
                  : t("page.idleAfter", { minutes: task.idleMinutes }),
            },
            {
              label: t("page.attempts"),
              value:
                task.maxAttempts === null
                  ? t("usedUnlimited", { used })
                  : t("usedOf", { used, max: task.maxAttempts }),
            },
          ]}
        />
        <div className="flex w-full flex-wrap items-start justify-end gap-2 sm:w-auto">
          {open?.startedAt && action !== "none" ? (
            <EndAttemptButton attemptId={open.id} of={{ left }} cloud={open.workspace?.cloud ?? false} />
          ) : null}
          <TaskActionButton
            taskId={task.id}
            taskTitle={task.title}
            workspaceId={open?.workspace?.id ?? null}
            status={status}
            action={action}
            begun={Boolean(open?.startedAt)}
          />
        </div>
      </div>
      {open?.workspace?.state === "failed" && open.workspace.cause ? (
        <div className="mt-4">
          <Notice tone="danger">
            <CauseText cause={open.workspace.cause} />
          </Notice>
        </div>
      ) : null}
      {action === "none" && status !== "notOpen" ? (
        <p className="mt-4 text-muted text-sm">{t(`page.none.${used > 0 ? "used" : "closed"}`)}</p>
      ) : null}
      {history.length > 0 ? (
        <div className="mt-5 border-border border-t pt-4">
          <h3 className="mb-2 font-semibold text-sm">{t("history.title")}</h3>
          <AttemptHistory attempts={history} hasOpen={open !== null} mayStart={action !== "none"} />
        </div>
      ) : null}
    </Section>
  );
}
