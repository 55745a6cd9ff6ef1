import { eq } from "drizzle-orm";
import { warmPlans } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";

/** When a plan begins and ends from now on, as ISO times; none once it was removed. */
export async function warmPlanTimes({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: { planId: string };
}): Promise<string[]> {
  const [plan] = await ctx.db.select().from(warmPlans).where(eq(warmPlans.id, input.planId));
  const now = ctx.clock.now();
  return [plan?.fromAt, plan?.untilAt].flatMap((at) => (at && at > now ? [at.toISOString()] : []));
}
