import {
  bigint,
  index,
  int,
  longtext,
  mysqlTable,
  primaryKey,
  uniqueIndex,
  varchar,
} from "drizzle-orm/mysql-core";
import { choice, id, instant, word } from "../columns";

// Payloads are LONGTEXT, not JSON: their text must come back exactly as it was written.

/** An event that the executor has taken from the outbox, or made itself. */
export const executorEvents = mysqlTable(
  "executor_events",
  {
    id: id("id").primaryKey(),
    name: word("name", { length: 120 }).notNull(),
    data: longtext("data").notNull(),
    /** Milliseconds, as functions see it in `event.ts`. */
    ts: bigint("ts", { mode: "number" }).notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [index("executor_events_created").on(table.createdAt)],
);

export const runStates = ["queued", "running", "completed", "failed", "cancelled"] as const;
export type RunState = (typeof runStates)[number];

/** One execution of one function for one event. */
export const executorRuns = mysqlTable(
  "executor_runs",
  {
    id: id("id").primaryKey(),
    functionId: word("function_id", { length: 160 }).notNull(),
    eventId: id("event_id").notNull(),
    state: choice("state", runStates).notNull(),
    /** Hash of function and idempotency key: a second run with the same one is not made for 24 h. */
    idempotencyKey: word("idempotency_key", { length: 64 }),
    /** Hash of function and singleton key, while the run lives. */
    singletonKey: word("singleton_key", { length: 64 }),
    /** The run and step that invoked this one. */
    parentRunId: id("parent_run_id"),
    parentStepId: word("parent_step_id", { length: 40 }),
    /** Concurrency keys of the function, as they came out for this event. */
    key1: word("key1", { length: 64 }),
    key2: word("key2", { length: 64 }),
    /** Row ids out of the event (workspace, attempt …), so that people find a run by what it was about. */
    subject1: id("subject1"),
    subject2: id("subject2"),
    /** The run that this one does again, and the run that does this one again. */
    retryOf: id("retry_of"),
    retriedAs: id("retried_as"),
    /** JSON of the result, or of the error. */
    output: longtext("output"),
    createdAt: instant("created_at").notNull(),
    startedAt: instant("started_at"),
    endedAt: instant("ended_at"),
  },
  (table) => [
    uniqueIndex("executor_runs_idempotency").on(table.idempotencyKey),
    uniqueIndex("executor_runs_singleton").on(table.singletonKey),
    index("executor_runs_state").on(table.state, table.id),
    index("executor_runs_function").on(table.functionId, table.id),
    // All that rates and latencies are counted from, so that a week of runs is read from the index alone.
    index("executor_runs_ended").on(
      table.endedAt,
      table.state,
      table.createdAt,
      table.startedAt,
      table.functionId,
    ),
    index("executor_runs_event").on(table.eventId),
    index("executor_runs_subject1").on(table.subject1, table.id),
    index("executor_runs_subject2").on(table.subject2, table.id),
  ],
);

/** What a run knows about one of its steps. `memo` null: planned or waiting. */
export const executorSteps = mysqlTable(
  "executor_steps",
  {
    runId: id("run_id").notNull(),
    /** SHA-1 of the name that the function gave it. */
    stepId: word("step_id", { length: 40 }).notNull(),
    /** Order of completion within the run. */
    seq: int("seq"),
    op: word("op", { length: 24 }).notNull(),
    name: varchar("name", { length: 200 }).notNull(),
    state: choice("state", ["planned", "waiting", "done", "failed"]).notNull(),
    memo: longtext("memo"),
    attempts: int("attempts").notNull().default(0),
    /** Milliseconds of the call that completed it; null for sleeps and waits. */
    tookMs: int("took_ms"),
    createdAt: instant("created_at").notNull(),
    endedAt: instant("ended_at"),
  },
  (table) => [primaryKey({ columns: [table.runId, table.stepId] })],
);

/** Attempts that went wrong: an error that is retried, or a process that died. */
export const executorAttempts = mysqlTable(
  "executor_attempts",
  {
    id: bigint("id", { mode: "number" }).autoincrement().primaryKey(),
    runId: id("run_id").notNull(),
    stepId: word("step_id", { length: 40 }).notNull(),
    attempt: int("attempt").notNull(),
    error: longtext("error").notNull(),
    at: instant("at").notNull(),
  },
  (table) => [index("executor_attempts_run").on(table.runId)],
);

/** One call to make: discovery of a run (`step`), or one of its parallel steps. */
export const executorJobs = mysqlTable(
  "executor_jobs",
  {
    id: id("id").primaryKey(),
    runId: id("run_id").notNull(),
    stepId: word("step_id", { length: 40 }).notNull(),
    functionId: word("function_id", { length: 160 }).notNull(),
    attempt: int("attempt").notNull().default(0),
    /** When it may be claimed; while it is leased, when the lease runs out. */
    dueAt: instant("due_at").notNull(),
    leaseOwner: word("lease_owner", { length: 120 }),
    /** Grows with every claim: writes of a lost lease are dropped. */
    fence: int("fence").notNull().default(0),
    /** Claims that have not ended in an answer: a step that kills its process must not loop for ever. */
    starts: int("starts").notNull().default(0),
    /** Grows when a step completes: discovery must run again if it moved meanwhile. */
    wanted: int("wanted").notNull().default(0),
    key1: word("key1", { length: 64 }),
    key2: word("key2", { length: 64 }),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    uniqueIndex("executor_jobs_step").on(table.runId, table.stepId),
    index("executor_jobs_due").on(table.dueAt),
    index("executor_jobs_owner").on(table.leaseOwner),
    index("executor_jobs_key1").on(table.key1, table.leaseOwner),
    index("executor_jobs_key2").on(table.key2, table.leaseOwner),
  ],
);

/** What a run waits for: a time, an event, another run; or what cancels it. */
export const executorWaits = mysqlTable(
  "executor_waits",
  {
    id: id("id").primaryKey(),
    runId: id("run_id").notNull(),
    stepId: word("step_id", { length: 40 }).notNull(),
    kind: choice("kind", ["sleep", "event", "invoke", "cancel", "start", "finish"]).notNull(),
    eventName: word("event_name", { length: 120 }),
    /** One equality of the condition (`async.<path> == <value>`), so that arrivals find it by index. */
    path: word("path", { length: 120 }).notNull().default(""),
    value: word("value", { length: 40 }).notNull().default(""),
    /** The whole condition with the run's own event put in, as JSON. */
    condition: longtext("condition"),
    expiresAt: instant("expires_at"),
  },
  (table) => [
    index("executor_waits_run").on(table.runId),
    index("executor_waits_event").on(table.eventName, table.path, table.value),
    index("executor_waits_expiry").on(table.expiresAt),
  ],
);

/** The next slot of every cron trigger; advanced in the transaction that makes its run. */
export const executorCrons = mysqlTable(
  "executor_crons",
  {
    functionId: word("function_id", { length: 160 }).notNull(),
    cron: word("cron", { length: 120 }).notNull(),
    nextAt: instant("next_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.functionId, table.cron] }),
    index("executor_crons_next").on(table.nextAt),
  ],
);

/** The last event of a debounced function and key, until it has been quiet for its period. */
export const executorDebounces = mysqlTable(
  "executor_debounces",
  {
    /** Hash of function and key. */
    id: word("id", { length: 64 }).primaryKey(),
    functionId: word("function_id", { length: 160 }).notNull(),
    eventId: id("event_id").notNull(),
    dueAt: instant("due_at").notNull(),
    /** Fixed by the first event: however many more come, the run begins then. */
    latestAt: instant("latest_at"),
  },
  (table) => [index("executor_debounces_due").on(table.dueAt)],
);

/** Rows to lock: `relay` (one at a time moves the outbox), `keys` (claims that count concurrency keys). */
export const executorLocks = mysqlTable("executor_locks", {
  name: word("name", { length: 24 }).primaryKey(),
});

/** Processes that run an executor, with heartbeat. */
export const executorWorkers = mysqlTable("executor_workers", {
  owner: word("owner", { length: 120 }).primaryKey(),
  startedAt: instant("started_at").notNull(),
  seenAt: instant("seen_at").notNull(),
  running: int("running").notNull().default(0),
});
