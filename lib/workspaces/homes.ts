import { and, eq, inArray, isNull, or, sql } from "drizzle-orm";
import { affected, type Tx } from "@/db/client";
import { collections, homes } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";

/**
 * Takes the home for one user of it: a workspace, or a collection by its own id. One conditional UPDATE;
 * null while somebody else has it, or while a collection of it waits and a workspace asks. The fence grows
 * with every taking, so a late mount or unmount of the former one does nothing.
 */
export async function takeHome(
  ctx: Ctx,
  homeId: string,
  taker: { id: string; kind: "workspace" | "collection" },
): Promise<{ fence: number } | null> {
  const mine = or(isNull(homes.mountedBy), eq(homes.mountedBy, taker.id));
  const noCollection = sql`NOT EXISTS (SELECT 1 FROM ${collections} WHERE ${collections.homeId} = ${homes.id}
    AND ${inArray(collections.state, ["pending", "running"])})`;
  const result = await ctx.db
    .update(homes)
    .set({
      // A repeated taking keeps its fence: the step that asked again has the mount of the first.
      fence: sql`CASE WHEN ${homes.mountedBy} = ${taker.id} THEN ${homes.fence} ELSE ${homes.fence} + 1 END`,
      mountedBy: taker.id,
      usedAt: ctx.clock.now(),
    })
    .where(and(eq(homes.id, homeId), mine, taker.kind === "workspace" ? noCollection : undefined));
  if (affected(result) === 0) return null;
  const [home] = await ctx.db.select({ fence: homes.fence }).from(homes).where(eq(homes.id, homeId));
  return home ?? null;
}

/** A new home's row, in the transaction that reserves its disk; its image is made when it is first mounted. With a
 * taker at once it is as if `takeHome` had followed. */
export async function createHome(
  ctx: Ctx,
  tx: Tx,
  home: { taskId: string; userId: string; hostId: string; sizeMb: number; mountedBy?: string },
): Promise<string> {
  const id = ctx.newId();
  const at = ctx.clock.now();
  await tx.insert(homes).values({ ...home, id, fence: home.mountedBy ? 1 : 0, createdAt: at, usedAt: at });
  return id;
}

/** Gives the home back; does nothing when somebody else has it by now. */
export async function giveHomeBack(ctx: Ctx, homeId: string, takerId: string): Promise<void> {
  await ctx.db
    .update(homes)
    .set({ mountedBy: null })
    .where(and(eq(homes.id, homeId), eq(homes.mountedBy, takerId)));
}
