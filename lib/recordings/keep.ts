import { createReadStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { pipeline, Readable } from "node:stream";
import { constants, createGunzip, createGzip } from "node:zlib";
import { and, eq } from "drizzle-orm";
import { affected } from "@/db/client";
import { recordings } from "@/db/schema/consoles";
import type { Ctx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { putFile } from "@/lib/platform/files";
import { partOf } from "./paths";

const dayMs = 24 * 3600_000;
const maxBytes = 8 * 1024 * 1024 * 1024;

/**
 * Moves what was recorded into the file store and says so in its row. May be repeated after a crash at any
 * point; what came too late, because another process has kept it, leaves only its file to be removed.
 */
export async function keepRecording(
  ctx: Ctx,
  id: string,
  { how, durationMs }: { how: "done" | "cut"; durationMs: number },
): Promise<void> {
  const part = partOf(id);
  const found = await stat(part).catch(() => null);
  const { sha256, size } = found?.size
    ? await putFile(how === "cut" ? mended(part) : createReadStream(part), { maxBytes })
    : { sha256: null, size: 0 };
  const endedAt = ctx.clock.now();
  const result = await ctx.db
    .update(recordings)
    .set({
      state: sha256 ? how : "expired",
      endedAt,
      durationMs,
      bytes: size,
      sha256,
      expiresAt: new Date(endedAt.getTime() + env().RECORDING_DAYS * dayMs),
    })
    .where(and(eq(recordings.id, id), eq(recordings.state, "recording")));
  if (affected(result) > 0) ctx.log.info({ recordingId: id, how, bytes: size }, "a recording was kept");
  await rm(part, { force: true });
}

/** Removes what has nothing in it: its source never showed anything. */
export async function dropRecording(ctx: Ctx, id: string): Promise<void> {
  await ctx.db.delete(recordings).where(and(eq(recordings.id, id), eq(recordings.state, "recording")));
  await rm(partOf(id), { force: true });
}

/** A file that was cut off anywhere, as whole as it can be: all that can be unpacked, packed again. */
const mended = (part: string) => Readable.from(unpacked(part)).pipe(createGzip({ level: 1 }));

async function* unpacked(part: string): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
  pipeline(createReadStream(part), gunzip, () => undefined);
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
  } catch {
    // Half a block at its end cannot be read, and is all that is missing.
  }
}
