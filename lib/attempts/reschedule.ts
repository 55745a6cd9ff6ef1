import { and, eq, inArray } from "drizzle-orm";
import { type Tx, transact } from "@/db/client";
import { tasks } from "@/db/schema/experiments";
import { attempts, hosts, workspaces } from "@/db/schema/workspaces";
import { publishChange, type Topic } from "@/lib/changes";
import { studentWindow } from "@/lib/experiments";
import type { Ctx } from "@/lib/platform/context";
import { driverFor } from "@/lib/workspaces/drivers";
import { deadlineOf } from "./deadline";
import { warnedAfterMove } from "./warning-rule";

/** Computes an open attempt's deadline anew from its task, window and extensions, and stores it. */
export async function applyDeadline(ctx: Ctx, tx: Tx, attemptId: string): Promise<Date | null> {
  const [row] = await tx
    .select({ attempt: attempts, task: tasks })
    .from(attempts)
    .innerJoin(tasks, eq(tasks.id, attempts.taskId))
    .where(eq(attempts.id, attemptId));
  if (row?.attempt.state !== "open") return null;
  const { attempt, task } = row;
  const window = await studentWindow(tx, task.id, attempt.userId);
  const deadlineAt = deadlineOf({
    ...attempt,
    durationMinutes: task.durationMinutes,
    // An experiment that no longer reaches the student ends nobody's work by itself.
    windowClosesAt: window ? window.closesAt : null,
  });
  const live = await liveOf(tx, attempt.id);
  await tx
    .update(attempts)
    .set({ deadlineAt, warnedMinutes: warnedFor({ ...attempt, deadlineAt }, ctx.clock.now()) })
    .where(and(eq(attempts.id, attemptId), eq(attempts.state, "open")));
  await publishChange(ctx, tx, topicsFor(attempt, task.experimentId, live), "attempt.deadline", {
    attemptId,
    deadlineAt: deadlineAt?.toISOString() ?? null,
  });
  return deadlineAt;
}

function warnedFor(attempt: Pick<AttemptRow, "startedAt" | "deadlineAt" | "warnedMinutes">, now: Date) {
  const { startedAt, deadlineAt, warnedMinutes } = attempt;
  return startedAt && deadlineAt ? warnedAfterMove({ startedAt, deadlineAt, warnedMinutes }, now) : null;
}

type AttemptRow = typeof attempts.$inferSelect;

/** Who has a page open on which the time of this attempt stands. */
export async function attemptTopics(
  tx: Tx,
  attempt: Pick<AttemptRow, "id" | "userId">,
  experimentId: string,
): Promise<Topic[]> {
  return topicsFor(attempt, experimentId, await liveOf(tx, attempt.id));
}

type Live = Awaited<ReturnType<typeof liveOf>>;

const liveOf = (tx: Tx, attemptId: string) =>
  tx.select({ id: workspaces.id }).from(workspaces).where(eq(workspaces.live, attemptId));

const topicsFor = (attempt: Pick<AttemptRow, "userId">, experimentId: string, live: Live): Topic[] => [
  `user:${attempt.userId}`,
  `experiment:${experimentId}`,
  ...live.map(({ id }) => `workspace:${id}` as const),
];

/**
 * Nothing outside may end a workspace before a deadline that is promised: the guards of clouds move first, and outside
 * of any transaction. One that is later than the deadline becomes in the end does no harm. Throws what the cloud says.
 */
export async function holdOut(ctx: Ctx, attemptIds: readonly string[], minutes: number): Promise<void> {
  if (attemptIds.length === 0) return;
  const rows = await ctx.db
    .select({
      id: workspaces.id,
      purpose: workspaces.purpose,
      externalId: workspaces.externalId,
      host: { id: hosts.id, endpoint: hosts.endpoint },
      deadlineAt: attempts.deadlineAt,
    })
    .from(attempts)
    .innerJoin(workspaces, eq(workspaces.live, attempts.id))
    .innerJoin(hosts, and(eq(hosts.id, workspaces.hostId), eq(hosts.driver, "ecs")))
    .where(inArray(attempts.id, [...attemptIds]));
  const now = ctx.clock.now().getTime();
  // At once: the budget of calls spaces them.
  await Promise.all(
    rows.map(({ deadlineAt, ...workspace }) => {
      if (!deadlineAt) return null;
      const until = new Date(Math.max(deadlineAt.getTime(), now) + minutes * 60_000);
      return driverFor("ecs").extend(workspace, until);
    }),
  );
}

/** The job's side: stores the deadline that holds now. */
export async function rescheduleAttempt({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: { attemptId: string };
}): Promise<{ deadlineAt: string | null }> {
  const deadline = await transact(ctx.db, (tx) => applyDeadline(ctx, tx, input.attemptId));
  return { deadlineAt: deadline?.toISOString() ?? null };
}
