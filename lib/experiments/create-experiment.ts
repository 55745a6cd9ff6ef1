import type { z } from "zod";
import { transact } from "@/db/client";
import { experiments, tasks } from "@/db/schema";
import { recordAudit } from "@/lib/audit";
import { loadCourse } from "@/lib/courses";
import { type Ctx, requireUser } from "@/lib/platform/context";
import { createExperimentInput } from "./schema";

/** A draft with one environment task; what is missing is said at publishing. */
export async function createExperiment({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof createExperimentInput>;
}): Promise<{ experimentId: string; taskId: string }> {
  const { courseId, title } = createExperimentInput.parse(input);
  await loadCourse(ctx, courseId, "edit");
  const actor = requireUser(ctx);
  const [experimentId, taskId, now] = [ctx.newId(), ctx.newId(), ctx.clock.now()];
  await transact(ctx.db, async (tx) => {
    await tx.insert(experiments).values({
      id: experimentId,
      courseId,
      title,
      description: "",
      createdBy: actor.id,
      createdAt: now,
      updatedAt: now,
    });
    await tx.insert(tasks).values({
      id: taskId,
      experimentId,
      position: 1,
      type: "environment",
      title,
      durationMinutes: 120,
      idleMinutes: 60,
    });
    await recordAudit(ctx, tx, {
      action: "experiment.create",
      targetType: "experiment",
      targetId: experimentId,
      after: { courseId, title },
    });
  });
  return { experimentId, taskId };
}
