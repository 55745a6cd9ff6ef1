import { eq } from "drizzle-orm";
import type { z } from "zod";
import { transact } from "@/db/client";
import { tasks } from "@/db/schema";
import { sendEvent } from "@/inngest/client";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { notFound } from "@/lib/platform/errors";
import { loadTemplate } from "@/lib/templates";
import { announce, moveDeadlines } from "./announce";
import { loadExperiment } from "./load";
import { editTaskInput } from "./schema";

/** Environment, duration, attempts, extensions. A new template counts for attempts that begin from now on. */
export async function editTask({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof editTaskInput>;
}): Promise<{ moved: number }> {
  const { taskId, ...fields } = editTaskInput.parse(input);
  const [before] = await ctx.db.select().from(tasks).where(eq(tasks.id, taskId));
  if (!before) throw notFound("task");
  await loadExperiment(ctx, before.experimentId, "edit");
  // A colleague's own template that is already there may stay; a new one must be the actor's to use.
  if (fields.templateId && fields.templateId !== before.templateId)
    await loadTemplate(ctx, fields.templateId, "use");
  return transact(ctx.db, async (tx) => {
    await tx.update(tasks).set(fields).where(eq(tasks.id, taskId));
    await recordAudit(ctx, tx, {
      action: "experiment.task.edit",
      targetType: "experiment",
      targetId: before.experimentId,
      before,
      after: { ...fields, id: taskId },
    });
    await announce(ctx, tx, before.experimentId);
    if (fields.idleMinutes !== before.idleMinutes) await sendEvent(ctx, tx, "task/idle.changed", { taskId });
    const moved = fields.durationMinutes !== before.durationMinutes;
    return { moved: moved ? await moveDeadlines(ctx, tx, before.experimentId) : 0 };
  });
}
