import { eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { budgets, priceQuotes } from "@/db/schema/clouds";
import { experiments, tasks } from "@/db/schema/experiments";
import { attempts, workspaces } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { conflict, unavailable } from "@/lib/platform/errors";
import { amountOf } from "./amount";
import { committedBy, spentBy } from "./balance";
import { restMs } from "./rest";

export type BudgetRow = typeof budgets.$inferSelect;

/** Whether anything limits what a course may spend. */
export async function hasBudget({ db }: Pick<Ctx, "db">, courseId: string): Promise<boolean> {
  const rows = await db.select({ id: budgets.courseId }).from(budgets).where(eq(budgets.courseId, courseId));
  return rows.length > 0;
}

/** A teacher lets starts go on past the budget. */
export const isAllowed = ({ overrideUntil }: Pick<BudgetRow, "overrideUntil">, now: Date): boolean =>
  overrideUntil !== null && overrideUntil > now;

/**
 * Does `work`, which starts or lengthens cloud desktops of a course, and refuses it where spent and promised would be
 * more than its budget afterwards: the caller's transaction then leaves nothing. Two at once go one after the other
 * under the budget's lock, so the last yuan is promised once. What promises nothing more always passes, and so does
 * everything of a course without a budget or past one that a teacher lets go on.
 *
 * Throws `key` as a conflict, or `costs.noPrice` while nobody knows what the thing costs.
 */
export async function refuseOverBudget<T>({
  ctx,
  tx,
  input: { courseId, key = "costs.overBudget" },
  work,
}: {
  ctx: Ctx;
  tx: Tx;
  input: { courseId: string; key?: "costs.overBudget" | "costs.overBudgetLonger" };
  work: () => Promise<T>;
}): Promise<T> {
  if (!(await hasBudget({ db: tx as Ctx["db"] }, courseId))) return work();
  const now = ctx.clock.now();
  // The long sum comes before the lock: a class waits there. What is spent meanwhile was promised already.
  const spent = await spentBy(tx, courseId, now);
  const [budget] = await tx.select().from(budgets).where(eq(budgets.courseId, courseId)).for("update");
  if (!budget || isAllowed(budget, now)) return work();
  const before = await committedBy(tx, courseId, now);
  const result = await work();
  const after = await committedBy(tx, courseId, now);
  if (after.unpriced > before.unpriced) throw unavailable("costs.noPrice");
  if (after.amount <= before.amount) return result;
  if (spent + after.amount > budget.amount) throw conflict(key);
  return result;
}

/**
 * Whether somebody who waited may still get their cloud desktop: the budget may have shrunk meanwhile. Counts only what
 * runs already, and takes no lock: who waits was promised their share when they came.
 */
export async function withinBudget({
  ctx,
  tx,
  input: { workspaceId },
}: {
  ctx: Ctx;
  tx: Tx;
  input: { workspaceId: string };
}): Promise<boolean> {
  const [found] = await tx
    .select({ budget: budgets })
    .from(workspaces)
    .innerJoin(attempts, eq(attempts.id, workspaces.attemptId))
    .innerJoin(tasks, eq(tasks.id, attempts.taskId))
    .innerJoin(experiments, eq(experiments.id, tasks.experimentId))
    .innerJoin(budgets, eq(budgets.courseId, experiments.courseId))
    .where(eq(workspaces.id, workspaceId));
  const now = ctx.clock.now();
  if (!found || isAllowed(found.budget, now)) return true;
  const { courseId, amount } = found.budget;
  const committed = await committedBy(tx, courseId, now, workspaceId);
  return (await spentBy(tx, courseId, now)) + committed.amount <= amount;
}

/**
 * The same before there is anything to count: whether an attempt that has no desktop now may have its next one, by what
 * was last quoted for it.
 */
export async function affords({
  ctx,
  tx,
  input: { attemptId },
}: {
  ctx: Ctx;
  tx: Tx;
  input: { attemptId: string };
}): Promise<boolean> {
  const [found] = await tx
    .select({
      budget: budgets,
      price: priceQuotes.price,
      startedAt: attempts.startedAt,
      deadlineAt: attempts.deadlineAt,
      durationMinutes: tasks.durationMinutes,
    })
    .from(attempts)
    .innerJoin(tasks, eq(tasks.id, attempts.taskId))
    .innerJoin(experiments, eq(experiments.id, tasks.experimentId))
    .innerJoin(budgets, eq(budgets.courseId, experiments.courseId))
    .leftJoin(priceQuotes, eq(priceQuotes.templateVersionId, attempts.templateVersionId))
    .where(eq(attempts.id, attemptId));
  const now = ctx.clock.now();
  if (!found || isAllowed(found.budget, now)) return true;
  const { courseId, amount } = found.budget;
  const rest = restMs({ ...found, sinceAt: null }, now);
  const own = amountOf(found.price ?? 0, now, new Date(now.getTime() + rest));
  // Of those that wait nobody counts: they are asked in their turn.
  const committed = await committedBy(tx, courseId, now, attemptId);
  return (await spentBy(tx, courseId, now)) + committed.amount + own <= amount;
}
