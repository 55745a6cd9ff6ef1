import { and, asc, eq, gt, ne } from "drizzle-orm";
import { users } from "@/db/schema/accounts";
import { watches } from "@/db/schema/consoles";
import { watchSilentMs } from "@/lib/consoles";
import type { Ctx } from "@/lib/platform/context";

/** A watch that goes on, as both sides see it; plain data. */
export type WatchView = {
  id: string;
  watcherId: string;
  watcher: string;
  state: "watching" | "asked" | "controlling";
  startedAt: Date;
};

/** Who looks at this workspace now; the caller has checked who asks. */
export async function liveWatches(ctx: Pick<Ctx, "db" | "clock">, workspaceId: string): Promise<WatchView[]> {
  const rows = await ctx.db
    .select({
      id: watches.id,
      watcherId: watches.watcherId,
      watcher: users.name,
      state: watches.state,
      startedAt: watches.startedAt,
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
