import { eq, inArray, sql } from "drizzle-orm";
import { users } from "@/db/schema/accounts";
import { budgets, charges } from "@/db/schema/clouds";
import { attempts } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { committedBy, costWithin, spentBy } from "./balance";
import { isAllowed } from "./budget";
import { loadCosts, requireSeeAll } from "./load";

/** How a course stands: amounts in micro-yuan. */
export type BudgetState = {
  spent: number;
  /** What those that run or wait may still cost. */
  committed: number;
  /** Null: the course may spend whatever it does. */
  budget: {
    amount: number;
    warnPercent: number;
    /** `warn`: so much is spent as was agreed; `full`: nothing more can be started. */
    state: "ok" | "warn" | "full";
    allowed: { until: Date; by: string | null; reason: string } | null;
  } | null;
};

/** What a course has spent and may still spend. Its teachers, and administrators. */
export async function budgetState({
  ctx,
  input: { courseId },
}: {
  ctx: Ctx;
  input: { courseId: string };
}): Promise<BudgetState> {
  await loadCosts(ctx, courseId, "see");
  const now = ctx.clock.now();
  const [spent, committed, [row]] = await Promise.all([
    spentBy(ctx.db, courseId, now),
    committedBy(ctx.db, courseId, now),
    ctx.db
      .select({ budget: budgets, by: users.name })
      .from(budgets)
      .leftJoin(users, eq(users.id, budgets.overrideBy))
      .where(eq(budgets.courseId, courseId)),
  ]);
  const whole = { spent, committed: committed.amount };
  if (!row) return { ...whole, budget: null };
  const { amount, warnPercent, overrideUntil, overrideReason } = row.budget;
  const allowed =
    overrideUntil && isAllowed(row.budget, now)
      ? { until: overrideUntil, by: row.by, reason: overrideReason ?? "" }
      : null;
  const state =
    spent + whole.committed >= amount ? "full" : spent * 100 >= amount * warnPercent ? "warn" : "ok";
  return { ...whole, budget: { amount, warnPercent, state, allowed } };
}

/** Budgets of courses with what each has spent in all, by course; for the administrators' list. */
export async function budgetsOf(ctx: Ctx, courseIds: readonly string[]) {
  requireSeeAll(ctx);
  if (courseIds.length === 0)
    return new Map<string, { amount: number; warnPercent: number; spent: number }>();
  const spent = sql`sum(coalesce(${charges.amount}, ${costWithin(ctx.clock.now())}))`.mapWith(Number);
  const rows = await ctx.db
    .select({
      courseId: budgets.courseId,
      amount: sql`max(${budgets.amount})`.mapWith(Number),
      warnPercent: sql`max(${budgets.warnPercent})`.mapWith(Number),
      spent,
    })
    .from(budgets)
    .leftJoin(charges, eq(charges.courseId, budgets.courseId))
    .where(inArray(budgets.courseId, [...courseIds]))
    .groupBy(budgets.courseId);
  return new Map(rows.map(({ courseId, ...row }) => [courseId, { ...row, spent: row.spent ?? 0 }]));
}

/** What these attempts cost so far, those that cost anything; the caller has checked who asks. */
export async function costsOfAttempts(ctx: Ctx, attemptIds: readonly string[]): Promise<Map<string, number>> {
  if (attemptIds.length === 0) return new Map();
  const rows = await ctx.db
    .select({
      id: attempts.id,
      amount: sql`sum(coalesce(${charges.amount}, ${costWithin(ctx.clock.now())}))`.mapWith(Number),
    })
    .from(charges)
    .innerJoin(attempts, eq(attempts.id, charges.attemptId))
    .where(inArray(charges.attemptId, [...attemptIds]))
    .groupBy(attempts.id);
  return new Map(rows.map(({ id, amount }) => [id, amount]));
}
