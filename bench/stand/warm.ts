import { and, count, eq } from "drizzle-orm";
import { database } from "@/db/client";
import { workspaces } from "@/db/schema/workspaces";
import { as } from "@/e2e/world";
import { addWarmPlan } from "@/lib/workspaces/warm/add-plan";
import { removeWarmPlan } from "@/lib/workspaces/warm/remove-plan";
import type { Lab } from "./lab";
import { say } from "./results";

/**
 * So many frozen workspaces are ready, and none is made in place of a claimed one. Gives what ends the plan, which
 * holds memory until then.
 */
export async function warmUp({ world }: Lab, wanted: number): Promise<() => Promise<unknown>> {
  const began = performance.now();
  const ctx = as(world.teacher, database());
  const { templateId } = world;
  const { planId } = await addWarmPlan({
    ctx,
    input: {
      templateId,
      count: wanted,
      refill: false,
      when: "hour",
      fromAt: null,
      untilAt: null,
    },
  });
  for (;;) {
    const [row] = await database()
      .select({ ready: count() })
      .from(workspaces)
      .where(and(eq(workspaces.purpose, "warm"), eq(workspaces.state, "paused")));
    if ((row?.ready ?? 0) >= wanted) break;
    if (performance.now() - began > 300_000)
      throw new Error(`only ${row?.ready} warm workspaces after 5 min`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  say(`${wanted} warm workspaces are ready after ${((performance.now() - began) / 1000).toFixed(0)} s`);
  return () => removeWarmPlan({ ctx, input: { templateId, planId } });
}
