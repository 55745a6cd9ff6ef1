import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { constants, createGzip } from "node:zlib";
import { and, eq } from "drizzle-orm";
import { affected } from "@/db/client";
import { recordings } from "@/db/schema/consoles";
import { tasks } from "@/db/schema/experiments";
import { attempts, workspaces } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { requireStoreRoom, storeGuard } from "@/lib/platform/files";
import { recordingConsent } from "./consent";
import { dropRecording, keepRecording } from "./keep";
import { partOf, recordingsRoot } from "./paths";

/** A recording that grows. Writing never waits and never throws: who shows a desktop is not held up by it. */
export type Recording = {
  readonly id: string;
  /** Milliseconds since its beginning, on a clock that never goes back. */
  elapsed(): number;
  write(data: string | Uint8Array): void;
  /**
   * Brings it into the file store; `cut` when its source died before its time. Nothing written is nothing kept.
   * Safe to call twice.
   */
  end(how?: "done" | "cut"): Promise<void>;
  /** Nothing is written any more: it was ended, failed, or its student took the consent back. */
  isOver(): boolean;
};

/** A kill loses no more than what came in within this time. */
const flushMs = 2_000;
const beatMs = 5_000;
/** A disk that is this far behind will not catch up: rather no recording than a service without memory. */
const mostWaiting = 32 * 1024 * 1024;
/** Of compressed bytes; about ten hours of a busy desktop. */
const mostBytes = 4 * 1024 * 1024 * 1024;

/**
 * Begins to record what the owner of a workspace sees, if its experiment is recorded and they have agreed;
 * null otherwise. The file is compressed as it grows and flushed every two seconds. Throws `fileStoreFull`.
 */
export async function beginRecording({
  ctx,
  input: { workspaceId, kind },
}: {
  ctx: Ctx;
  input: { workspaceId: string; kind: "desktop" | "terminal" };
}): Promise<Recording | null> {
  const [row] = await ctx.db
    .select({ userId: workspaces.userId, attemptId: attempts.id, experimentId: tasks.experimentId })
    .from(workspaces)
    .innerJoin(attempts, eq(attempts.id, workspaces.attemptId))
    .innerJoin(tasks, eq(tasks.id, attempts.taskId))
    .where(eq(workspaces.id, workspaceId));
  if (!row?.userId) return null;
  const { userId, attemptId, experimentId } = row;
  const { on, agreed } = await recordingConsent({ ctx, experimentId, userId });
  if (!on || !agreed) return null;
  const id = ctx.newId();
  await requireStoreRoom(0, recordingsRoot());
  const now = ctx.clock.now();
  await ctx.db
    .insert(recordings)
    .values({ id, workspaceId, attemptId, userId, kind, state: "recording", startedAt: now, beatAt: now });
  return grow(ctx, id, async () => (await recordingConsent({ ctx, experimentId, userId })).agreed);
}

function grow(ctx: Ctx, id: string, isAgreed: () => Promise<boolean>): Recording {
  const startedAt = performance.now();
  const elapsed = () => Math.round(performance.now() - startedAt);
  const gzip = createGzip({ level: 1 });
  const file = createWriteStream(partOf(id), { flags: "wx", mode: 0o600 });
  const written = pipeline(gzip, file).catch(() => undefined);
  const guard = storeGuard(recordingsRoot());
  let isDirty = false;
  let isEmpty = true;
  let ended: Promise<void> | undefined;

  const flush = setInterval(() => {
    if (!isDirty) return;
    isDirty = false;
    gzip.flush(constants.Z_SYNC_FLUSH);
  }, flushMs);
  const beat = setInterval(() => {
    Promise.all([tellAlive(ctx, id, elapsed()), isAgreed()]).then(
      ([isAlive, agreed]) => {
        // Taken for dead and kept already by somebody else: what is written from now on nobody would see.
        if (!isAlive) void end("cut");
        else if (!agreed) void end();
      },
      () => undefined,
    );
  }, beatMs);

  const end = (how: "done" | "cut" = "done"): Promise<void> => {
    ended ??= finish(how, elapsed());
    return ended;
  };
  const finish = async (how: "done" | "cut", durationMs: number) => {
    clearInterval(flush);
    try {
      gzip.end();
      await written;
      if (isEmpty) await dropRecording(ctx, id);
      else await keepRecording(ctx, id, { how, durationMs });
    } catch (error) {
      // Its row stays as it is, so that the reconciler tries again.
      ctx.log.error({ err: error, recordingId: id }, "a recording could not be kept yet");
    } finally {
      clearInterval(beat);
    }
  };
  const fail = (error: unknown) => {
    if (ended) return;
    ctx.log.error({ err: error, recordingId: id }, "a recording was cut");
    gzip.destroy();
    void end("cut");
  };
  gzip.on("error", fail);
  file.on("error", fail);
  return {
    id,
    elapsed,
    write: (data) => {
      if (ended) return;
      isDirty = true;
      isEmpty = false;
      gzip.write(data);
      guard(data.length).catch(fail);
      if (gzip.writableLength > mostWaiting) fail(new Error("the disk is too slow"));
      else if (file.bytesWritten > mostBytes) void end("done");
    },
    end,
    isOver: () => ended !== undefined,
  };
}

async function tellAlive(ctx: Ctx, id: string, durationMs: number): Promise<boolean> {
  const result = await ctx.db
    .update(recordings)
    .set({ beatAt: ctx.clock.now(), durationMs })
    .where(and(eq(recordings.id, id), eq(recordings.state, "recording")));
  return affected(result) > 0;
}
