import { and, eq, inArray, isNotNull } from "drizzle-orm";
import { workspaces } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";

/** The workspaces whose containers a host should have now: created, wanted, and not on their way out. */
export const expectedOn = (
  ctx: Pick<Ctx, "db">,
  hostId: string,
): Promise<(typeof workspaces.$inferSelect)[]> =>
  ctx.db
    .select()
    .from(workspaces)
    .where(
      and(
        eq(workspaces.hostId, hostId),
        eq(workspaces.desired, "running"),
        inArray(workspaces.state, ["booting", "ready", "paused"]),
        isNotNull(workspaces.externalId),
      ),
    );
