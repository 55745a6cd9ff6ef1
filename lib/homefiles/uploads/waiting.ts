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

/** Removes uploads to which nothing came for a day; gives how many. */
export async function pruneUploads({ ctx }: { ctx: Ctx }): Promise<number> {
  const before = ctx.clock.now().getTime() - keptMs;
  let pruned = 0;
  for (const attemptId of await readdir(uploadsRoot()).catch(() => [])) {
    const folder = join(uploadsRoot(), attemptId);
    const names = await readdir(folder).catch(() => []);
    for (const id of new Set(names.map((name) => name.replace(/\.json$/, "")))) {
      const path = join(folder, id);
      // The bytes tell when the last of them came; a crash may have left only what is known of them.
      const found = await stat(path).catch(() => stat(`${path}.json`).catch(() => null));
      if (!found || found.mtimeMs > before) continue;
      await rm(path, { force: true });
      await rm(`${path}.json`, { force: true });
      pruned++;
    }
    // Refused while something is left.
    await rmdir(folder).catch(() => undefined);
  }
  return pruned;
}
