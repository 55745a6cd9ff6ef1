import { and, eq, inArray, isNotNull } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { experiments, tasks } from "@/db/schema/experiments";
import { attempts, workspaces } from "@/db/schema/workspaces";
import { type Ctx, requireUser } from "@/lib/platform/context";
import { idleStops, liveStates } from "@/lib/workspaces";
import { markAt } from "./warning-rule";

/** What a student has to be told about one running attempt; plain data. */
export type Warning = {
  attemptId: string;
  experimentId: string;
  title: string;
  workspaceId: string | null;
  /** The deadline is near, and the server has said so: the mark of 15, 5 or 1 minutes. */
  deadline: { at: Date; minutes: number; extensionsLeft: number; extensionMinutes: number } | null;
  /** Nobody does anything in it, and it will be stopped. */
  idle: { at: Date; minutes: number } | null;
};

const open = (tx: Tx, userId: string) =>
  tx
    .select({ attempt: attempts, task: tasks, experimentId: experiments.id, title: experiments.title })
    .from(attempts)
    .innerJoin(tasks, eq(tasks.id, attempts.taskId))
    .innerJoin(experiments, eq(experiments.id, tasks.experimentId))
    .where(and(eq(attempts.userId, userId), eq(attempts.state, "open"), isNotNull(attempts.startedAt)))
    .limit(100);

/** Every warning that holds for the signed-in student now; four queries at most. */
export async function ownWarnings({ ctx }: { ctx: Ctx }): Promise<Warning[]> {
  return warningsOf(ctx, requireUser(ctx).id);
}

/** The same for whoever works in this workspace, about this workspace; the caller has checked who asks. */
export async function workspaceWarning(
  ctx: Pick<Ctx, "db" | "clock">,
  { userId, workspaceId }: { userId: string; workspaceId: string },
): Promise<Warning | null> {
  const all = await warningsOf(ctx, userId);
  return all.find((warning) => warning.workspaceId === workspaceId) ?? null;
}

async function warningsOf({ db, clock }: Pick<Ctx, "db" | "clock">, userId: string): Promise<Warning[]> {
  const rows = await open(db, userId);
  if (rows.length === 0) return [];
  const ids = rows.map(({ attempt }) => attempt.id);
  const [live, idle] = await Promise.all([
    db
      .select({ id: workspaces.id, attemptId: workspaces.attemptId })
      .from(workspaces)
      .where(and(inArray(workspaces.attemptId, ids), inArray(workspaces.state, liveStates))),
    idleStops(db, ids),
  ]);
  const workspaceOf = new Map(live.map((row) => [row.attemptId, row.id]));
  const now = clock.now();
  return rows.flatMap(({ attempt, task, experimentId, title }): Warning[] => {
    const workspaceId = workspaceOf.get(attempt.id) ?? null;
    const stop = idle.get(attempt.id);
    const { startedAt, deadlineAt, warnedMinutes } = attempt;
    const minutes =
      startedAt && deadlineAt && warnedMinutes !== null
        ? markAt({ startedAt, deadlineAt, warnedMinutes }, now)
        : null;
    if (minutes === null && !stop) return [];
    return [
      {
        attemptId: attempt.id,
        experimentId,
        title,
        workspaceId,
        deadline:
          minutes !== null && deadlineAt
            ? {
                at: deadlineAt,
                minutes,
                extensionsLeft: Math.max(0, task.selfExtensions - attempt.selfExtensionsUsed),
                extensionMinutes: task.selfExtensionMinutes,
              }
            : null,
        idle: stop ? { at: stop.stopAt, minutes: stop.idleMinutes } : null,
      },
    ];
  });
}
