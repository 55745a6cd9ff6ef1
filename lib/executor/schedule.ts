import { and, asc, eq, inArray, isNull, notInArray, sql } from "drizzle-orm";
import { type Tx, transact } from "@/db/client";
import { outbox } from "@/db/schema/audit";
import {
  executorCrons,
  executorDebounces,
  executorEvents,
  executorJobs,
  executorLocks,
  executorWaits,
} from "@/db/schema/executor";
import { driverCode } from "@/lib/platform/errors";
import { obey } from "./commands";
import { nextSlot } from "./config";
import type { EventPayload } from "./protocol";
import { createRun, fireWaits, insertEvent, takeEvent } from "./runs";
import { derivedId, type Engine, instantNow, now } from "./store";

export type Due = { outbox: boolean; waits: boolean; crons: boolean; debounces: boolean; jobs: boolean };

/** Whether there is anything to do: one statement, five looks into an index. */
export async function probe(engine: Pick<Engine, "db" | "clock">): Promise<Due> {
  const at = now(engine);
  const [rows] = await engine.db.execute(sql`
    SELECT
      EXISTS(SELECT 1 FROM ${outbox} WHERE ${isNull(outbox.sentAt)}) AS outbox,
      EXISTS(SELECT 1 FROM ${executorWaits} WHERE ${executorWaits.expiresAt} <= ${at}) AS waits,
      EXISTS(SELECT 1 FROM ${executorCrons} WHERE ${executorCrons.nextAt} <= ${at}) AS crons,
      EXISTS(SELECT 1 FROM ${executorDebounces} WHERE ${executorDebounces.dueAt} <= ${at}) AS debounces,
      EXISTS(SELECT 1 FROM ${executorJobs} WHERE ${executorJobs.dueAt} <= ${at}) AS jobs`);
  const row = (rows as unknown as Record<keyof Due, number>[])[0];
  return {
    outbox: row?.outbox === 1,
    waits: row?.waits === 1,
    crons: row?.crons === 1,
    debounces: row?.debounces === 1,
    jobs: row?.jobs === 1,
  };
}

const relayBatch = 50;
type OutboxRow = typeof outbox.$inferSelect;

export const toEvent = (row: OutboxRow): EventPayload => ({
  id: row.id,
  name: row.name,
  // MySQL's driver parses JSON columns, MariaDB's may hand over the text.
  data: typeof row.data === "string" ? (JSON.parse(row.data) as Record<string, unknown>) : row.data,
  ts: row.createdAt.getTime(),
});

/** Rows that were not sent yet, by one process at a time: a stop that came after its start stays after it. */
export async function takeOutbox(tx: Tx, limit: number): Promise<OutboxRow[]> {
  const [lock] = await tx
    .select()
    .from(executorLocks)
    .where(eq(executorLocks.name, "relay"))
    .for("update", { skipLocked: true });
  if (!lock) return [];
  return tx
    .select()
    .from(outbox)
    .where(isNull(outbox.sentAt))
    .orderBy(asc(outbox.createdAt), asc(outbox.id))
    .limit(limit);
}

export const markSent = (tx: Tx, rows: readonly OutboxRow[], at: ReturnType<typeof now>) =>
  tx
    .update(outbox)
    .set({ sentAt: at })
    .where(
      inArray(
        outbox.id,
        rows.map((row) => row.id),
      ),
    );

const dataErrors = new Set([
  "ER_BAD_NULL_ERROR",
  "ER_CANNOT_CONVERT_STRING",
  "ER_DATA_TOO_LONG",
  "ER_INVALID_JSON_TEXT",
  "ER_NET_PACKET_TOO_LARGE",
  "ER_TRUNCATED_WRONG_VALUE_FOR_FIELD",
  "ER_WARN_DATA_OUT_OF_RANGE",
]);

/** Whether an event itself cannot be taken. A database that is busy, full or away says nothing against it. */
const isOfTheEvent = (error: unknown): boolean => {
  const code = driverCode(error);
  return code === undefined ? error instanceof Error : dataErrors.has(code);
};

/** Moves events from the outbox to what they start and resume, in one transaction. */
export async function relay(engine: Engine): Promise<number> {
  const move = (limit: number) =>
    transact(engine.db, async (tx) => {
      const rows = await takeOutbox(tx, limit);
      if (rows.length === 0) return rows;
      for (const event of rows.map(toEvent))
        if (!(await obey(engine, tx, event))) await takeEvent(engine, tx, event);
      await markSent(tx, rows, now(engine));
      return rows;
    });
  try {
    return (await move(relayBatch)).length;
  } catch (error) {
    if (!isOfTheEvent(error)) throw error;
    engine.log.error({ err: error }, "a batch of events could not be taken, trying one by one");
    return relayOne(engine, move);
  }
}

