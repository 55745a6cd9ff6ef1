import { and, eq } from "drizzle-orm";
import { transact } from "@/db/client";
import { attempts, workspaces } from "@/db/schema/workspaces";
import { sendEvent } from "@/inngest/client";
import type { Ctx } from "@/lib/platform/context";
import { moveWorkspace } from "@/lib/workspaces";
import { applyDeadline } from "./reschedule";

/**
 * The service inside answers: the workspace is ready and, with the first one of an attempt, its clock
 * starts, in one transaction. False when somebody stopped it meanwhile.
 */
export async function recordReady({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: { workspaceId: string };
}): Promise<boolean> {
  return transact(ctx.db, async (tx) => {
    const now = ctx.clock.now();
    const moved = await moveWorkspace(ctx, tx, input.workspaceId, {
      to: "ready",
      reason: "answers",
      patch: {
        readyAt: now,
        activeAt: now,
        step: null,
        stepAt: null,
        health: "ok",
        unreachableSince: null,
        // What was wanted clean is.
        restart: false,
      },
      // A repeat of this step must not resume what was paused since.
      only: and(eq(workspaces.desired, "running"), eq(workspaces.state, "booting")),
    });
    if (!moved) return false;
    const [row] = await tx
      .select({ attempt: attempts })
      .from(workspaces)
      .innerJoin(attempts, eq(attempts.id, workspaces.attemptId))
      .where(eq(workspaces.id, input.workspaceId));
    if (row?.attempt.state === "open" && !row.attempt.startedAt) {
      await tx
        .update(attempts)
        .set({ startedAt: now })
        .where(and(eq(attempts.id, row.attempt.id), eq(attempts.state, "open")));
      await applyDeadline(ctx, tx, row.attempt.id);
      await sendEvent(ctx, tx, "attempt/deadline.changed", { attemptId: row.attempt.id });
    }
    return true;
  });
}
