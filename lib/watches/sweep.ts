import { and, eq, inArray, lt, ne, or } from "drizzle-orm";
import type { z } from "zod";
import { affected } from "@/db/client";
import { watches } from "@/db/schema/consoles";
import { workspaces } from "@/db/schema/workspaces";
import { watchSilentMs } from "@/lib/consoles";
import { type Ctx, requireUser } from "@/lib/platform/context";
import { closeWatch } from "./end";
import { heardAt } from "./load";
import type { watchInput } from "./schema";

const atOnce = 200;

/** The watcher's browser is there. False: the watch is over. */
export async function beatWatch({ ctx, input }: { ctx: Ctx; input: z.infer<typeof watchInput> }) {
  const { id } = requireUser(ctx);
  const result = await ctx.db
    .update(watches)
    .set({ seenAt: heardAt(ctx.clock.now()) })
    .where(and(eq(watches.id, input.watchId), eq(watches.watcherId, id), ne(watches.state, "ended")));
  return { goesOn: affected(result) > 0 };
}

/** Ends the watches of silent browsers, and of workspaces that are over. */
export async function sweepWatches({ ctx }: { ctx: Ctx }): Promise<{ ended: number }> {
  const rows = await ctx.db
    .select({
      id: watches.id,
      workspaceId: watches.workspaceId,
      watcherId: watches.watcherId,
      state: workspaces.state,
    })
    .from(watches)
    .leftJoin(workspaces, eq(workspaces.id, watches.workspaceId))
    .where(
      and(
        ne(watches.state, "ended"),
        or(
          lt(watches.seenAt, new Date(ctx.clock.now().getTime() - watchSilentMs)),
          inArray(workspaces.state, ["stopping", "stopped", "failed"]),
        ),
      ),
    )
    .limit(atOnce);
  let ended = 0;
  for (const { state, ...watch } of rows) {
    const over = state !== "ready" && state !== "paused";
    if (await closeWatch(ctx, watch, over ? "workspace" : "silent")) ended++;
  }
  return { ended };
}
