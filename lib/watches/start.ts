import { and, eq, ne } from "drizzle-orm";
import type { z } from "zod";
import { transact } from "@/db/client";
import { watches } from "@/db/schema/consoles";
import { workspaces } from "@/db/schema/workspaces";
import { recordAudit } from "@/lib/audit";
import { type Ctx, requireUser } from "@/lib/platform/context";
import { conflict } from "@/lib/platform/errors";
import { loadWorkspace } from "@/lib/workspaces";
import { workspaceInput } from "@/lib/workspaces/schema";
import { heardAt, tellWatch } from "./load";

/**
 * Staff of the course begins to look at what runs; its student is told in the same moment. Who looks already
 * goes on with that watch, so a reload is none. Throws `conflict consoles.notReady` where nothing runs.
 */
export async function startWatch({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.infer<typeof workspaceInput>;
}): Promise<{ watchId: string }> {
  const { workspaceId } = workspaceInput.parse(input);
  const { id: watcherId } = requireUser(ctx);
  const workspace = await loadWorkspace(ctx, workspaceId, "watch");
  if (!["ready", "paused"].includes(workspace.state)) throw conflict("consoles.notReady");
  return transact(ctx.db, async (tx) => {
    // Two tabs that begin at once make one watch.
    await tx
      .select({ id: workspaces.id })
      .from(workspaces)
      .where(eq(workspaces.id, workspaceId))
      .for("update");
    const now = ctx.clock.now();
    const [live] = await tx
      .select({ id: watches.id })
      .from(watches)
      .where(
        and(
          eq(watches.workspaceId, workspaceId),
          eq(watches.watcherId, watcherId),
          ne(watches.state, "ended"),
        ),
      );
    if (live) {
      await tx
        .update(watches)
        .set({ seenAt: heardAt(now) })
        .where(eq(watches.id, live.id));
      return { watchId: live.id };
    }
    const id = ctx.newId();
    await tx.insert(watches).values({
      id,
      workspaceId,
      watcherId,
      state: "watching",
      startedAt: now,
      seenAt: now,
      stateAt: now,
    });
    await recordAudit(ctx, tx, {
      action: "watch.start",
      targetType: "workspace",
      targetId: workspaceId,
      after: { watchId: id, userId: workspace.userId },
    });
    await tellWatch(ctx, tx, { id, workspaceId });
    return { watchId: id };
  });
}
