import { and, asc, eq } from "drizzle-orm";
import { z } from "zod";
import { transact } from "@/db/client";
import { executorRuns, executorSteps } from "@/db/schema/executor";
import { recordAudit } from "@/lib/audit";
import { type Ctx, requirePermission } from "@/lib/platform/context";
import { conflict, notFound } from "@/lib/platform/errors";
import { commands } from "./commands";
import { enqueueEvents, wakeExecutor } from "./enqueue";
import { refuseWithServer } from "./with-server";

export const retryInput = z.object({
  id: z.string().length(26),
  /** `step`: what is done stays done, the failed step runs again. `start`: all of it, from the event. */
  from: z.enum(["step", "start"]),
});

/**
 * Does an ended run again, as a new run for the same event; each run once. It is written here, with the steps
 * that it keeps, and begun by the executor. Returns the new run's id.
 */
export async function retryRun({ ctx, input }: { ctx: Ctx; input: z.input<typeof retryInput> }) {
  requirePermission(ctx, "job.manage");
  refuseWithServer();
  const { id, from } = retryInput.parse(input);
  const newId = ctx.newId();
  await transact(ctx.db, async (tx) => {
    const [run] = await tx.select().from(executorRuns).where(eq(executorRuns.id, id)).for("update");
    if (!run) throw notFound("run");
    if (!run.endedAt) throw conflict("jobs.stillRuns");
    if (run.retriedAs) throw conflict("jobs.alreadyRetried");
    const at = ctx.clock.now();
    await tx.insert(executorRuns).values({
      id: newId,
      functionId: run.functionId,
      eventId: run.eventId,
      state: "queued",
      subject1: run.subject1,
      subject2: run.subject2,
      retryOf: id,
      createdAt: at,
    });
    if (from === "step" && run.state !== "completed") {
      const done = await tx
        .select()
        .from(executorSteps)
        .where(and(eq(executorSteps.runId, id), eq(executorSteps.state, "done")))
        .orderBy(asc(executorSteps.seq));
      const kept = done.map((step, index) => ({ ...step, runId: newId, seq: index + 1 }));
      if (kept.length > 0) await tx.insert(executorSteps).values(kept);
    }
    await tx.update(executorRuns).set({ retriedAs: newId }).where(eq(executorRuns.id, id));
    await enqueueEvents(tx, [{ id: ctx.newId(), name: commands.begin, data: { runId: newId }, at }]);
    await recordAudit(ctx, tx, {
      action: "run.retried",
      targetType: "run",
      targetId: id,
      before: { state: run.state },
      after: { run: newId, from },
    });
  });
  wakeExecutor();
  return { id: newId };
}
