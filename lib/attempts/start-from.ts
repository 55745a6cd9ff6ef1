import { and, eq, isNotNull, sql } from "drizzle-orm";
import type { z } from "zod";
import { type Tx, transact } from "@/db/client";
import { attempts, collectedFiles, collections, homes } from "@/db/schema/workspaces";
import { type Ctx, requirePermission, requireUser } from "@/lib/platform/context";
import { conflict, limit, notFound, toAppError } from "@/lib/platform/errors";
import { holdsUnsaved, wantNewHome } from "@/lib/workspaces";
import { type Reset, resetInTx, startNext } from "./reset";
import { startFromInput } from "./schema";
import { startTask } from "./start";

/** What of a home's size files may fill: the rest is the file system's own. */
const usableShare = 0.9;

/**
 * A student goes on from what was kept of one of their attempts: their home is made anew with those files, for
 * the open attempt of the task (after a copy of it, unless declined), else for a new one. What was left out of
 * the collection is not there; its manifest says what and why.
 *
 * Throws `not_found`, `attempts.notKept` while it is not saved, `attempts.tooLarge`, `attempts.copyNeeded`,
 * and whatever Start throws.
 */
export async function startFromCollection({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.infer<typeof startFromInput>;
}): Promise<Reset> {
  const actor = requireUser(ctx);
  requirePermission(ctx, "attempt.own");
  const { collectionId, copy } = startFromInput.parse(input);
  const [row] = await ctx.db
    .select({ collection: collections, userId: attempts.userId, taskId: attempts.taskId, home: homes })
    .from(collections)
    .innerJoin(attempts, eq(attempts.id, collections.attemptId))
    .leftJoin(homes, eq(homes.id, collections.homeId))
    .where(eq(collections.id, collectionId));
  if (!row || row.userId !== actor.id) throw notFound("collection");
  if (row.collection.state !== "done") throw conflict("attempts.notKept");
  const { home, taskId } = row;
  if (!home) throw conflict("attempts.nothingToReset");
  await requireRoom(ctx.db, collectionId, home.sizeMb);

  // An attempt that ends, or begins in another tab, between the look and the act is looked at once more.
  for (let tries = 1; ; tries++) {
    const open = await openAttemptOf(ctx.db, actor.id, taskId);
    try {
      if (open) {
        await transact(ctx.db, (tx) => resetInTx(ctx, tx, open.id, { copy, fillFrom: collectionId }));
        return await startNext(ctx, { ...open, userId: actor.id, taskId });
      }
      return await startTask({
        ctx,
        input: { taskId },
        before: (tx) => fillBefore(tx, home.id, collectionId),
      });
    } catch (error) {
      if (tries >= 3 || !["attempts.ended", "attempts.open"].includes(toAppError(error).key)) throw error;
    }
  }
}

const openAttemptOf = async (tx: Tx, userId: string, taskId: string) =>
  (
    await tx
      .select({ id: attempts.id })
      .from(attempts)
      .where(and(eq(attempts.userId, userId), eq(attempts.taskId, taskId), eq(attempts.state, "open")))
  )[0];

/** In the transaction of a new attempt, before its workspace is requested: a warm one must not be claimed for it. */
async function fillBefore(tx: Tx, homeId: string, collectionId: string): Promise<void> {
  // What the last attempt left is saved by its own collection; where that failed, the home is the only copy.
  if (await holdsUnsaved(tx, homeId, null)) throw conflict("attempts.copyNeeded");
  await wantNewHome(tx, homeId, { fillFrom: collectionId, after: null });
}

async function requireRoom(tx: Tx, collectionId: string, sizeMb: number): Promise<void> {
  const [sum] = await tx
    .select({
      // Files take whole blocks.
      bytes: sql<string | null>`SUM(CEILING(${collectedFiles.size} / 4096) * 4096)`,
    })
    .from(collectedFiles)
    .where(and(eq(collectedFiles.collectionId, collectionId), isNotNull(collectedFiles.sha256)));
  const needMb = Math.ceil(Number(sum?.bytes ?? 0) / 1024 ** 2);
  const haveMb = Math.floor(sizeMb * usableShare);
  if (needMb > haveMb) throw limit("attempts.tooLarge", { needMb, haveMb });
}
