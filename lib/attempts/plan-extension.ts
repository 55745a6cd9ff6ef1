import { and, eq, inArray } from "drizzle-orm";
import type { z } from "zod";
import type { Tx } from "@/db/client";
import { tasks } from "@/db/schema/experiments";
import { attempts } from "@/db/schema/workspaces";
import {
  type AudienceRow,
  canWatchExperiment,
  classAudience,
  experimentStudents,
  studentWindow,
} from "@/lib/experiments";
import type { Ctx } from "@/lib/platform/context";
import { notFound } from "@/lib/platform/errors";
import type { extendStudentsInput } from "./schema";

type Input = z.output<typeof extendStudentsInput>;
type AttemptRow = typeof attempts.$inferSelect;

export type ExtensionPlan = {
  /** Attempts whose clock runs: each gets the minutes. */
  running: { attempt: AttemptRow; durationMinutes: number | null; windowClosesAt: Date | null }[];
  /** Students without a running clock whom a close limits: it moves. */
  waiting: AudienceRow[];
  /** Students without a running clock and without a close: they have their full time whenever they start. */
  unlimited: AudienceRow[];
  /** Students who have no attempt left. */
  done: AudienceRow[];
};

/** Whom an extension reaches, and how; what the preview counts is what is then done. */
export async function planExtension(ctx: Ctx, tx: Tx, { experimentId, to }: Input): Promise<ExtensionPlan> {
  if (!(await canWatchExperiment(ctx, experimentId))) throw notFound("experiment");
  const audience =
    "classId" in to
      ? await classAudience(tx, experimentId, to.classId)
      : (await experimentStudents(tx, experimentId)).filter(({ userId }) => to.userIds.includes(userId));
  const windows = new Map(audience.map((row) => [row.userId, row.window.closesAt]));
  // Who has left the class since may be chosen one by one while they still work.
  const userIds = "classId" in to ? [...windows.keys()] : to.userIds;
  const rows = userIds.length
    ? await tx
        .select({ attempt: attempts, task: tasks })
        .from(attempts)
        .innerJoin(tasks, eq(tasks.id, attempts.taskId))
        .where(and(eq(tasks.experimentId, experimentId), inArray(attempts.userId, userIds)))
    : [];
  const running: ExtensionPlan["running"] = [];
  for (const { attempt, task } of rows) {
    if (attempt.state !== "open" || attempt.startedAt === null) continue;
    const { userId } = attempt;
    const windowClosesAt = windows.has(userId)
      ? (windows.get(userId) ?? null)
      : ((await studentWindow(tx, task.id, userId))?.closesAt ?? null);
    running.push({ attempt, durationMinutes: task.durationMinutes, windowClosesAt });
  }
  const atWork = new Set(running.map(({ attempt }) => attempt.userId));
  const used = new Map<string, number>();
  for (const { attempt } of rows) {
    if (attempt.startedAt) used.set(attempt.userId, (used.get(attempt.userId) ?? 0) + 1);
  }
  const taskRows = await tx.select().from(tasks).where(eq(tasks.experimentId, experimentId));
  const most = taskRows.some((task) => task.maxAttempts === null)
    ? Number.POSITIVE_INFINITY
    : taskRows.reduce((sum, task) => sum + (task.maxAttempts ?? 0), 0);
  const others = audience.filter(({ userId }) => !atWork.has(userId));
  const left = others.filter(({ userId }) => (used.get(userId) ?? 0) < most);
  return {
    running,
    waiting: left.filter(({ window }) => window.closesAt !== null),
    unlimited: left.filter(({ window }) => window.closesAt === null),
    done: others.filter((row) => !left.includes(row)),
  };
}
