import { createHash } from "node:crypto";
import { and, eq, inArray, lt, or, type SQL, sql } from "drizzle-orm";
import { affected, afterCommit, type Tx } from "@/db/client";
import { executorEvents, executorJobs, executorRuns, executorWaits } from "@/db/schema/executor";
import { metrics } from "@/lib/platform/metrics";
import type { FunctionConfig } from "./config";
import { holdBack } from "./debounce";
import { bind, type Expr, evaluate, indexable, lookUp, type Value } from "./expr";
import type { ErrorInfo, EventPayload, Memo } from "./protocol";
import {
  derivedId,
  discover,
  type Engine,
  fulfil,
  hashKey,
  later,
  lockRuns,
  now,
  type RunKeys,
  type RunRow,
} from "./store";
import { subjectsOf } from "./subjects";

/** Hash of a scalar, as waits are indexed by it. Type and value count: `1` is not `"1"`. */
const valueHash = (value: Value): string =>
  createHash("sha1")
    .update(JSON.stringify(value ?? null))
    .digest("hex");

type WaitKind = "sleep" | "event" | "invoke" | "cancel" | "start" | "finish";

export type NewWait = {
  runId: string;
  stepId: string;
  kind: WaitKind;
  eventName?: string;
  /** With the run's own event put in. */
  condition?: Expr;
  expiresAt?: SQL | Date;
};

export async function insertWaits(engine: Engine, tx: Tx, waits: readonly NewWait[]): Promise<void> {
  if (waits.length === 0) return;
  await tx.insert(executorWaits).values(
    waits.map((wait) => {
      const key = wait.condition && indexable(wait.condition);
      return {
        id: engine.newId(),
        runId: wait.runId,
        stepId: wait.stepId,
        kind: wait.kind,
        eventName: wait.eventName ?? null,
        path: key && key.path.length <= 120 ? key.path : "",
        value: key && key.path.length <= 120 ? valueHash(key.value) : "",
        condition: wait.condition ? JSON.stringify(wait.condition) : null,
        expiresAt: wait.expiresAt ?? null,
      };
    }),
  );
}

/** Takes one event in: fulfils what waits for it, then starts what it triggers. False: it was there already. */
export async function takeEvent(engine: Engine, tx: Tx, event: EventPayload): Promise<boolean> {
  if (!(await insertEvent(engine, tx, event))) return false;
  await meetWaits(engine, tx, event);
  for (const { fn, if: condition } of engine.registry.byEvent.get(event.name) ?? []) {
    if (condition && evaluate(condition, { event }) !== true) continue;
    if (!(await holdBack(engine, tx, fn, event))) await createRun(engine, tx, fn, event);
  }
  return true;
}

export async function insertEvent(engine: Engine, tx: Tx, event: EventPayload): Promise<boolean> {
  const done = await tx
    .insert(executorEvents)
    .ignore()
    .values({
      id: event.id,
      name: event.name,
      data: JSON.stringify(event.data),
      ts: event.ts,
      createdAt: now(engine),
    });
  return affected(done) > 0;
}

/** Waits are found by an equality of their condition, where they have one: thousands may wait for one name. */
async function meetWaits(engine: Engine, tx: Tx, event: EventPayload): Promise<void> {
  const paths = await tx
    .selectDistinct({ path: executorWaits.path })
    .from(executorWaits)
    .where(eq(executorWaits.eventName, event.name));
  if (paths.length === 0) return;
  const matches = paths.map(({ path }) =>
    and(
      eq(executorWaits.path, path),
      eq(executorWaits.value, path === "" ? "" : valueHash(lookUp(event, path.split(".")))),
    ),
  );
  const found = await tx
    .select()
    .from(executorWaits)
    .where(and(eq(executorWaits.eventName, event.name), or(...matches)));
  const met = found.filter(
    (wait) => !wait.condition || evaluate(JSON.parse(wait.condition) as Expr, { async: event }) === true,
  );
  for (const wait of met) {
    if (wait.kind === "cancel") {
      await finishRun(engine, tx, wait.runId, { state: "cancelled", reason: `by event ${event.name}` });
    } else if (wait.kind === "event") {
      await resume(engine, tx, wait, { type: "data", data: event });
    }
  }
}

/** Ends a wait with its outcome, once: whoever deletes its row first decides. */
async function resume(
  engine: Engine,
  tx: Tx,
  wait: { id: string; runId: string; stepId: string },
  memo: Memo,
): Promise<void> {
  const [run] = await lockRuns(tx, [wait.runId]);
  if (!run) return;
  if (affected(await tx.delete(executorWaits).where(eq(executorWaits.id, wait.id))) === 0) return;
  await fulfil(engine, tx, [{ ...wait, memo, op: "", name: "", attempts: 1 }]);
  await discover(engine, tx, [keysOfRun(run)]);
}

const keysOfRun = (run: RunRow) => ({
  runId: run.id,
  functionId: run.functionId,
  key1: run.key1,
  key2: run.key2,
});

