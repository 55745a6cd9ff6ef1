import { readdir, rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { loadAttempt } from "@/lib/attempts";
import type { Ctx } from "@/lib/platform/context";
import type { UploadBrief } from "../schema";
import { UploadStore, uploadsRoot } from "./store";

/** Uploads of one's own that were broken off, or are whole and not yet in the home. */
export async function listUploads({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: { attemptId: string };
}): Promise<UploadBrief[]> {
  const { attempt } = await loadAttempt(ctx, input.attemptId, "changeFiles");
  return attempt.state === "open" ? new UploadStore(attempt.id).list() : [];
}

const keptMs = 24 * 3_600_000;

/** Removes uploads to which nothing came for a day; gives how many files that were. */
export async function pruneUploads({ ctx }: { ctx: Ctx }): Promise<number> {
  const before = ctx.clock.now().getTime() - keptMs;
  let pruned = 0;
  for (const attemptId of await readdir(uploadsRoot()).catch(() => [])) {
    const folder = join(uploadsRoot(), attemptId);
    for (const name of await readdir(folder).catch(() => [])) {
      const path = join(folder, name);
      // What is known of an upload is as old as its bytes are young.
      const newest = await stat(path.replace(/\.json$/, "")).catch(() => stat(path).catch(() => null));
      if (!newest || newest.mtimeMs > before) continue;
      await rm(path, { force: true });
      pruned++;
    }
    // Refused while something is left.
    await rmdir(folder).catch(() => undefined);
  }
  return pruned;
}
