import { and, asc, eq, gt, ne } from "drizzle-orm";
import { users } from "@/db/schema/accounts";
import { watches } from "@/db/schema/consoles";
import { watchSilentMs } from "@/lib/consoles";
import { type Ctx, requireUser } from "@/lib/platform/context";
import { loadWorkspace } from "@/lib/workspaces";

/** A watch that goes on, as both sides see it; plain data. */
export type WatchView = {
  id: string;
  watcherId: string;
  watcher: string;
  state: "watching" | "asked" | "controlling";
};

/** Who looks at this workspace now; the caller has checked who asks. */
export async function liveWatches(ctx: Pick<Ctx, "db" | "clock">, workspaceId: string): Promise<WatchView[]> {
  const rows = await ctx.db
    .select({
      id: watches.id,
      watcherId: watches.watcherId,
      watcher: users.name,
      state: watches.state,
    })
    .from(watches)
    .innerJoin(users, eq(users.id, watches.watcherId))
    .where(
      and(
        eq(watches.workspaceId, workspaceId),
        ne(watches.state, "ended"),
        gt(watches.seenAt, new Date(ctx.clock.now().getTime() - watchSilentMs)),
      ),
    )
    .orderBy(asc(watches.id))
    .limit(20);
  return rows.flatMap(({ state, ...row }) => (state === "ended" ? [] : [{ ...row, state }]));
}

/** The same for a page of the workspace's student or of who watches over it, and which of them is one's own. */
export async function workspaceWatches({ ctx, workspaceId }: { ctx: Ctx; workspaceId: string }) {
  const { id } = requireUser(ctx);
  await loadWorkspace(ctx, workspaceId, "see");
  const watches = await liveWatches(ctx, workspaceId);
  return { watches, own: watches.find(({ watcherId }) => watcherId === id)?.id ?? null };
}