const idempotencyMs = 24 * 3_600_000;

/** Makes a run and its first job; undefined when idempotency or a singleton says there is one already. */
export async function createRun(
  engine: Engine,
  tx: Tx,
  fn: FunctionConfig,
  event: EventPayload,
  parent?: { runId: string; stepId: string },
): Promise<string | undefined> {
  const id = engine.newId();
  const idempotencyKey = idempotencyKeyOf(fn, event);
  if (idempotencyKey && (await ranToday(engine, tx, idempotencyKey))) return undefined;
  const singletonKey = singletonKeyOf(fn, event);
  const [key1, key2] = concurrencyKeys(fn, event);
  const insert = async () => {
    const inserted = await tx
      .insert(executorRuns)
      .ignore()
      .values({
        id,
        functionId: fn.id,
        eventId: event.id,
        state: "queued",
        idempotencyKey: idempotencyKey ?? null,
        singletonKey: singletonKey ?? null,
        parentRunId: parent?.runId ?? null,
        parentStepId: parent?.stepId ?? null,
        key1: key1 ?? null,
        key2: key2 ?? null,
        ...subjectsOf(event.data),
        createdAt: now(engine),
      });
    return affected(inserted) > 0;
  };
  // The newest wins, also against one that another transaction has put there since the holder was cancelled.
  const cancels = fn.singleton?.mode === "cancel" ? singletonKey : undefined;
  let made = false;
  for (let attempt = 0; !made && attempt < (cancels ? 5 : 1); attempt++) {
    if (cancels) await cancelHolder(engine, tx, cancels);
    made = await insert();
  }
  if (!made) return undefined;
  await armRun(engine, tx, fn, event, {
    runId: id,
    functionId: fn.id,
    key1: key1 ?? null,
    key2: key2 ?? null,
  });
  return id;
}

/** What ends a run before its time, and its first job. */
export async function armRun(
  engine: Engine,
  tx: Tx,
  fn: FunctionConfig,
  event: EventPayload,
  run: RunKeys,
): Promise<void> {
  const { runId } = run;
  await insertWaits(engine, tx, [
    ...fn.cancel.map(
      (one, index): NewWait => ({
        runId,
        stepId: `cancel:${index}`,
        kind: "cancel",
        eventName: one.event,
        condition: one.if && bind(one.if, event),
        expiresAt: one.timeoutMs === undefined ? undefined : later(engine, one.timeoutMs),
      }),
    ),
    ...(fn.startTimeoutMs === undefined
      ? []
      : [{ runId, stepId: "start", kind: "start" as const, expiresAt: later(engine, fn.startTimeoutMs) }]),
  ]);
  await discover(engine, tx, [run]);
}

/** A key expression that gives `false` or nothing means: not a singleton for this event. */
export function singletonKeyOf(fn: FunctionConfig, event: EventPayload): string | undefined {
  if (!fn.singleton) return undefined;
  const value = fn.singleton.key ? evaluate(fn.singleton.key, { event }) : true;
  if (value === false || value === null || value === undefined) return undefined;
  return hashKey("singleton", fn.id, JSON.stringify(value));
}

async function cancelHolder(engine: Engine, tx: Tx, key: string): Promise<void> {
  const [holder] = await tx
    .select({ id: executorRuns.id })
    .from(executorRuns)
    .where(eq(executorRuns.singletonKey, key))
    .for("update");
  if (holder) await finishRun(engine, tx, holder.id, { state: "cancelled", reason: "by a newer run" });
}

const idempotencyKeyOf = (fn: FunctionConfig, event: EventPayload): string | undefined =>
  fn.idempotency &&
  hashKey("idempotency", fn.id, JSON.stringify(evaluate(fn.idempotency, { event }) ?? null));

/** Whether a run of this key was made in the last 24 h; an older one gives the key back. */
async function ranToday(engine: Engine, tx: Tx, key: string): Promise<boolean> {
  const same = eq(executorRuns.idempotencyKey, key);
  await tx
    .update(executorRuns)
    .set({ idempotencyKey: null })
    .where(and(same, lt(executorRuns.createdAt, later(engine, -idempotencyMs))));
  const known = await tx.select({ id: executorRuns.id }).from(executorRuns).where(same);
  return known.length > 0;
}

export const concurrencyKeys = (fn: FunctionConfig, event: EventPayload): (string | undefined)[] =>
  fn.concurrency.map(({ key, scope, source }, index) => {
    const value = key ? JSON.stringify(evaluate(key, { event }) ?? null) : "";
    return scope === "fn" ? hashKey("fn", fn.id, `${index}`, value) : hashKey(scope, source, value);
  });

export type Outcome =
  | { state: "completed"; output: unknown }
  | { state: "failed"; error: ErrorInfo }
  | { state: "cancelled"; reason: string };

