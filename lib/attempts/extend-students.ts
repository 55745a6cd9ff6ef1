import { and, eq } from "drizzle-orm";
import { z } from "zod";
import { type Tx, transact } from "@/db/client";
import { auditLog } from "@/db/schema/audit";
import { tasks } from "@/db/schema/experiments";
import { attempts } from "@/db/schema/workspaces";
import { recordAudit } from "@/lib/audit";
import { refuseOverBudget } from "@/lib/costs";
import {
  announce,
  canWatchExperiment,
  loadExperiment,
  type MovedClose,
  moveBack,
  moveClassClose,
  moveDeadlines,
  moveStudentClose,
  studentWindow,
} from "@/lib/experiments";
import type { Ctx } from "@/lib/platform/context";
import { conflict, notFound } from "@/lib/platform/errors";
import { deadlineOf, extended } from "./deadline";
import { type ExtensionPlan, planExtension } from "./plan-extension";
import { applyDeadline, holdOut } from "./reschedule";
import { extendStudentsInput, undoExtensionInput } from "./schema";

/** Whom an extension reaches; numbers of students, and the latest close that it makes. */
export type ExtensionReach = {
  running: number;
  waiting: number;
  unlimited: number;
  done: number;
  /** The latest of the moved closes; null: none moves. */
  closesAt: Date | null;
};

type Args = { ctx: Ctx; input: z.input<typeof extendStudentsInput> };

/** What {@link extendStudents} would do, before it is done. Staff of the course. */
export async function previewExtension({ ctx, input }: Args): Promise<ExtensionReach> {
  const parsed = extendStudentsInput.parse(input);
  const plan = await planExtension(ctx, ctx.db, parsed);
  const closes = plan.waiting.flatMap(({ window }) => (window.closesAt ? [window.closesAt.getTime()] : []));
  const latest = closes.length > 0 ? Math.max(...closes) + parsed.minutes * 60_000 : null;
  return reachOf(plan, latest === null ? null : new Date(latest));
}

const reachOf = (plan: ExtensionPlan, closesAt: Date | null): ExtensionReach => ({
  running: new Set(plan.running.map(({ attempt }) => attempt.userId)).size,
  waiting: plan.waiting.length,
  unlimited: plan.unlimited.length,
  done: plan.done.length,
  closesAt,
});

/**
 * Gives a class, or some students, more time: running attempts get the minutes; for whoever has not started, or
 * whose clock does not run yet, the close of their assignment moves. Staff of the course.
 */
export async function extendStudents({
  ctx,
  input,
}: Args): Promise<ExtensionReach & { /** For undo. */ extensionId: string }> {
  const parsed = extendStudentsInput.parse(input);
  const { courseId } = await loadExperiment(ctx, parsed.experimentId, "watch");
  const budget = { courseId, key: "costs.overBudgetLonger" as const };
  const { running } = await planExtension(ctx, ctx.db, parsed);
  await holdOut(
    ctx,
    running.map(({ attempt }) => attempt.id),
    parsed.minutes,
  );
  return transact(ctx.db, (tx) =>
    refuseOverBudget({ ctx, tx, input: budget, work: () => lengthen(ctx, tx, parsed) }),
  );
}

async function lengthen(
  ctx: Ctx,
  tx: Tx,
  { experimentId, minutes, to }: z.output<typeof extendStudentsInput>,
) {
  const plan = await planExtension(ctx, tx, { experimentId, minutes, to });
  const longer: LongerAttempt[] = [];
  // Before any close moves: what is added counts from the deadline as it is.
  for (const { attempt, durationMinutes, windowClosesAt } of plan.running) {
    const [locked] = await tx.select().from(attempts).where(eq(attempts.id, attempt.id)).for("update");
    if (locked?.state !== "open") continue;
    const after = extended({ ...locked, durationMinutes, windowClosesAt }, minutes);
    const before = { extensionMinutes: locked.extensionMinutes, closesAt: locked.closesAt };
    await tx.update(attempts).set(after).where(eq(attempts.id, locked.id));
    longer.push({ attemptId: locked.id, before, after });
  }
  const closes: MovedClose[] = [];
  if ("classId" in to) {
    const moved =
      plan.waiting.length > 0
        ? await moveClassClose(tx, { experimentId, classId: to.classId, minutes })
        : null;
    if (moved) closes.push(moved);
  } else {
    for (const student of plan.waiting) {
      const moved = await moveStudentClose(ctx, tx, { experimentId, student, minutes });
      if (moved) closes.push(moved);
    }
  }
  for (const { attemptId } of longer) await applyDeadline(ctx, tx, attemptId);
  await announce(ctx, tx, experimentId);
  await moveDeadlines(ctx, tx, experimentId);
  const extensionId = await recordAudit(ctx, tx, {
    action: "experiment.extend",
    targetType: "experiment",
    targetId: experimentId,
    after: { minutes, to, attempts: longer, closes },
  });
  const latest = Math.max(...closes.map(({ closesAt }) => closesAt.getTime()));
  return { ...reachOf(plan, closes.length > 0 ? new Date(latest) : null), extensionId };
}

