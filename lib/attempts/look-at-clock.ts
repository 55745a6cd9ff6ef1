import { and, eq, gt, isNotNull, lte } from "drizzle-orm";
import { transact } from "@/db/client";
import { tasks } from "@/db/schema/experiments";
import { attempts } from "@/db/schema/workspaces";
import { recordAudit } from "@/lib/audit";
import { publishChange } from "@/lib/changes";
import type { Ctx } from "@/lib/platform/context";
import { forEach, tellInside } from "@/lib/workspaces";
import { endIfDue } from "./end";
import { attemptTopics } from "./reschedule";
import { dueMark, nextLook, warningMarks } from "./warning-rule";

/**
 * One look at an attempt's clock, by the job that watches this deadline: warns or ends what is due, and answers
 * when to look again. Null: it is over, or the deadline was moved and another run watches.
 */
export async function lookAtClock({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: { attemptId: string; deadlineAt: string };
}): Promise<{ next: string | null }> {
  const [row] = await ctx.db.select().from(attempts).where(eq(attempts.id, input.attemptId));
  if (row?.state !== "open" || row.deadlineAt?.toISOString() !== input.deadlineAt) return { next: null };
  const now = ctx.clock.now();
  if (row.deadlineAt <= now) {
    await endIfDue({ ctx, input });
    return { next: null };
  }
  await warnIfDue({ ctx, input });
  // Before the clock starts there is only the student's close, and nobody at work who could be warned.
  const { startedAt, deadlineAt, warnedMinutes } = row;
  const next = startedAt ? nextLook({ startedAt, deadlineAt, warnedMinutes }, now) : deadlineAt;
  return { next: next.toISOString() };
}

/** Warns the student of an open attempt once per mark and deadline, on every open page. True when it did. */
async function warnIfDue({
  ctx,
  input: { attemptId },
}: {
  ctx: Ctx;
  input: { attemptId: string };
}): Promise<boolean> {
  const warned = await transact(ctx.db, async (tx) => {
    const [row] = await tx.select().from(attempts).where(eq(attempts.id, attemptId)).for("update");
    if (row?.state !== "open" || !row.startedAt || !row.deadlineAt) return null;
    const { startedAt, deadlineAt, warnedMinutes } = row;
    const mark = dueMark({ startedAt, deadlineAt, warnedMinutes }, ctx.clock.now());
    if (mark === null) return null;
    await tx.update(attempts).set({ warnedMinutes: mark }).where(eq(attempts.id, attemptId));
    const [task] = await tx.select().from(tasks).where(eq(tasks.id, row.taskId));
    const topics = await attemptTopics(tx, row, task?.experimentId ?? "");
    await recordAudit(ctx, tx, {
      action: "attempt.warn",
      targetType: "attempt",
      targetId: attemptId,
      after: { minutes: mark },
    });
    await publishChange(ctx, tx, topics, "attempt.warning", { attemptId, minutes: mark });
    return mark;
  });
  if (warned === null) return false;
  tellInside({ ctx, input: { attemptId, about: "deadline", minutes: warned } });
  return true;
}

/** What no job has warned of, as after a time without the executor. */
export async function warnOverdue(ctx: Ctx): Promise<number> {
  const now = ctx.clock.now();
  const rows = await ctx.db
    .select()
    .from(attempts)
    .where(
      and(
        eq(attempts.state, "open"),
        isNotNull(attempts.startedAt),
        gt(attempts.deadlineAt, now),
        lte(attempts.deadlineAt, new Date(now.getTime() + warningMarks[0] * 60_000)),
      ),
    )
    .limit(2_000);
  const due = rows.flatMap(({ id, startedAt, deadlineAt, warnedMinutes }) =>
    startedAt && deadlineAt && dueMark({ startedAt, deadlineAt, warnedMinutes }, now) !== null ? [id] : [],
  );
  const warned = await forEach(ctx, due, (attemptId) => warnIfDue({ ctx, input: { attemptId } }));
  return warned.done.length;
}
