import { and, eq, inArray, ne, type SQL } from "drizzle-orm";
import { affected, transact } from "@/db/client";
import { workspaces } from "@/db/schema/workspaces";
import { publishChange } from "@/lib/changes";
import type { Ctx } from "@/lib/platform/context";
import { liveStates } from "./state";
import { topicsOf } from "./topics";

export type Health = "ok" | "unreachable";

/**
 * What we know of a host is what we know of its workspaces, and every page that shows one is told. The
 * state stays what was last seen: unknown is never gone.
 */
export const recordHostHealth = (ctx: Ctx, hostId: string, health: Health): Promise<void> =>
  turn(ctx, eq(workspaces.hostId, hostId), health);

/** The same for one workspace, which may still be waiting for a host. */
export const recordHealth = (ctx: Ctx, workspaceId: string, health: Health): Promise<void> =>
  turn(ctx, eq(workspaces.id, workspaceId), health);

async function turn(ctx: Ctx, which: SQL, health: Health): Promise<void> {
  const rows = await ctx.db
    .select({ id: workspaces.id, userId: workspaces.userId, attemptId: workspaces.attemptId })
    .from(workspaces)
    .where(and(which, ne(workspaces.health, health), inArray(workspaces.state, liveStates)));
  for (const row of rows) {
    await transact(ctx.db, async (tx) => {
      const changed = await tx
        .update(workspaces)
        .set({ health, unreachableSince: health === "ok" ? null : ctx.clock.now() })
        .where(and(eq(workspaces.id, row.id), ne(workspaces.health, health)));
      if (affected(changed) === 0) return;
      await publishChange(ctx, tx, await topicsOf(tx, row), "workspace.health", {
        workspaceId: row.id,
        health,
      });
    });
  }
}