/** Ends a run, once: frees what it holds, tells who invoked it, and sends the internal event of its end. */
export async function finishRun(engine: Engine, tx: Tx, runId: string, outcome: Outcome): Promise<boolean> {
  const [run] = await lockRuns(tx, [runId]);
  if (!run) return false;
  const result =
    outcome.state === "completed"
      ? outcome.output
      : outcome.state === "failed"
        ? outcome.error
        : { name: "Cancelled", message: `Cancelled ${outcome.reason}` };
  await tx
    .update(executorRuns)
    .set({
      state: outcome.state,
      output: JSON.stringify(result ?? null),
      singletonKey: null,
      endedAt: now(engine),
    })
    .where(eq(executorRuns.id, runId));
  await tx.delete(executorJobs).where(eq(executorJobs.runId, runId));
  await tx.delete(executorWaits).where(eq(executorWaits.runId, runId));
  afterCommit(tx, () => {
    metrics().runsFinished.inc({ function: run.functionId, state: outcome.state });
    if (outcome.state === "failed")
      engine.log.warn({ runId, functionId: run.functionId, error: outcome.error }, "a run failed");
  });

  if (run.parentRunId && run.parentStepId) {
    const [wait] = await tx
      .select()
      .from(executorWaits)
      .where(and(eq(executorWaits.runId, run.parentRunId), eq(executorWaits.stepId, run.parentStepId)));
    const memo: Memo =
      outcome.state === "completed"
        ? { type: "data", data: outcome.output ?? null }
        : { type: "error", error: result as ErrorInfo };
    if (wait?.kind === "invoke") await resume(engine, tx, wait, memo);
  }
  await announce(engine, tx, run, outcome, result);
  return true;
}

const announcements = {
  completed: ["inngest/function.finished"],
  failed: ["inngest/function.failed", "inngest/function.finished"],
  cancelled: ["inngest/function.cancelled"],
} as const;

/** Internal events of a run's end, made only where something listens; the runs they start send none. */
async function announce(
  engine: Engine,
  tx: Tx,
  run: RunRow,
  outcome: Outcome,
  result: unknown,
): Promise<void> {
  const names = announcements[outcome.state].filter((name) => engine.registry.byEvent.has(name));
  if (names.length === 0) return;
  const [trigger] = await tx.select().from(executorEvents).where(eq(executorEvents.id, run.eventId));
  if (!trigger || /^inngest\/function\.(failed|finished|cancelled)$/.test(trigger.name)) return;
  for (const name of names) {
    await takeEvent(engine, tx, {
      id: derivedId(name, run.id),
      name,
      ts: Date.now(),
      data: {
        function_id: run.functionId,
        run_id: run.id,
        event: { id: trigger.id, name: trigger.name, data: JSON.parse(trigger.data), ts: trigger.ts },
        ...(outcome.state === "completed" ? { result } : { error: result }),
      },
    });
  }
}

const fireBatch = 100;

/** Ends waits whose time has come: sleeps and time-outs go on, overdue runs are cancelled. */
export async function fireWaits(engine: Engine, tx: Tx): Promise<number> {
  const due = await tx
    .select({ id: executorWaits.id, runId: executorWaits.runId })
    .from(executorWaits)
    .where(sql`${executorWaits.expiresAt} <= ${now(engine)}`)
    .orderBy(executorWaits.expiresAt)
    .limit(fireBatch);
  if (due.length === 0) return 0;
  // Runs first, waits second, as everywhere; a run that is locked keeps its wait for the next round.
  const runs = await lockRuns(tx, [...new Set(due.map((wait) => wait.runId))], true);
  const byId = new Map(runs.map((run) => [run.id, run]));
  const waits = await tx
    .select()
    .from(executorWaits)
    .where(
      inArray(
        executorWaits.id,
        due
          .filter((wait) => byId.has(wait.runId))
          .map((wait) => wait.id)
          .concat(""),
      ),
    );
  if (waits.length === 0) return 0;
  const ids = waits.map((wait) => wait.id);
  await tx.delete(executorWaits).where(inArray(executorWaits.id, ids));

  const resumed = waits.filter((wait) => ["sleep", "event", "invoke"].includes(wait.kind));
  await fulfil(
    engine,
    tx,
    resumed.map((wait) => ({
      runId: wait.runId,
      stepId: wait.stepId,
      op: "",
      name: "",
      attempts: 1,
      memo:
        wait.kind === "invoke"
          ? {
              type: "error",
              error: { name: "InvokeTimeout", message: "The invoked function took too long." },
            }
          : { type: "data", data: null },
    })),
  );
  const again = new Set(resumed.map((wait) => wait.runId));
  await discover(engine, tx, runs.filter((run) => again.has(run.id)).map(keysOfRun));
  for (const wait of waits) {
    const late = wait.kind === "finish" || (wait.kind === "start" && !byId.get(wait.runId)?.startedAt);
    if (late)
      await finishRun(engine, tx, wait.runId, {
        state: "cancelled",
        reason: `after its ${wait.kind} timeout`,
      });
  }
  return waits.length;
}
