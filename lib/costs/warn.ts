import { and, eq, isNull } from "drizzle-orm";
import { affected, transact } from "@/db/client";
import { budgets } from "@/db/schema/clouds";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { spentBy } from "./balance";
import { tellBudget } from "./tell";

/** Warns of budgets of which so much is spent as was agreed: once each, until the budget is changed. */
export async function sweepBudgets({ ctx }: { ctx: Ctx }): Promise<{ warned: string[] }> {
  const rows = await ctx.db.select().from(budgets).where(isNull(budgets.warnedAt)).limit(1_000);
  const now = ctx.clock.now();
  const warned: string[] = [];
  for (const { courseId, amount, warnPercent } of rows) {
    const spent = await spentBy(ctx.db, courseId, now);
    if (spent === 0 || spent * 100 < amount * warnPercent) continue;
    const mine = await transact(ctx.db, async (tx) => {
      const result = await tx
        .update(budgets)
        .set({ warnedAt: now })
        .where(and(eq(budgets.courseId, courseId), eq(budgets.amount, amount), isNull(budgets.warnedAt)));
      if (affected(result) === 0) return false;
      await recordAudit(ctx, tx, {
        action: "budget.warn",
        targetType: "course",
        targetId: courseId,
        after: { spent, amount, warnPercent },
      });
      await tellBudget(ctx, tx, courseId, "budget.warn");
      return true;
    });
    if (mine) warned.push(courseId);
  }
  return { warned };
}