const limits = z.object({ extensionMinutes: z.number(), closesAt: z.coerce.date().nullable() });
const longerAttempt = z.object({ attemptId: z.string(), before: limits, after: limits });
type LongerAttempt = z.infer<typeof longerAttempt>;

/** What the audit log keeps of an extension. MariaDB gives JSON as text. */
const recorded = z.preprocess(
  (value) => (typeof value === "string" ? JSON.parse(value) : value),
  z.object({
    attempts: z.array(longerAttempt),
    closes: z.array(
      z.object({
        targetType: z.enum(["class", "student"]),
        targetId: z.string(),
        before: z
          .object({ opensAt: z.coerce.date().nullable(), closesAt: z.coerce.date().nullable() })
          .nullable(),
        closesAt: z.coerce.date(),
      }),
    ),
  }),
);

const undoableMs = 10 * 60_000;
/** Nobody's attempt ends at once because somebody thought better of it. */
const leastLeftMs = 60_000;

/**
 * Takes an extension back within ten minutes, by what the audit log kept of it. What somebody has changed since stays,
 * and so does an attempt that would be over. Staff of the course.
 */
export async function undoExtension({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof undoExtensionInput>;
}): Promise<{ undone: number; kept: number }> {
  const { experimentId, extensionId } = undoExtensionInput.parse(input);
  if (!(await canWatchExperiment(ctx, experimentId))) throw notFound("experiment");
  const now = ctx.clock.now();
  return transact(ctx.db, async (tx) => {
    const [row] = await tx
      .select()
      .from(auditLog)
      .where(
        and(
          eq(auditLog.id, extensionId),
          eq(auditLog.action, "experiment.extend"),
          eq(auditLog.targetId, experimentId),
        ),
      );
    if (!row || now.getTime() - row.at.getTime() > undoableMs) throw conflict("attempts.undoLate");
    const done = recorded.parse(row.after);
    let undone = 0;
    // The closes first: whether an attempt would be over depends on them.
    for (const close of done.closes) if (await moveBack(tx, experimentId, close)) undone++;
    let kept = 0;
    for (const longer of done.attempts) {
      if (await shorten(tx, longer, now)) {
        await applyDeadline(ctx, tx, longer.attemptId);
        undone++;
      } else kept++;
    }
    await announce(ctx, tx, experimentId);
    await moveDeadlines(ctx, tx, experimentId);
    await recordAudit(ctx, tx, {
      action: "experiment.extend.undo",
      targetType: "experiment",
      targetId: experimentId,
      after: { extensionId, undone, kept },
    });
    return { undone, kept };
  });
}

async function shorten(tx: Tx, { attemptId, before, after }: LongerAttempt, now: Date): Promise<boolean> {
  const [locked] = await tx.select().from(attempts).where(eq(attempts.id, attemptId)).for("update");
  if (locked?.state !== "open" || locked.extensionMinutes !== after.extensionMinutes) return false;
  if (locked.closesAt?.getTime() !== after.closesAt?.getTime()) return false;
  const [task] = await tx.select().from(tasks).where(eq(tasks.id, locked.taskId));
  const window = await studentWindow(tx, locked.taskId, locked.userId);
  const deadline = deadlineOf({
    ...locked,
    ...before,
    durationMinutes: task?.durationMinutes ?? null,
    windowClosesAt: window?.closesAt ?? null,
  });
  if (deadline && deadline.getTime() - now.getTime() < leastLeftMs) return false;
  await tx.update(attempts).set(before).where(eq(attempts.id, attemptId));
  return true;
}
