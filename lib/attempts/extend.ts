import { and, eq, isNotNull } from "drizzle-orm";
import { z } from "zod";
import { affected, transact } from "@/db/client";
import { attempts } from "@/db/schema/workspaces";
import { sendEvent } from "@/inngest/client";
import { recordAudit } from "@/lib/audit";
import { refuseOverBudget } from "@/lib/costs";
import { studentWindow } from "@/lib/experiments";
import type { Ctx } from "@/lib/platform/context";
import { conflict, limit } from "@/lib/platform/errors";
import { liveWorkspaceOf, recordActivity } from "@/lib/workspaces";
import { extended } from "./deadline";
import { loadAttempt } from "./load";
import { applyDeadline, holdOut } from "./reschedule";

const attemptId = z.string().length(26);
export const extendOwnInput = z.object({ attemptId });
const extendInput = z.object({
  attemptId,
  minutes: z
    .number()
    .int()
    .min(1)
    .max(24 * 60),
});

/** A student extends their own attempt, as often and as far as the task allows. */
export async function extendOwnAttempt({ ctx, input }: { ctx: Ctx; input: z.infer<typeof extendOwnInput> }) {
  const { attemptId } = extendOwnInput.parse(input);
  const { task } = await loadAttempt(ctx, attemptId, "extendSelf");
  const result = await extendBy(ctx, attemptId, task.selfExtensionMinutes, task.selfExtensions);
  const live = await liveWorkspaceOf(ctx.db, attemptId);
  // Who asks for more time is there.
  if (live) await recordActivity({ ctx, workspaceId: live.id, at: ctx.clock.now() });
  return result;
}

/** Staff of the course extends a student's attempt by minutes, 1 to 1440. */
export async function extendAttempt({ ctx, input }: { ctx: Ctx; input: z.infer<typeof extendInput> }) {
  const { attemptId, minutes } = extendInput.parse(input);
  await loadAttempt(ctx, attemptId, "extendAny");
  return extendBy(ctx, attemptId, minutes, null);
}

async function extendBy(ctx: Ctx, attemptId: string, minutes: number, selfLimit: number | null) {
  await holdOut(ctx, [attemptId], minutes);
  return transact(ctx.db, async (tx) => {
    const [locked] = await tx.select().from(attempts).where(eq(attempts.id, attemptId)).for("update");
    if (locked?.state !== "open" || !locked.startedAt) throw conflict("attempts.notRunning");
    // Over, though the server has not come to end it yet: only staff may bring it back.
    const over = locked.deadlineAt !== null && locked.deadlineAt <= ctx.clock.now();
    if (selfLimit !== null && over) throw conflict("attempts.notRunning");
    if (selfLimit !== null && locked.selfExtensionsUsed >= selfLimit) {
      throw limit("attempts.noExtension", { max: selfLimit });
    }
    const { task, experiment } = await loadAttempt(ctx, attemptId, "see", tx);
    const window = await studentWindow(tx, task.id, locked.userId);
    const limits = {
      ...locked,
      durationMinutes: task.durationMinutes,
      windowClosesAt: window?.closesAt ?? null,
    };
    const lengthen = async () => {
      const result = await tx
        .update(attempts)
        .set({
          ...extended(limits, minutes),
          selfExtensionsUsed: locked.selfExtensionsUsed + (selfLimit === null ? 0 : 1),
        })
        .where(and(eq(attempts.id, attemptId), eq(attempts.state, "open"), isNotNull(attempts.startedAt)));
      if (affected(result) === 0) throw conflict("attempts.notRunning");
      return applyDeadline(ctx, tx, attemptId);
    };
    const budget = { courseId: experiment.courseId, key: "costs.overBudgetLonger" as const };
    const deadlineAt = await refuseOverBudget({ ctx, tx, input: budget, work: lengthen });
    await sendEvent(ctx, tx, "attempt/deadline.changed", { attemptId });
    await recordAudit(ctx, tx, {
      action: "attempt.extend",
      targetType: "attempt",
      targetId: attemptId,
      before: { deadlineAt: locked.deadlineAt },
      after: { deadlineAt, minutes, self: selfLimit !== null },
    });
    return { deadlineAt: deadlineAt?.toISOString() ?? null };
  });
}
