import { and, eq, inArray, sql } from "drizzle-orm";
import { users } from "@/db/schema/accounts";
import { budgets, charges } from "@/db/schema/clouds";
import { tasks } from "@/db/schema/experiments";
import { attempts } from "@/db/schema/workspaces";
import { loadCourse } from "@/lib/courses";
import { loadExperiment } from "@/lib/experiments";
import type { Ctx } from "@/lib/platform/context";
import { committedBy, costWithin, spentBy } from "./balance";
import { isAllowed } from "./budget";
import { loadCosts, requireSeeAll } from "./load";
import { can } from "./policy";

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

/** The same for a page of the course; null for whoever does not see costs, and where there are none and no budget. */
export async function courseBudget(args: Parameters<typeof budgetState>[0]): Promise<BudgetState | null> {
  const { ctx, input } = args;
  const course = await loadCourse(ctx, input.courseId, "view");
  if (!can(ctx.actor, "see", course.role)) return null;
  const state = await budgetState(args);
  return state.budget || state.spent > 0 || state.committed > 0 ? state : null;
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

/** What these attempts of an experiment cost so far, those that cost anything; empty for who does not see costs. */
export async function costsOfAttempts({
  ctx,
  input: { experimentId, attemptIds },
}: {
  ctx: Ctx;
  input: { experimentId: string; attemptIds: readonly string[] };
}): Promise<Record<string, number>> {
  const { role } = await loadExperiment(ctx, experimentId, "watch");
  if (attemptIds.length === 0 || !can(ctx.actor, "see", role)) return {};
  const rows = await ctx.db
    .select({
      id: attempts.id,
      amount: sql`sum(coalesce(${charges.amount}, ${costWithin(ctx.clock.now())}))`.mapWith(Number),
    })
    .from(charges)
    .innerJoin(attempts, eq(attempts.id, charges.attemptId))
    .innerJoin(tasks, eq(tasks.id, attempts.taskId))
    .where(and(inArray(charges.attemptId, [...attemptIds]), eq(tasks.experimentId, experimentId)))
    .groupBy(attempts.id);
  return Object.fromEntries(rows.map(({ id, amount }) => [id, amount]));
}
