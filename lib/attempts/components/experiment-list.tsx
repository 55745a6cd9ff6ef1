import Link from "next/link";
import { useTranslations } from "next-intl";
import { Countdown } from "@/components/ui/countdown";
import type { WorkspaceBrief } from "@/lib/workspaces";
import type { TaskAction, TaskStatus } from "../status";
import { TaskStatusChip } from "./status-chip";
import { TaskActionButton } from "./task-action";
import { WindowText } from "./window-text";

type ListedTask = {
  id: string;
  title: string;
  maxAttempts: number | null;
  used: number;
  status: TaskStatus;
  action: TaskAction;
  begun: boolean;
  deadlineAt: Date | null;
  workspace: WorkspaceBrief | null;
};

export type ListedExperiment = {
  id: string;
  title: string;
  course: string;
  window: { opensAt: Date | null; closesAt: Date | null };
  tasks: ListedTask[];
};

/** A student's experiments, one line each (two on a phone); an experiment with several tasks has a line for each. */
export function ExperimentList({ experiments, now }: { experiments: ListedExperiment[]; now: Date }) {
  // One main button: the first thing that can be gone on with or begun.
  const main = experiments.flatMap(({ tasks }) => tasks).find(({ action }) => action !== "none")?.id;
  return (
    <ul className="divide-y divide-border rounded-md border border-border bg-raised">
      {experiments.map((experiment) => {
        const [only, ...others] = experiment.tasks;
        const single = only && others.length === 0;
        return (
          <li key={experiment.id} className="px-4 py-3">
            <TaskLine
              title={
                <Link
                  href={`/experiments/${experiment.id}`}
                  className="rounded-sm font-medium text-lg hover:underline"
                >
                  {experiment.title}
                </Link>
              }
              under={
                <>
                  <span>{experiment.course}</span>
                  <WindowText window={experiment.window} now={now} />
                </>
              }
              name={experiment.title}
              task={single ? only : null}
              main={main}
            />
            {single
              ? null
              : experiment.tasks.map((task) => (
                  <div key={task.id} className="mt-3 border-border border-l-2 pl-3">
                    <TaskLine title={task.title} name={task.title} task={task} main={main} />
                  </div>
                ))}
          </li>
        );
      })}
    </ul>
  );
}

function TaskLine({
  title,
  under,
  name,
  task,
  main,
}: {
  title: React.ReactNode;
  under?: React.ReactNode;
  name: string;
  task: ListedTask | null;
  main: string | undefined;
}) {
  return (
    <div className="grid grid-cols-1 items-center gap-x-6 gap-y-2 md:grid-cols-[minmax(0,1fr)_13rem_9rem_8.5rem]">
      <div className="min-w-0">
        <div className="min-w-0 break-words">{title}</div>
        {under ? <p className="flex flex-wrap gap-x-3 text-muted text-sm">{under}</p> : null}
      </div>
      {task ? (
        <>
          <div className="flex flex-wrap items-center gap-x-3 md:contents">
            <TaskStatusChip status={task.status} workspace={task.workspace} />
            <TaskFacts task={task} />
          </div>
          <div className="flex flex-col sm:items-start md:items-end">
            <TaskActionButton
              taskId={task.id}
              taskTitle={name}
              workspaceId={task.workspace?.id ?? null}
              status={task.status}
              action={task.action}
              begun={task.begun}
              main={task.id === main}
            />
          </div>
        </>
      ) : null}
    </div>
  );
}

function TaskFacts({ task }: { task: ListedTask }) {
  const t = useTranslations("attempts");
  return (
    <div className="tabular flex flex-wrap items-baseline gap-x-3 text-muted text-sm md:flex-col md:items-start">
      {task.deadlineAt && task.action !== "none" && task.action !== "start" ? (
        <Countdown deadline={task.deadlineAt} className="text-sm" />
      ) : null}
      <span>
        {task.maxAttempts === null
          ? t("usedUnlimited", { used: task.used })
          : t("usedOf", { used: task.used, max: task.maxAttempts })}
      </span>
    </div>
  );
}
