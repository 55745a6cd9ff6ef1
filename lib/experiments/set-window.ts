import { eq } from "drizzle-orm";
import type { z } from "zod";
import { transact } from "@/db/client";
import { experiments } from "@/db/schema";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { announce, moveDeadlines } from "./announce";
import { loadExperiment } from "./load";
import { setWindowInput } from "./schema";

/** Answers how many running attempts will have their deadline worked out again. */
export async function setWindow({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof setWindowInput>;
}): Promise<{ moved: number }> {
  const { experimentId, opensAt, closesAt } = setWindowInput.parse(input);
  const before = await loadExperiment(ctx, experimentId, "edit");
  return transact(ctx.db, async (tx) => {
    await tx
      .update(experiments)
      .set({ opensAt, closesAt, updatedAt: ctx.clock.now() })
      .where(eq(experiments.id, experimentId));
    await recordAudit(ctx, tx, {
      action: "experiment.window",
      targetType: "experiment",
      targetId: experimentId,
      before: { opensAt: before.opensAt, closesAt: before.closesAt },
      after: { opensAt, closesAt },
    });
    await announce(ctx, tx, experimentId);
    return { moved: await moveDeadlines(ctx, tx, experimentId) };
  });
}
