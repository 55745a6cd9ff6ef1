import { and, eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { attempts, tasks } from "@/db/schema";
import { sendEvent } from "@/inngest/client";
import { publishChange } from "@/lib/changes";
import type { Ctx } from "@/lib/platform/context";
import { experimentStudents } from "./audience";

/** Tells the open pages of its teachers and of every student whom it reaches. */
export async function announce(ctx: Ctx, tx: Tx, experimentId: string): Promise<void> {
  const students = await experimentStudents(tx, experimentId);
  const topics = students.map((student) => `user:${student.userId}` as const);
  await publishChange(ctx, tx, [`experiment:${experimentId}`, ...topics], "experiments.changed", {
    experimentId,
  });
}

/** A window, a duration or an audience changed: every open attempt works out its deadline again. */
export async function moveDeadlines(ctx: Ctx, tx: Tx, experimentId: string): Promise<number> {
  const open = await tx
    .select({ id: attempts.id })
    .from(attempts)
    .innerJoin(tasks, eq(tasks.id, attempts.taskId))
    .where(and(eq(tasks.experimentId, experimentId), eq(attempts.state, "open")));
  for (const { id } of open) await sendEvent(ctx, tx, "attempt/deadline.changed", { attemptId: id });
  return open.length;
}
