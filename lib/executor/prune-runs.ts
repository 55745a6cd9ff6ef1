import { and, eq, inArray, isNotNull, lt, notExists, sql } from "drizzle-orm";
import { z } from "zod";
import { affected } from "@/db/client";
import { outbox } from "@/db/schema/audit";
import {
  executorAttempts,
  executorDebounces,
  executorEvents,
  executorRuns,
  executorSteps,
  executorWorkers,
} from "@/db/schema/executor";
import { type Ctx, requirePermission } from "@/lib/platform/context";

const pruneInput = z.object({
  olderThanDays: z.number().positive(),
  batch: z.number().int().positive().max(5_000).default(500),
});

/** Deletes finished runs past their retention, with steps, attempts and events; small batches, no long lock. */
export async function pruneRuns({ ctx, input }: { ctx: Ctx; input: z.input<typeof pruneInput> }) {
  requirePermission(ctx, "job.manage");
  const { olderThanDays, batch } = pruneInput.parse(input);
  const before = new Date(ctx.clock.now().getTime() - olderThanDays * 86_400_000);
  const { db } = ctx;
  let runs = 0;
  for (;;) {
    const old = await db
      .select({ id: executorRuns.id })
      .from(executorRuns)
      .where(lt(executorRuns.endedAt, before))
      .limit(batch);
    const ids = old.map((row) => row.id);
    if (ids.length === 0) break;
    await db.delete(executorSteps).where(inArray(executorSteps.runId, ids));
    await db.delete(executorAttempts).where(inArray(executorAttempts.runId, ids));
    // The run last: a crash in between leaves it to be found again.
    runs += affected(await db.delete(executorRuns).where(inArray(executorRuns.id, ids)));
  }
  const events = await inBatches(async () => {
    const old = await db
      .select({ id: executorEvents.id })
      .from(executorEvents)
      .where(
        and(
          lt(executorEvents.createdAt, before),
          notExists(
            db.select({ one: sql`1` }).from(executorRuns).where(eq(executorRuns.eventId, executorEvents.id)),
          ),
          notExists(
            db
              .select({ one: sql`1` })
              .from(executorDebounces)
              .where(eq(executorDebounces.eventId, executorEvents.id)),
          ),
        ),
      )
      .limit(batch);
    const ids = old.map((row) => row.id);
    return ids.length === 0
      ? 0
      : affected(await db.delete(executorEvents).where(inArray(executorEvents.id, ids)));
  });
  const sent = await inBatches(async () =>
    affected(
      await db
        .delete(outbox)
        .where(and(isNotNull(outbox.sentAt), lt(outbox.sentAt, before)))
        .limit(batch),
    ),
  );
  await db.delete(executorWorkers).where(lt(executorWorkers.seenAt, before));
  return { runs, events, outbox: sent };
}

async function inBatches(deleteSome: () => Promise<number>): Promise<number> {
  let total = 0;
  for (let count = await deleteSome(); count > 0; count = await deleteSome()) total += count;
  return total;
}
