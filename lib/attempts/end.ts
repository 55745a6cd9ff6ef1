import { and, eq } from "drizzle-orm";
import { z } from "zod";
import { affected, type Tx, transact } from "@/db/client";
import { type attemptEndReasons, attempts, homes } from "@/db/schema/workspaces";
import { recordAudit } from "@/lib/audit";
import { publishChange } from "@/lib/changes";
import type { Ctx } from "@/lib/platform/context";
import { dropNewHome, liveWorkspaceOf, requestCollection, requestStop } from "@/lib/workspaces";
import { loadAttempt } from "./load";

type EndReason = (typeof attemptEndReasons)[number];

export const endAttemptInput = z.object({ attemptId: z.string().length(26) });

/** Closes an attempt for good: its workspace stops, its files are collected. Owner, staff, administrator. */
export async function endAttempt({ ctx, input }: { ctx: Ctx; input: z.infer<typeof endAttemptInput> }) {
  const { attemptId } = endAttemptInput.parse(input);
  const { attempt, staff } = await loadAttempt(ctx, attemptId, "end");
  const own = ctx.actor.type === "user" && ctx.actor.id === attempt.userId;
  const reason = own ? "student" : staff ? "teacher" : "admin";
  const ended = await transact(ctx.db, async (tx) => {
    const done = await closeAttempt(ctx, tx, attemptId, reason);
    if (done) {
      await recordAudit(ctx, tx, {
        action: "attempt.end",
        targetType: "attempt",
        targetId: attemptId,
        before: { state: "open" },
        after: { state: "ended", reason },
      });
    }
    return done;
  });
  return { ended };
}

/** The server ends an attempt whose deadline has passed, by the clock of the database; never earlier. */
export async function endIfDue({ ctx, input }: { ctx: Ctx; input: { attemptId: string } }): Promise<boolean> {
  return transact(ctx.db, async (tx) => {
    const [row] = await tx.select().from(attempts).where(eq(attempts.id, input.attemptId)).for("update");
    if (row?.state !== "open" || !row.deadlineAt || row.deadlineAt > ctx.clock.now()) return false;
    return closeAttempt(ctx, tx, row.id, "deadline");
  });
}

/** Ends an open attempt for this reason, in the caller's transaction; false when it was over already. */
export async function closeAttempt(ctx: Ctx, tx: Tx, attemptId: string, reason: EndReason): Promise<boolean> {
  const result = await tx
    .update(attempts)
    .set({ state: "ended", endedAt: ctx.clock.now(), endReason: reason })
    .where(and(eq(attempts.id, attemptId), eq(attempts.state, "open")));
  if (affected(result) === 0) return false;
  const live = await liveWorkspaceOf(tx, attemptId);
  if (live) await requestStop(ctx, tx, live.id, { reason: "ended" });
  const { attempt, experiment } = await loadAttempt(ctx, attemptId, "see", tx);
  const [home] = await tx
    .select({ id: homes.id })
    .from(homes)
    .where(and(eq(homes.userId, attempt.userId), eq(homes.taskId, attempt.taskId)));
  // What was to come of this home was for this attempt.
  if (home) await dropNewHome(tx, home.id);
  // An attempt whose clock never started has nothing of its own to collect.
  if (home && attempt.startedAt) {
    await requestCollection(ctx, tx, { attemptId, homeId: home.id, reason: "end" });
  }
  await publishChange(
    ctx,
    tx,
    [`user:${attempt.userId}`, `experiment:${experiment.id}`, "admin"],
    "attempt.ended",
    {
      attemptId,
      reason,
    },
  );
  return true;
}
