import { and, eq, gt } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { assignments, experiments } from "@/db/schema";
import type { Ctx } from "@/lib/platform/context";
import { announce, moveDeadlines } from "./announce";
import { loadExperiment } from "./load";

/**
 * Closes an experiment for everybody as of now, in the caller's transaction: nobody can start any more. Who works on it is
 * the caller's to end. Teachers of its course.
 */
export async function closeWindows(
  ctx: Ctx,
  tx: Tx,
  experimentId: string,
): Promise<{ closesAt: Date | null }> {
  const { closesAt } = await loadExperiment(ctx, experimentId, "edit", tx);
  const now = ctx.clock.now();
  await tx.update(experiments).set({ closesAt: now, updatedAt: now }).where(eq(experiments.id, experimentId));
  await tx
    .update(assignments)
    .set({ closesAt: now })
    .where(and(eq(assignments.experimentId, experimentId), gt(assignments.closesAt, now)));
  await announce(ctx, tx, experimentId);
  await moveDeadlines(ctx, tx, experimentId);
  return { closesAt };
}
