import { sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { executorDebounces } from "@/db/schema/executor";
import type { FunctionConfig } from "./config";
import { evaluate } from "./expr";
import type { EventPayload } from "./protocol";
import { type Engine, hashKey, later } from "./store";

/**
 * Holds the run of a debounced function back until no event of its key came for the period, at most until
 * the first one's timeout. False: this function is not debounced.
 */
export async function holdBack(
  engine: Engine,
  tx: Tx,
  fn: FunctionConfig,
  event: EventPayload,
): Promise<boolean> {
  if (!fn.debounce) return false;
  const { key, periodMs, timeoutMs } = fn.debounce;
  const value = key ? JSON.stringify(evaluate(key, { event }) ?? null) : "";
  await tx
    .insert(executorDebounces)
    .values({
      id: hashKey("debounce", fn.id, value),
      functionId: fn.id,
      eventId: event.id,
      dueAt: later(engine, Math.min(periodMs, timeoutMs ?? periodMs)),
      latestAt: timeoutMs === undefined ? null : later(engine, timeoutMs),
    })
    .onDuplicateKeyUpdate({
      set: {
        eventId: sql`VALUES(event_id)`,
        dueAt: sql`LEAST(VALUES(due_at), COALESCE(latest_at, VALUES(due_at)))`,
      },
    });
  return true;
}
