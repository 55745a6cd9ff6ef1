import { and, eq } from "drizzle-orm";
import type { z } from "zod";
import { affected, transact } from "@/db/client";
import { collections } from "@/db/schema/workspaces";
import { sendEvent } from "@/inngest/client";
import { loadAttempt } from "@/lib/attempts";
import { recordAudit } from "@/lib/audit";
import { publishChange } from "@/lib/changes";
import type { Ctx } from "@/lib/platform/context";
import { type EachResult, forEach } from "@/lib/workspaces";
import { retryInput } from "./schema";

/** Saves again what was given up after five tries: the homes are still there. Their owner, staff of the course. */
export async function retryCollections({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof retryInput>;
}): Promise<EachResult> {
  const { attemptIds } = retryInput.parse(input);
  return forEach(ctx, attemptIds, (attemptId) => retryCollection(ctx, attemptId));
}

async function retryCollection(ctx: Ctx, attemptId: string): Promise<void> {
  const { attempt, experiment } = await loadAttempt(ctx, attemptId, "collected");
  const failed = await ctx.db
    .select({ id: collections.id })
    .from(collections)
    .where(and(eq(collections.attemptId, attemptId), eq(collections.state, "failed")));
  await transact(ctx.db, async (tx) => {
    const again = await tx
      .update(collections)
      .set({ state: "pending", tries: 0, cause: null, startedAt: null, beatAt: null })
      .where(and(eq(collections.attemptId, attemptId), eq(collections.state, "failed")));
    if (affected(again) === 0) return;
    for (const { id } of failed) await sendEvent(ctx, tx, "collection/requested", { collectionId: id });
    await recordAudit(ctx, tx, {
      action: "collection.retry",
      targetType: "attempt",
      targetId: attemptId,
      before: { state: "failed" },
      after: { state: "pending" },
    });
    await publishChange(
      ctx,
      tx,
      [`user:${attempt.userId}`, `experiment:${experiment.id}`],
      "collection.retried",
      { attemptId },
    );
  });
}
