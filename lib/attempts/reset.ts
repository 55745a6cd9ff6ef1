import { and, count, eq } from "drizzle-orm";
import type { z } from "zod";
import { type Tx, transact } from "@/db/client";
import { attempts, collections, homes, type WorkspaceState } from "@/db/schema/workspaces";
import { recordAudit } from "@/lib/audit";
import { publishChange } from "@/lib/changes";
import type { Ctx } from "@/lib/platform/context";
import { conflict, limit } from "@/lib/platform/errors";
import {
  holdsUnsaved,
  liveWorkspaceOf,
  requestCleanDisk,
  requestCollection,
  requestStop,
  wantNewHome,
} from "@/lib/workspaces";
import { loadAttempt } from "./load";
import { resetInput } from "./schema";
import { startTask } from "./start";

const starting = new Set<WorkspaceState>(["requested", "queued", "provisioning"]);

/** Each may be as large as the home, and stays as long as what is kept of the attempt's end. */
const mostCopies = 10;

export type Reset = { workspaceId: string | null; attemptId: string };

/**
 * Takes the home of an open attempt back to where it began, with a copy kept first unless that was declined.
 * What runs is stopped; the next workspace of the attempt, requested with it, gets an empty home; an instance of a
 * cloud stays, and gets a clean disk. Its clock and number go on. If the copy fails, nothing is reset. Owner, staff of the course.
 *
 * Throws `attempts.ended`, `attempts.nothingToReset` before the first start, `attempts.copyNeeded` while the
 * home is the only copy of an earlier attempt that could not be saved, `attempts.tooManyCopies` for an eleventh.
 */
export async function resetHome({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.infer<typeof resetInput>;
}): Promise<Reset> {
  const { attemptId, copy } = resetInput.parse(input);
  const { attempt } = await loadAttempt(ctx, attemptId, "reset");
  await transact(ctx.db, (tx) => resetInTx(ctx, tx, attemptId, { copy, fillFrom: null }));
  return startNext(ctx, attempt);
}

/** The owner goes on at once; when staff resets what does not run, the owner's next start is the clean one. */
export async function startNext(
  ctx: Ctx,
  attempt: { id: string; userId: string; taskId: string },
): Promise<Reset> {
  const own = ctx.actor.type === "user" && ctx.actor.id === attempt.userId;
  if (own) return startTask({ ctx, input: { taskId: attempt.taskId } });
  const live = await liveWorkspaceOf(ctx.db, attempt.id);
  return { workspaceId: live?.id ?? null, attemptId: attempt.id };
}

/** One reset however often it is pressed: a second press before it is done only changes what is filled in. */
export async function resetInTx(
  ctx: Ctx,
  tx: Tx,
  attemptId: string,
  { copy, fillFrom }: { copy: boolean; fillFrom: string | null },
): Promise<void> {
  const [attempt] = await tx.select().from(attempts).where(eq(attempts.id, attemptId)).for("update");
  if (attempt?.state !== "open") throw conflict("attempts.ended");
  const [home] = await tx
    .select()
    .from(homes)
    .where(and(eq(homes.userId, attempt.userId), eq(homes.taskId, attempt.taskId)))
    .for("update");
  if (!home) throw conflict("attempts.nothingToReset");
  if (!copy && (await holdsUnsaved(tx, home.id, attemptId))) throw conflict("attempts.copyNeeded");
  const again = home.resetWanted;
  const copies = copy && !(again && home.resetAfter);
  if (copies) await requireFewCopies(tx, attemptId);
  const after = copies
    ? await requestCollection(ctx, tx, { attemptId, homeId: home.id, reason: "reset" })
    : null;
  await wantNewHome(tx, home.id, { fillFrom, after });
  const live = await liveWorkspaceOf(tx, attemptId);
  // At a second press the next workspace may be on its way: it has not got the home yet, and will see the wish.
  const waits = again && live !== null && starting.has(live.state);
  // What runs in a cloud goes on with a clean disk, where it can.
  if (live && !waits && !(await requestCleanDisk(ctx, tx, live)))
    await requestStop(ctx, tx, live.id, { reason: "reset", restart: true });
  await recordAudit(ctx, tx, {
    action: "attempt.reset",
    targetType: "attempt",
    targetId: attemptId,
    before: { workspaceId: live?.id ?? null },
    after: { homeId: home.id, copy: after, from: fillFrom, again },
  });
  await publishChange(ctx, tx, [`user:${attempt.userId}`], "attempt.reset", { attemptId });
}

async function requireFewCopies(tx: Tx, attemptId: string): Promise<void> {
  const [found] = await tx
    .select({ copies: count() })
    .from(collections)
    .where(and(eq(collections.attemptId, attemptId), eq(collections.reason, "reset")));
  if ((found?.copies ?? 0) >= mostCopies) throw limit("attempts.tooManyCopies", { max: mostCopies });
}
