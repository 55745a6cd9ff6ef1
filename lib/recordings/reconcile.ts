import { and, eq, inArray, lt } from "drizzle-orm";
import { affected } from "@/db/client";
import { recordings } from "@/db/schema/consoles";
import type { Ctx } from "@/lib/platform/context";
import { removeFile } from "@/lib/platform/files";
import { keepRecording } from "./keep";

/** Six beats: whoever is silent for so long does not write any more. */
const silentMs = 30_000;
const atOnce = 200;

/** Keeps what writers that died have left, and removes what is over its time. */
export async function reconcileRecordings({ ctx }: { ctx: Ctx }): Promise<{ cut: number; expired: number }> {
  return { cut: await keepOrphans(ctx), expired: await expireOld(ctx) };
}

async function keepOrphans(ctx: Ctx): Promise<number> {
  const rows = await ctx.db
    .select({ id: recordings.id, durationMs: recordings.durationMs })
    .from(recordings)
    .where(
      and(
        eq(recordings.state, "recording"),
        lt(recordings.beatAt, new Date(ctx.clock.now().getTime() - silentMs)),
      ),
    )
    .limit(atOnce);
  for (const { id, durationMs } of rows) await keepRecording(ctx, id, { how: "cut", durationMs });
  return rows.length;
}

/** The row stays: that somebody was recorded is no secret when the recording is gone. */
async function expireOld(ctx: Ctx): Promise<number> {
  const rows = await ctx.db
    .select({ id: recordings.id, sha256: recordings.sha256 })
    .from(recordings)
    .where(and(inArray(recordings.state, ["done", "cut"]), lt(recordings.expiresAt, ctx.clock.now())))
    .limit(atOnce);
  let expired = 0;
  for (const { id, sha256 } of rows) {
    // The file first: a crash in between leaves a row that is tried again, never a file that nobody knows.
    if (sha256) await removeFile(sha256);
    const result = await ctx.db
      .update(recordings)
      .set({ state: "expired", sha256: null, bytes: 0 })
      .where(and(eq(recordings.id, id), inArray(recordings.state, ["done", "cut"])));
    expired += affected(result);
  }
  return expired;
}
