import { eq } from "drizzle-orm";
import type { z } from "zod";
import { type Tx, transact } from "@/db/client";
import { budgets } from "@/db/schema/clouds";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { conflict } from "@/lib/platform/errors";
import type { BudgetRow } from "./budget";
import { loadCosts } from "./load";
import { allowInput, endAllowInput, removeBudgetInput, setBudgetInput } from "./schema";
import { tellBudget } from "./tell";
import { microYuan } from "./yuan";

type Args<S extends z.ZodType> = { ctx: Ctx; input: z.input<S> };

/** Says what a course may spend in the clouds; a changed budget warns anew. Administrators. */
export async function setBudget({ ctx, input }: Args<typeof setBudgetInput>): Promise<void> {
  const { courseId, amount: yuan, warnPercent } = setBudgetInput.parse(input);
  await loadCosts(ctx, courseId, "setBudget");
  const amount = microYuan(yuan);
  const stamp = { updatedBy: actorId(ctx), updatedAt: ctx.clock.now() };
  await transact(ctx.db, async (tx) => {
    const before = await lockBudget(tx, courseId);
    if (before?.amount === amount && before.warnPercent === warnPercent) return;
    await tx
      .insert(budgets)
      .values({ courseId, amount, warnPercent, ...stamp })
      .onDuplicateKeyUpdate({ set: { amount, warnPercent, warnedAt: null, ...stamp } });
    await recordAudit(ctx, tx, {
      action: "budget.set",
      targetType: "course",
      targetId: courseId,
      before: before && { amount: before.amount, warnPercent: before.warnPercent },
      after: { amount, warnPercent },
    });
    await tellBudget(ctx, tx, courseId, "budget.set");
  });
}

/** The course may spend whatever it does. Administrators. */
export async function removeBudget({ ctx, input }: Args<typeof removeBudgetInput>): Promise<void> {
  const { courseId } = removeBudgetInput.parse(input);
  await loadCosts(ctx, courseId, "setBudget");
  await transact(ctx.db, async (tx) => {
    const before = await lockBudget(tx, courseId);
    if (!before) return;
    await tx.delete(budgets).where(eq(budgets.courseId, courseId));
    await recordAudit(ctx, tx, {
      action: "budget.remove",
      targetType: "course",
      targetId: courseId,
      before: { amount: before.amount, warnPercent: before.warnPercent },
    });
    await tellBudget(ctx, tx, courseId, "budget.set");
  });
}

/** Lets starts and extensions go on past the budget for some hours, for a reason. Teachers of the course. */
export async function allowOverBudget({ ctx, input }: Args<typeof allowInput>): Promise<void> {
  const { courseId, hours, reason } = allowInput.parse(input);
  await loadCosts(ctx, courseId, "allow");
  const overrideUntil = new Date(ctx.clock.now().getTime() + hours * 3_600_000);
  await override(ctx, courseId, { overrideUntil, overrideReason: reason }, "budget.allow");
}

/** Takes that back: what runs goes on. Teachers of the course. */
export async function endAllowance({ ctx, input }: Args<typeof endAllowInput>): Promise<void> {
  const { courseId } = endAllowInput.parse(input);
  await loadCosts(ctx, courseId, "allow");
  await override(ctx, courseId, { overrideUntil: null, overrideReason: null }, "budget.allow.end");
}

async function override(
  ctx: Ctx,
  courseId: string,
  change: Pick<BudgetRow, "overrideUntil" | "overrideReason">,
  action: string,
): Promise<void> {
  await transact(ctx.db, async (tx) => {
    const before = await lockBudget(tx, courseId);
    if (!before) throw conflict("costs.noBudget");
    const overrideBy = change.overrideUntil ? actorId(ctx) : null;
    await tx
      .update(budgets)
      .set({ ...change, overrideBy })
      .where(eq(budgets.courseId, courseId));
    await recordAudit(ctx, tx, {
      action,
      targetType: "course",
      targetId: courseId,
      before: { until: before.overrideUntil },
      after: { until: change.overrideUntil, reason: change.overrideReason },
    });
    await tellBudget(ctx, tx, courseId, action);
  });
}

async function lockBudget(tx: Tx, courseId: string): Promise<BudgetRow | null> {
  const [row] = await tx.select().from(budgets).where(eq(budgets.courseId, courseId)).for("update");
  return row ?? null;
}

const actorId = (ctx: Ctx): string => (ctx.actor.type === "user" ? ctx.actor.id : "");
