import { and, eq, ne, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { watches } from "@/db/schema/consoles";
import { publishChange } from "@/lib/changes";
import { type Ctx, requireUser } from "@/lib/platform/context";
import { notFound } from "@/lib/platform/errors";
import { loadWorkspace } from "@/lib/workspaces";

export type WatchRow = typeof watches.$inferSelect;

/** A watch that goes on, for one of the two it is about; everybody else finds nothing. */
export async function loadWatch(ctx: Ctx, watchId: string, as: "watcher" | "student" | "either") {
  const { id } = requireUser(ctx);
  const [watch] = await ctx.db
    .select()
    .from(watches)
    .where(and(eq(watches.id, watchId), ne(watches.state, "ended")));
  if (!watch) throw notFound("watch");
  const isWatcher = watch.watcherId === id;
  const mayBe = isWatcher ? as !== "student" : as !== "watcher";
  if (!mayBe) throw notFound("watch");
  await loadWorkspace(ctx, watch.workspaceId, isWatcher ? "watch" : "use");
  return { watch, by: isWatcher ? ("watcher" as const) : ("student" as const) };
}

/** Heard now; never earlier than it was heard already, whichever of two requests comes last. */
export const heardAt = (now: Date) => sql`greatest(${watches.seenAt}, ${sql.param(now, watches.seenAt)})`;

/** Both pages draw themselves anew. */
export const tellWatch = (ctx: Ctx, tx: Tx, watch: Pick<WatchRow, "id" | "workspaceId">): Promise<void> =>
  publishChange(ctx, tx, [`workspace:${watch.workspaceId}`], "watch", { watchId: watch.id });
