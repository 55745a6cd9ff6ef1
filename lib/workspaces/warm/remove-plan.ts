import { and, eq } from "drizzle-orm";
import type { z } from "zod";
import { transact } from "@/db/client";
import { warmPlans } from "@/db/schema/workspaces";
import { sendEvent } from "@/inngest/client";
import { recordAudit } from "@/lib/audit";
import { publishChange } from "@/lib/changes";
import type { Ctx } from "@/lib/platform/context";
import { loadTemplate } from "@/lib/templates";
import { removeWarmPlanInput } from "./schema";

/**
 * Ends a plan at once: what was booted for it goes, what students have stays theirs. Who may edit the template.
 * False when it was gone already.
 */
export async function removeWarmPlan({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.infer<typeof removeWarmPlanInput>;
}): Promise<{ removed: boolean }> {
  const { templateId, planId } = removeWarmPlanInput.parse(input);
  await loadTemplate(ctx, templateId, "edit");
  return transact(ctx.db, async (tx) => {
    const [plan] = await tx
      .select()
      .from(warmPlans)
      .where(and(eq(warmPlans.id, planId), eq(warmPlans.templateId, templateId)))
      .for("update");
    if (!plan) return { removed: false };
    await tx.delete(warmPlans).where(eq(warmPlans.id, planId));
    const { count, refill, running, fromAt, untilAt } = plan;
    await recordAudit(ctx, tx, {
      action: "warm.remove",
      targetType: "template",
      targetId: templateId,
      before: { planId, count, refill, running, fromAt, untilAt },
    });
    await sendEvent(ctx, tx, "warm/plan.changed", { templateId, planId });
    await publishChange(ctx, tx, [`template:${templateId}`], "warm.changed");
    return { removed: true };
  });
}
