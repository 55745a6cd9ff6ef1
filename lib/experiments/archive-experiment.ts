import { eq } from "drizzle-orm";
import type { z } from "zod";
import { transact } from "@/db/client";
import { experiments } from "@/db/schema";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { forbidden } from "@/lib/platform/errors";
import { announce } from "./announce";
import { loadExperiment } from "./load";
import { experimentIdInput } from "./schema";

type Args = { ctx: Ctx; input: z.input<typeof experimentIdInput> };

/** Off every list; attempts, homes and collected work stay. */
export const archiveExperiment = (args: Args) => setArchived(args, true);
export const restoreExperiment = (args: Args) => setArchived(args, false);

async function setArchived({ ctx, input }: Args, archived: boolean): Promise<void> {
  const { experimentId } = experimentIdInput.parse(input);
  const before = await loadExperiment(ctx, experimentId, "watch");
  if (!before.may.restore) throw forbidden();
  if ((before.archivedAt !== null) === archived) return;
  const now = ctx.clock.now();
  await transact(ctx.db, async (tx) => {
    await tx
      .update(experiments)
      .set({ archivedAt: archived ? now : null, updatedAt: now })
      .where(eq(experiments.id, experimentId));
    await recordAudit(ctx, tx, {
      action: archived ? "experiment.archive" : "experiment.restore",
      targetType: "experiment",
      targetId: experimentId,
    });
    await announce(ctx, tx, experimentId);
  });
}
