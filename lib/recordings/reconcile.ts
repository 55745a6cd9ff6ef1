import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { and, eq, inArray, lt } from "drizzle-orm";
import { affected } from "@/db/client";
import { recordings } from "@/db/schema/consoles";
import type { Ctx } from "@/lib/platform/context";
import { removeFile } from "@/lib/platform/files";
import { keepRecording } from "./keep";
import { recordingsRoot } from "./paths";

/** Six beats: whoever is silent for so long does not write any more. */
const silentMs = 30_000;
const atOnce = 200;

/** Keeps what writers that died have left, and removes what is over its time, or was kept before a crash. */
export async function reconcileRecordings({ ctx }: { ctx: Ctx }): Promise<{ cut: number; expired: number }> {
  const [cut, expired] = [await keepOrphans(ctx), await expireOld(ctx)];
  await sweepParts(ctx);
  return { cut, expired };
}

const oldMs = 3_600_000;

async function sweepParts(ctx: Ctx): Promise<void> {
  const names = await readdir(recordingsRoot()).catch(() => []);
  for (const name of names.filter((one) => one.endsWith(".gz"))) {
    const path = join(recordingsRoot(), name);
    const found = await stat(path).catch(() => null);
    if (!found || ctx.clock.now().getTime() - found.mtimeMs < oldMs) continue;
    const [row] = await ctx.db
      .select({ state: recordings.state })
      .from(recordings)
      .where(eq(recordings.id, name.slice(0, -3)));
    if (row?.state !== "recording") await rm(path, { force: true });
  }
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
  let kept = 0;
  for (const { id, durationMs } of rows) {
    try {
      await keepRecording(ctx, id, { how: "cut", durationMs });
      kept++;
    } catch (error) {
      // On a full disk none can be kept until what is over its time has made room.
      ctx.log.error({ err: error, recordingId: id }, "a recording could not be kept yet");
    }
  }
  return kept;
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
