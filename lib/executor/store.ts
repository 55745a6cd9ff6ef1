import { createHash } from "node:crypto";
import { and, asc, eq, inArray, type SQL, sql } from "drizzle-orm";
import type { Logger } from "pino";
import { affected, afterCommit, type Db, databaseNow, type Tx, transact } from "@/db/client";
import {
  executorAttempts,
  executorEvents,
  executorJobs,
  executorRuns,
  executorSteps,
  executorWaits,
} from "@/db/schema/executor";
import type { Clock } from "@/lib/platform/clock";
import { metrics } from "@/lib/platform/metrics";
import type { FunctionConfig, Registry } from "./config";
import type { Call, ErrorInfo, EventPayload, Memo } from "./protocol";

/** What every part of one executor shares. */
export type Engine = {
  db: Db;
  /** Stable name of this copy of the service: after a restart it takes back its own leases at once. */
  owner: string;
  registry: Registry;
  clock?: Clock;
  newId: () => string;
  log: Logger;
  leaseMs: number;
  maxStarts: number;
  backoff: (attempt: number) => number;
};

/** The database's time, or a test's; leases and due times never see the process clock. */
export const now = (engine: Pick<Engine, "clock">): SQL =>
  engine.clock ? sql`${engine.clock.now()}` : sql`UTC_TIMESTAMP(3)`;

export const later = (engine: Pick<Engine, "clock">, ms: number): SQL =>
  sql`(${now(engine)} + INTERVAL ${Math.round(ms * 1_000)} MICROSECOND)`;

export const instantNow = async (engine: Engine, tx: Tx): Promise<Date> =>
  engine.clock ? engine.clock.now() : databaseNow(tx);

const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** An id that is the same whenever its name is: makes a second insert of the same thing a duplicate. */
export function derivedId(...parts: string[]): string {
  const bytes = createHash("sha256").update(parts.join("\n")).digest();
  return Array.from(bytes.subarray(0, 26), (byte) => crockford[byte & 31]).join("");
}

export const hashKey = (...parts: string[]): string =>
  createHash("sha256").update(parts.join("\n")).digest("hex");

/** The step id under which the function itself is called to find out what is next. */
export const discovery = "step";

export type Job = {
  id: string;
  runId: string;
  stepId: string;
  functionId: string;
  attempt: number;
  fence: number;
  starts: number;
  wanted: number;
  key1: string | null;
  key2: string | null;
};

/** A run as a call needs it. `open`: steps planned or waiting, so that others may change the run meanwhile. */
export type Snapshot = Pick<Call, "event"> & { memos: Map<string, Memo>; open: number };

/** Reads what a claimed job's call needs; the first read of a run marks it as running. */
export async function load(engine: Engine, job: Job): Promise<Snapshot | undefined> {
  const { db } = engine;
  const [run] = await db
    .select({
      state: executorRuns.state,
      startedAt: executorRuns.startedAt,
      eventId: executorEvents.id,
      name: executorEvents.name,
      data: executorEvents.data,
      ts: executorEvents.ts,
    })
    .from(executorRuns)
    .innerJoin(executorEvents, eq(executorEvents.id, executorRuns.eventId))
    .where(eq(executorRuns.id, job.runId));
  if (!run) return undefined;
  if (!run.startedAt) await markStarted(engine, job);
  const event: EventPayload = {
    id: run.eventId,
    name: run.name,
    data: JSON.parse(run.data) as Record<string, unknown>,
    ts: run.ts,
  };
  const rows = await db
    .select({ stepId: executorSteps.stepId, memo: executorSteps.memo })
    .from(executorSteps)
    .where(eq(executorSteps.runId, job.runId))
    .orderBy(asc(executorSteps.seq));
  const memos = new Map<string, Memo>();
  for (const row of rows) if (row.memo !== null) memos.set(row.stepId, JSON.parse(row.memo) as Memo);
  return { event, memos, open: rows.length - memos.size };
}

async function markStarted(engine: Engine, job: Job): Promise<void> {
  const finish = engine.registry.functions.get(job.functionId)?.finishTimeoutMs;
  await transact(engine.db, async (tx) => {
    const moved = await tx
      .update(executorRuns)
      .set({ state: "running", startedAt: now(engine) })
      .where(and(eq(executorRuns.id, job.runId), eq(executorRuns.state, "queued")));
    if (affected(moved) === 0) return;
    afterCommit(tx, () => metrics().runsStarted.inc({ function: job.functionId }));
    if (finish === undefined) return;
    await tx.insert(executorWaits).values({
      id: engine.newId(),
      runId: job.runId,
      stepId: "finish",
      kind: "finish",
      expiresAt: later(engine, finish),
    });
  });
}

export type Held = { wanted: number };

