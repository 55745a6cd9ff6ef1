import { asc, eq } from "drizzle-orm";
import type { z } from "zod";
import { transact } from "@/db/client";
import { attachments, experiments, tasks } from "@/db/schema";
import { recordAudit } from "@/lib/audit";
import { loadCourse } from "@/lib/courses";
import { type Ctx, requireUser } from "@/lib/platform/context";
import { loadExperiment } from "./load";
import { duplicateExperimentInput } from "./schema";

/** A draft with the same text, tasks and attachments, in this or another course of one's own; for nobody yet. */
export async function duplicateExperiment({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof duplicateExperimentInput>;
}): Promise<{ experimentId: string }> {
  const { experimentId: from, courseId, title } = duplicateExperimentInput.parse(input);
  const original = await loadExperiment(ctx, from, "watch");
  await loadCourse(ctx, courseId, "edit");
  const actor = requireUser(ctx);
  const [experimentId, now] = [ctx.newId(), ctx.clock.now()];
  await transact(ctx.db, async (tx) => {
    const [taskRows, files] = await Promise.all([
      tx.select().from(tasks).where(eq(tasks.experimentId, from)).orderBy(asc(tasks.position)),
      tx.select().from(attachments).where(eq(attachments.experimentId, from)),
    ]);
    const { description, weight, recording } = original;
    await tx.insert(experiments).values({
      id: experimentId,
      courseId,
      title,
      description,
      weight,
      recording,
      createdBy: actor.id,
      createdAt: now,
      updatedAt: now,
    });
    for (const task of taskRows) {
      const copied = task.title === original.title ? title : task.title;
      await tx.insert(tasks).values({ ...task, id: ctx.newId(), experimentId, title: copied });
    }
    if (files.length > 0) {
      await tx.insert(attachments).values(
        files.map((file) => ({
          ...file,
          id: ctx.newId(),
          experimentId,
          createdBy: actor.id,
          createdAt: now,
        })),
      );
    }
    await recordAudit(ctx, tx, {
      action: "experiment.duplicate",
      targetType: "experiment",
      targetId: experimentId,
      after: { from, courseId, title },
    });
  });
  return { experimentId };
}
