import { and, eq } from "drizzle-orm";
import type { z } from "zod";
import { attempts, collectedFiles, collections, homes } from "@/db/schema/workspaces";
import { recordAudit } from "@/lib/audit";
import { type Ctx, requirePermission, requireUser } from "@/lib/platform/context";
import { conflict, limit, notFound } from "@/lib/platform/errors";
import { openFile } from "@/lib/platform/files";
import { type Written, writeHomeFiles } from "@/lib/workspaces";
import { refuseWhileSaved } from "./refuse-while-saved";
import { restoreInput } from "./schema";

/**
 * Puts one kept file back into its owner's home, whether a workspace runs on it or not, for the open attempt of
 * the task. Returns where it lies: beside a file of that name unless it was to be replaced.
 *
 * Throws `not_found`, `collections.notKept` for what was left out, `collections.noOpenAttempt`,
 * `collections.beingSaved` while the home is copied or about to be made anew, `collections.homeFull`,
 * `collections.inTheWay`.
 */
export async function restoreFile({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.infer<typeof restoreInput>;
}): Promise<{ path: string }> {
  const actor = requireUser(ctx);
  requirePermission(ctx, "attempt.own");
  const { fileId, onConflict } = restoreInput.parse(input);
  const [row] = await ctx.db
    .select({ file: collectedFiles, userId: attempts.userId, taskId: attempts.taskId })
    .from(collectedFiles)
    .innerJoin(collections, eq(collections.id, collectedFiles.collectionId))
    .innerJoin(attempts, eq(attempts.id, collections.attemptId))
    .where(eq(collectedFiles.id, fileId));
  if (!row || row.userId !== actor.id) throw notFound("file");
  const { sha256, path, size, executable } = row.file;
  if (!sha256) throw conflict("collections.notKept");
  const attemptId = await attemptToRestoreTo(ctx, actor.id, row.taskId);
  const one = async function* () {
    yield { path, size, executable, content: openFile(sha256) };
  };
  let result: Written | undefined;
  // To the end of the stream: only then is the file on the home's disk.
  for await (const written of writeHomeFiles(ctx, attemptId, one(), onConflict)) result = written;
  if (!result || "refused" in result) throw refusal(result?.refused);
  await recordAudit(ctx, ctx.db, {
    action: "home.restoreFile",
    targetType: "attempt",
    targetId: attemptId,
    after: { fileId, path: result.written.slice(0, 500), onConflict },
  });
  return { path: result.written };
}

async function attemptToRestoreTo(ctx: Ctx, userId: string, taskId: string): Promise<string> {
  const [open] = await ctx.db
    .select({ id: attempts.id, home: homes })
    .from(attempts)
    .leftJoin(homes, and(eq(homes.userId, attempts.userId), eq(homes.taskId, attempts.taskId)))
    .where(and(eq(attempts.userId, userId), eq(attempts.taskId, taskId), eq(attempts.state, "open")));
  if (!open?.home) throw conflict("collections.noOpenAttempt");
  await refuseWhileSaved(ctx, open.home);
  return open.id;
}

const refusal = (reason?: string) =>
  reason === "disk_full" ? limit("collections.homeFull") : conflict("collections.inTheWay");
