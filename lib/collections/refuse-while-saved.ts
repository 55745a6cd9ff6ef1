import { and, eq, inArray } from "drizzle-orm";
import { collections } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { conflict } from "@/lib/platform/errors";

/**
 * Nothing may be written into a home while it is copied or about to be made anew: throws
 * `collections.beingSaved`.
 */
export async function refuseWhileSaved(ctx: Ctx, home: { id: string; resetWanted: boolean }): Promise<void> {
  const [copying] = await ctx.db
    .select({ id: collections.id })
    .from(collections)
    .where(and(eq(collections.homeId, home.id), inArray(collections.state, ["pending", "running"])))
    .limit(1);
  if (copying || home.resetWanted) throw conflict("collections.beingSaved");
}