/** Locks the run, then the job, if the lease is still ours; undefined: another has it, drop the answer. */
export async function hold(engine: Engine, tx: Tx, job: Job): Promise<Held | undefined> {
  const [rows] = await tx.execute(sql`
    SELECT j.wanted AS wanted
    FROM executor_runs r STRAIGHT_JOIN executor_jobs j ON j.id = ${job.id}
    WHERE r.id = ${job.runId} AND r.state IN ('queued', 'running')
      AND j.fence = ${job.fence} AND j.lease_owner = ${engine.owner}
    FOR UPDATE`);
  const row = (rows as unknown as { wanted: number }[])[0];
  return row && { wanted: Number(row.wanted) };
}

/** Locks the runs that are alive; others are finished, or being changed by somebody else just now. */
export async function lockRuns(tx: Tx, ids: readonly string[], skipLocked = false) {
  if (ids.length === 0) return [];
  return tx
    .select()
    .from(executorRuns)
    .where(and(inArray(executorRuns.id, [...ids]), inArray(executorRuns.state, ["queued", "running"])))
    .orderBy(asc(executorRuns.id))
    .for("update", skipLocked ? { skipLocked: true } : {});
}
export type RunRow = Awaited<ReturnType<typeof lockRuns>>[number];

export type Fulfilment = {
  runId: string;
  stepId: string;
  memo: Memo;
  op: string;
  name: string;
  attempts: number;
  /** Milliseconds of the call that completed it. */
  tookMs?: number;
};

/** Writes memos after those that each run already has. The runs must be locked. */
export async function fulfil(
  engine: Engine,
  tx: Tx,
  done: readonly Fulfilment[],
  counted?: number,
): Promise<void> {
  if (done.length === 0) return;
  const next = new Map<string, number>();
  if (counted === undefined) {
    const rows = await tx
      .select({ runId: executorSteps.runId, seq: sql<number>`MAX(${executorSteps.seq})` })
      .from(executorSteps)
      .where(inArray(executorSteps.runId, [...new Set(done.map((one) => one.runId))]))
      .groupBy(executorSteps.runId);
    for (const row of rows) next.set(row.runId, Number(row.seq ?? 0));
  }
  const at = now(engine);
  const values = done.map((one) => {
    const seq = (next.get(one.runId) ?? counted ?? 0) + 1;
    next.set(one.runId, seq);
    return {
      runId: one.runId,
      stepId: one.stepId,
      seq,
      op: one.op,
      name: one.name.slice(0, 200),
      state: one.memo.type === "data" ? ("done" as const) : ("failed" as const),
      memo: JSON.stringify(one.memo),
      attempts: one.attempts,
      tookMs: one.tookMs ?? null,
      createdAt: at,
      endedAt: at,
    };
  });
  await tx
    .insert(executorSteps)
    .values(values)
    .onDuplicateKeyUpdate({
      set: {
        seq: sql`VALUES(seq)`,
        state: sql`VALUES(state)`,
        memo: sql`VALUES(memo)`,
        attempts: sql`VALUES(attempts)`,
        tookMs: sql`VALUES(took_ms)`,
        endedAt: sql`VALUES(ended_at)`,
      },
    });
}

export type RunKeys = Pick<Job, "runId" | "functionId" | "key1" | "key2">;

/** Asks for discovery of these runs: a job each, or a word to the one that is there. */
export async function discover(engine: Engine, tx: Tx, runs: readonly RunKeys[]): Promise<void> {
  if (runs.length === 0) return;
  const at = now(engine);
  await tx
    .insert(executorJobs)
    .values(
      runs.map((run) => ({
        ...keysOnly(run),
        id: engine.newId(),
        stepId: discovery,
        dueAt: at,
        createdAt: at,
      })),
    )
    .onDuplicateKeyUpdate({ set: { wanted: sql`${executorJobs.wanted} + 1` } });
}

/** The same, and keeps the lease: the caller goes on at once. Undefined if discovery is in other hands. */
export async function discoverHere(engine: Engine, tx: Tx, run: RunKeys): Promise<Job | undefined> {
  const id = engine.newId();
  const done = await tx
    .insert(executorJobs)
    .values({
      ...keysOnly(run),
      id,
      stepId: discovery,
      dueAt: later(engine, engine.leaseMs),
      leaseOwner: engine.owner,
      fence: 1,
      starts: 1,
      createdAt: now(engine),
    })
    .onDuplicateKeyUpdate({ set: { wanted: sql`${executorJobs.wanted} + 1` } });
  if (affected(done) !== 1) return undefined;
  return { ...keysOnly(run), id, stepId: discovery, attempt: 0, fence: 1, starts: 1, wanted: 0 };
}

const keysOnly = ({ runId, functionId, key1, key2 }: RunKeys): RunKeys => ({ runId, functionId, key1, key2 });

export async function recordAttempt(engine: Engine, tx: Tx, job: Job, error: ErrorInfo): Promise<void> {
  await tx.insert(executorAttempts).values({
    runId: job.runId,
    stepId: job.stepId,
    attempt: job.attempt,
    error: JSON.stringify(error),
    at: now(engine),
  });
}

export const functionOf = (engine: Engine, id: string): FunctionConfig | undefined =>
  engine.registry.functions.get(id);
