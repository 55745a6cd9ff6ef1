import { eq } from "drizzle-orm";
import { z } from "zod";
import { transact } from "@/db/client";
import { executorRuns } from "@/db/schema/executor";
import { recordAudit } from "@/lib/audit";
import { type Ctx, requirePermission } from "@/lib/platform/context";
import { conflict, notFound } from "@/lib/platform/errors";
import { commands } from "./commands";
import { enqueueEvents, wakeExecutor } from "./enqueue";
import { refuseWithServer } from "./with-server";

export const cancelInput = z.object({ id: z.string().length(26) });

/** Ends a run that waits or runs. A step under way is not killed; its result is dropped. */
export async function cancelRun({ ctx, input }: { ctx: Ctx; input: z.input<typeof cancelInput> }) {
  requirePermission(ctx, "job.manage");
  refuseWithServer();
  const { id } = cancelInput.parse(input);
  await transact(ctx.db, async (tx) => {
    const [run] = await tx
      .select({ state: executorRuns.state, endedAt: executorRuns.endedAt })
      .from(executorRuns)
      .where(eq(executorRuns.id, id))
      .for("update");
    if (!run) throw notFound("run");
    if (run.endedAt) throw conflict("jobs.over");
    const at = ctx.clock.now();
    await enqueueEvents(tx, [{ id: ctx.newId(), name: commands.cancel, data: { runId: id }, at }]);
    await recordAudit(ctx, tx, {
      action: "run.cancelled",
      targetType: "run",
      targetId: id,
      before: { state: run.state },
      after: { state: "cancelled" },
    });
  });
  wakeExecutor();
}
