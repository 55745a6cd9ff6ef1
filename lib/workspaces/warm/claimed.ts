import { and, count, eq, isNotNull } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { workspaces } from "@/db/schema/workspaces";

/** How many of a plan's workspaces students have had. */
export async function claimedOf(db: Tx, planId: string): Promise<number> {
  const [row] = await db
    .select({ n: count() })
    .from(workspaces)
    .where(and(eq(workspaces.warmPlanId, planId), isNotNull(workspaces.claimedAt)));
  return row?.n ?? 0;
}
