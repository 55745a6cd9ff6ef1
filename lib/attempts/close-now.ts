import { and, eq } from "drizzle-orm";
import type { z } from "zod";
import { transact } from "@/db/client";
import { tasks } from "@/db/schema/experiments";
import { attempts } from "@/db/schema/workspaces";
import { recordAudit } from "@/lib/audit";
import { closeWindows } from "@/lib/experiments";
import type { Ctx } from "@/lib/platform/context";
import { closeAttempt } from "./end";
import { closeNowInput } from "./schema";

/**
 * Ends an experiment at once, all in one transaction: its windows close, every open attempt ends, what runs stops, and
 * the files of those who had begun are collected. Teachers of its course.
 */
export async function closeNow({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof closeNowInput>;
}): Promise<{ ended: number }> {
  const { experimentId } = closeNowInput.parse(input);
  return transact(ctx.db, async (tx) => {
    const before = await closeWindows(ctx, tx, experimentId);
    const open = await tx
      .select({ id: attempts.id })
      .from(attempts)
      .innerJoin(tasks, eq(tasks.id, attempts.taskId))
      .where(and(eq(tasks.experimentId, experimentId), eq(attempts.state, "open")))
      .orderBy(attempts.id);
    let ended = 0;
    for (const { id } of open) if (await closeAttempt(ctx, tx, id, "teacher")) ended++;
    await recordAudit(ctx, tx, {
      action: "experiment.close",
      targetType: "experiment",
      targetId: experimentId,
      before,
      after: { closesAt: ctx.clock.now(), ended },
    });
    return { ended };
  });
}