/** One event that cannot be taken must not stop all that come after it: it is logged and passed over. */
async function relayOne(engine: Engine, move: (limit: number) => Promise<OutboxRow[]>): Promise<number> {
  try {
    return (await move(1)).length;
  } catch (error) {
    if (!isOfTheEvent(error)) throw error;
    return transact(engine.db, async (tx) => {
      const rows = await takeOutbox(tx, 1);
      engine.log.error({ err: error, event: rows[0]?.id, name: rows[0]?.name }, "event dropped");
      if (rows.length > 0) await markSent(tx, rows, now(engine));
      return rows.length;
    });
  }
}

export const fire = (engine: Engine): Promise<number> => transact(engine.db, (tx) => fireWaits(engine, tx));

/** Starts the runs of debounced functions whose events have been quiet for long enough. */
export async function fireDebounces(engine: Engine): Promise<number> {
  return transact(engine.db, async (tx) => {
    const due = await tx
      .select()
      .from(executorDebounces)
      .where(sql`${executorDebounces.dueAt} <= ${now(engine)}`)
      .limit(50)
      .for("update", { skipLocked: true });
    for (const row of due) {
      await tx.delete(executorDebounces).where(eq(executorDebounces.id, row.id));
      const [event] = await tx.select().from(executorEvents).where(eq(executorEvents.id, row.eventId));
      const fn = engine.registry.functions.get(row.functionId);
      if (fn && event) {
        const data = JSON.parse(event.data) as Record<string, unknown>;
        await createRun(engine, tx, fn, { id: event.id, name: event.name, data, ts: event.ts });
      } else {
        engine.log.error(row, "a debounced function or its event is no longer there");
      }
    }
    return due.length;
  });
}

/** A slot that is later than this is left out: nobody wants last night's job at noon. */
const cronGraceMs = 60_000;

/** Starts the runs of cron slots that are due; each slot once, however many processes look. */
export async function fireCrons(engine: Engine): Promise<number> {
  return transact(engine.db, async (tx) => {
    const at = await instantNow(engine, tx);
    const due = await tx
      .select()
      .from(executorCrons)
      .where(sql`${executorCrons.nextAt} <= ${now(engine)}`)
      .limit(20)
      .for("update", { skipLocked: true });
    let started = 0;
    for (const row of due) {
      const next = nextSlot(row.cron, at);
      const same = and(eq(executorCrons.functionId, row.functionId), eq(executorCrons.cron, row.cron));
      const late = at.getTime() - row.nextAt.getTime();
      const fn = engine.registry.functions.get(row.functionId);
      if (!next || !fn?.crons.includes(row.cron)) {
        // Perhaps a newer copy of the service knows it; if none took it for a day, nobody does.
        if (late > 86_400_000) await tx.delete(executorCrons).where(same);
        continue;
      }
      await tx.update(executorCrons).set({ nextAt: next }).where(same);
      if (late > cronGraceMs) continue;
      const slot = row.nextAt.toISOString();
      const event = {
        id: derivedId("cron", row.functionId, row.cron, slot),
        name: "inngest/scheduled.timer",
        data: { cron: row.cron, slot },
        ts: row.nextAt.getTime(),
      };
      if (await insertEvent(engine, tx, event)) {
        await createRun(engine, tx, fn, event);
        started++;
      }
    }
    return started;
  });
}

/** Brings the table of crons to what is registered; slots that are known keep their next time. */
export async function registerCrons(engine: Engine): Promise<void> {
  await transact(engine.db, async (tx) => {
    await tx
      .insert(executorLocks)
      .ignore()
      .values([{ name: "relay" }, { name: "keys" }]);
    const at = await instantNow(engine, tx);
    const wanted = [...engine.registry.functions.values()].flatMap((fn) =>
      fn.crons.map((cron) => ({ functionId: fn.id, cron, nextAt: nextSlot(cron, at) })),
    );
    const rows = wanted.flatMap((row) => (row.nextAt ? [{ ...row, nextAt: row.nextAt }] : []));
    if (rows.length > 0) await tx.insert(executorCrons).ignore().values(rows);
    for (const fn of engine.registry.functions.values()) {
      const known = eq(executorCrons.functionId, fn.id);
      await tx
        .delete(executorCrons)
        .where(fn.crons.length > 0 ? and(known, notInArray(executorCrons.cron, fn.crons)) : known);
    }
  });
}
