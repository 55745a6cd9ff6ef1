import { eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { executorEvents, executorRuns } from "@/db/schema/executor";
import type { EventPayload } from "./protocol";
import { armRun, concurrencyKeys, finishRun, singletonKeyOf } from "./runs";
import { type Engine, functionOf, lockRuns, type RunRow } from "./store";

/**
 * What administrators ask of the executor: written into the outbox beside their audit row, done here by
 * whichever process relays it. A run that is to begin again was written, with its steps, by retryRun.
 */
export const commands = { begin: "executor/run.begin", cancel: "executor/run.cancel" } as const;

/** Does what the event asks of the executor itself. False: it is an event like any other. */
export async function obey(engine: Engine, tx: Tx, event: EventPayload): Promise<boolean> {
  if (event.name !== commands.begin && event.name !== commands.cancel) return false;
  const runId = String(event.data.runId);
  if (event.name === commands.cancel) {
    await finishRun(engine, tx, runId, { state: "cancelled", reason: "by an administrator" });
    return true;
  }
  const [run] = await lockRuns(tx, [runId]);
  if (run && !run.startedAt) await begin(engine, tx, run);
  return true;
}

async function begin(engine: Engine, tx: Tx, run: RunRow): Promise<void> {
  const fn = functionOf(engine, run.functionId);
  const [trigger] = await tx.select().from(executorEvents).where(eq(executorEvents.id, run.eventId));
  if (!fn || !trigger) {
    const message = fn ? "Its event is gone." : `There is no function "${run.functionId}" any more.`;
    await finishRun(engine, tx, run.id, { state: "failed", error: { name: "RetryError", message } });
    return;
  }
  const event: EventPayload = {
    id: trigger.id,
    name: trigger.name,
    data: JSON.parse(trigger.data) as Record<string, unknown>,
    ts: trigger.ts,
  };
  const singleton = singletonKeyOf(fn, event);
  if (singleton) {
    // The unique index says whether another run of its kind is under way; a row that was found counts as affected.
    await tx.execute(
      sql`UPDATE IGNORE ${executorRuns} SET singleton_key = ${singleton} WHERE id = ${run.id}`,
    );
    const [taken] = await tx
      .select({ key: executorRuns.singletonKey })
      .from(executorRuns)
      .where(eq(executorRuns.id, run.id));
    if (taken?.key !== singleton) {
      await finishRun(engine, tx, run.id, {
        state: "cancelled",
        reason: "because another run of its kind is under way",
      });
      return;
    }
  }
  const [key1 = null, key2 = null] = concurrencyKeys(fn, event);
  await tx.update(executorRuns).set({ key1, key2 }).where(eq(executorRuns.id, run.id));
  await armRun(engine, tx, fn, event, { runId: run.id, functionId: fn.id, key1, key2 });
}
