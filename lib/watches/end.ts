import { and, eq, ne } from "drizzle-orm";
import type { z } from "zod";
import { affected, transact } from "@/db/client";
import { watches } from "@/db/schema/consoles";
import { recordAudit } from "@/lib/audit";
import { revokePerson } from "@/lib/consoles";
import type { Ctx } from "@/lib/platform/context";
import { loadWatch, tellWatch, type WatchRow } from "./load";
import { watchInput } from "./schema";

/** Who watches stops looking; what they had open is closed at once. */
export async function endWatch({ ctx, input }: { ctx: Ctx; input: z.infer<typeof watchInput> }) {
  const { watchId } = watchInput.parse(input);
  const { watch } = await loadWatch(ctx, watchId, "watcher");
  await closeWatch(ctx, watch, "watcher");
}

/** Ends a watch for whatever reason. False when it was over. */
export async function closeWatch(
  ctx: Ctx,
  watch: Pick<WatchRow, "id" | "workspaceId" | "watcherId">,
  reason: "watcher" | "silent" | "workspace",
): Promise<boolean> {
  const ended = await transact(ctx.db, async (tx) => {
    const now = ctx.clock.now();
    const result = await tx
      .update(watches)
      .set({ state: "ended", stateAt: now, endedAt: now })
      .where(and(eq(watches.id, watch.id), ne(watches.state, "ended")));
    if (affected(result) === 0) return false;
    await recordAudit(ctx, tx, {
      action: "watch.end",
      targetType: "workspace",
      targetId: watch.workspaceId,
      after: { watchId: watch.id, reason },
    });
    await tellWatch(ctx, tx, watch);
    return true;
  });
  revokePerson(watch.workspaceId, watch.watcherId);
  return ended;
}
