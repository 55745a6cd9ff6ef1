import { and, eq } from "drizzle-orm";
import type { z } from "zod";
import { transact } from "@/db/client";
import { experiments, tasks } from "@/db/schema";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { announce } from "./announce";
import { loadExperiment } from "./load";
import { editExperimentInput } from "./schema";

/** Title, description, weight, and whether desktops and terminals are recorded from the next opening on. */
export async function editExperiment({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof editExperimentInput>;
}): Promise<void> {
  const { experimentId, ...fields } = editExperimentInput.parse(input);
  const { title, description, weight, recording } = await loadExperiment(ctx, experimentId, "edit");
  await transact(ctx.db, async (tx) => {
    await tx
      .update(experiments)
      .set({ ...fields, updatedAt: ctx.clock.now() })
      .where(eq(experiments.id, experimentId));
    await tx
      .update(tasks)
      .set({ title: fields.title })
      .where(and(eq(tasks.experimentId, experimentId), eq(tasks.title, title)));
    await recordAudit(ctx, tx, {
      action: "experiment.edit",
      targetType: "experiment",
      targetId: experimentId,
      before: { title, weight, recording, descriptionLength: description.length },
      after: {
        title: fields.title,
        weight: fields.weight,
        recording: fields.recording ?? recording,
        descriptionLength: fields.description.length,
      },
    });
    await announce(ctx, tx, experimentId);
  });
}
