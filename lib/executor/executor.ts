import { gt, sql } from "drizzle-orm";
import type { Logger } from "pino";
import type { Db } from "@/db/client";
import { executorWorkers } from "@/db/schema/executor";
import type { Clock } from "@/lib/platform/clock";
import { noteCopies } from "@/lib/platform/copies";
import { driverCode } from "@/lib/platform/errors";
import { newId } from "@/lib/platform/ids";
import { log } from "@/lib/platform/log";
import { withLogContext, withoutLogContext } from "@/lib/platform/log-context";
import { metrics } from "@/lib/platform/metrics";
import { applyAnswer, type Next } from "./apply";
import { backoff } from "./backoff";
import { claim } from "./claim";
import { parseFunctions, RegistrationError, type Registry } from "./config";
import { giveBack, leave, renew, takeBack } from "./leases";
import { aliveMs } from "./overview";
import { type Answer, callRequest, type Endpoint, readAnswer, readSync, syncRequest } from "./protocol";
import { fire, fireCrons, fireDebounces, probe, registerCrons, relay } from "./schedule";
import { discovery, type Engine, functionOf, type Job, later, load, now } from "./store";

export type ExecutorOptions = {
  db: Db;
  /** Calls the functions' endpoint: loopback HTTP in the service, the serve handler itself in tests. */
  call: (request: Request) => Promise<Response>;
  /** Stable and unique to this copy of the service, such as `host:port`. */
  owner: string;
  /** Where the functions are served, and the key that both ends sign with. */
  endpoint: Endpoint;
  /** Left out: the database's clock. */
  clock?: Clock;
  /** How many steps run at once in this process. */
  parallel?: number;
  pollMs?: number;
  leaseMs?: number;
  renewMs?: number;
  /** After so many claims that ended without an answer, a step has failed. */
  maxStarts?: number;
  /** Milliseconds before the attempt after this one (0 is the first). */
  backoff?: (attempt: number) => number;
  newId?: () => string;
  log?: Logger;
  /** Called after runs have moved on; often. */
  onProgress?: () => void;
};

export type Executor = {
  /** Registers the functions and begins. Throws RegistrationError on a feature that is not supported. */
  start(): Promise<void>;
  /** Claims no more, waits for what runs for up to `graceMs`, leaves the rest to others. */
  stop(options?: { graceMs?: number }): Promise<void>;
  /** Works until nothing is due and nothing runs; for tests, without `start`'s timers. */
  drain(): Promise<void>;
  /** Reads the function configurations again. */
  register(): Promise<void>;
  /** Looks for work now. */
  wake(): void;
  readonly running: number;
};

const passing = new Set([
  "ER_SERVER_SHUTDOWN",
  "ER_CONNECTION_KILLED",
  "ER_LOCK_DEADLOCK",
  "ER_LOCK_WAIT_TIMEOUT",
]);

/** What still runs when a copy stops is left to it for so long: the process is gone before. */
const handoverMs = 6_000;

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export function createExecutor(options: ExecutorOptions): Executor {
  const engine: Engine = {
    db: options.db,
    owner: options.owner,
    registry: { functions: new Map(), byEvent: new Map() } satisfies Registry,
    clock: options.clock,
    newId: options.newId ?? newId,
    log: options.log ?? log().child({ part: "executor" }),
    leaseMs: options.leaseMs ?? 30_000,
    maxStarts: options.maxStarts ?? 5,
    backoff: options.backoff ?? ((attempt) => backoff(attempt)),
  };
  const parallel = options.parallel ?? 16;
  const pollMs = options.pollMs ?? 150;
  const active = new Map<string, { job: Job; since: number; done: Promise<void> }>();
  let mode: "off" | "loop" | "drain" = "off";
  let failures = 0;
  let polling: Promise<boolean> | undefined;
  let again = false;
  let timer: NodeJS.Timeout | undefined;
  let heartbeat: NodeJS.Timeout | undefined;

  async function register(): Promise<void> {
    const response = await options.call(syncRequest(options.endpoint));
    engine.registry = parseFunctions(await readSync(options.endpoint, response));
    await registerCrons(engine);
  }

  /** One round: take events in, fire what is due, claim and start jobs. True: there may be more at once. */
  async function round(): Promise<boolean> {
    const due = await probe(engine);
    let moved = 0;
    if (due.outbox) moved += await relay(engine);
    if (due.waits) moved += await fire(engine);
    if (due.crons) moved += await fireCrons(engine);
    if (due.debounces) moved += await fireDebounces(engine);
    const slots = parallel - active.size;
    if ((!due.jobs && moved === 0) || slots <= 0 || mode === "off") return moved > 0;
    const at = performance.now();
    const suspects = [...active.values()].filter(({ job }) => job.starts > 2);
    const claimed = await claim(engine, {
      slots,
      suspects: suspects.map(({ job, since }) => ({ starts: job.starts, runningMs: at - since })),
      maxStarts: engine.maxStarts,
    });
    for (const job of claimed) begin(job);
    return moved > 0 || claimed.length > 0;
  }

  function begin(job: Job): void {
    const done = withLogContext({ runId: job.runId, functionId: job.functionId }, () => work(job))
      .catch((error) => {
        // The lease runs out and the step is called again; the answer is lost, as after a crash.
        engine.log.error({ err: error, runId: job.runId, stepId: job.stepId }, "step could not be recorded");
      })
      .finally(() => {
        active.delete(job.runId + job.stepId);
        wake();
      });
    active.set(job.runId + job.stepId, { job, since: performance.now(), done });
  }

  /** Runs a job, and goes on with its run as long as nobody else has to. */
  async function work(first: Job): Promise<void> {
    const key = first.runId + first.stepId;
    let next: Next | undefined = { job: first };
    while (next) {
      const { job }: Next = next;
      active.set(key, { job, since: performance.now(), done: active.get(key)?.done ?? Promise.resolve() });
      const snapshot: Next["snapshot"] = next.snapshot ?? (await load(engine, job));
      if (!snapshot) return;
      const called = performance.now();
      const answer: Answer =
        job.starts > engine.maxStarts
          ? { kind: "poisoned", starts: job.starts - 1 }
          : await callFunction(job, snapshot);
      if (answer.kind === "unreachable" || answer.kind === "poisoned") {
        engine.log.error({ runId: job.runId, functionId: job.functionId, answer }, "no answer from a step");
      }
      const tookMs = Math.round(performance.now() - called);
      metrics().stepSeconds.observe({ function: job.functionId }, tookMs / 1_000);
      next = await persist(() => applyAnswer(engine, job, snapshot, answer, tookMs));
      options.onProgress?.();
      if (!next || next.job.id !== job.id) wake();
      if (next && mode === "off") {
        await giveBack(engine, next.job);
        return;
      }
    }
  }

  async function callFunction(job: Job, snapshot: NonNullable<Next["snapshot"]>): Promise<Answer> {
    const request = callRequest(options.endpoint, {
      functionId: job.functionId,
      stepId: job.stepId,
      runId: job.runId,
      attempt: job.attempt,
      maxAttempts: functionOf(engine, job.functionId)?.maxAttempts ?? 5,
      event: snapshot.event,
      memos: snapshot.memos,
      planOnly: job.stepId === discovery && snapshot.open > 0,
    });
    try {
      return await readAnswer(options.endpoint, await options.call(request));
    } catch (error) {
      const refused = ["ECONNREFUSED", "UND_ERR_CONNECT_TIMEOUT"].includes(driverCode(error) ?? "");
      const message = error instanceof Error ? error.message : String(error);
      return { kind: "unreachable", error: { name: "CallError", message }, started: !refused };
    }
  }

  /** A database that is away for some seconds does not cost the result of a step. */
  async function persist<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        const code = driverCode(error);
        const away = code !== undefined && (!code.startsWith("ER_") || passing.has(code));
        if (!away || attempt >= 6) throw error;
        await wait(attempt * 500);
      }
    }
  }

  async function poll(): Promise<boolean> {
    again = false;
    try {
      const more = await round();
      failures = 0;
      return more;
    } catch (error) {
      if (failures++ % 30 === 0)
        engine.log.warn({ err: error, failures }, "the executor cannot look for work");
      await wait(1_000);
      return false;
    }
  }

  function schedule(ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(wake, ms);
  }

  function wake(): void {
    again = true;
    if (mode !== "loop" || polling) return;
    // Often woken by a run that moved on: what is found now is another's.
    withoutLogContext(() => {
      polling = poll().finally(() => {
        polling = undefined;
      });
      void polling.then((more) => {
        if (mode !== "loop") return;
        if (more || again) wake();
        else schedule(pollMs);
      });
    });
  }

  async function beat(): Promise<void> {
    await renew(
      engine,
      [...active.values()].map(({ job }) => job),
    );
    const at = now(engine);
    await engine.db
      .insert(executorWorkers)
      .values({ owner: engine.owner, startedAt: at, seenAt: at, running: active.size })
      .onDuplicateKeyUpdate({ set: { seenAt: sql`VALUES(seen_at)`, running: sql`VALUES(running)` } });
    noteCopies(await engine.db.$count(executorWorkers, gt(executorWorkers.seenAt, later(engine, -aliveMs))));
  }

  const renewMs = options.renewMs ?? 15_000;

  /** A beat that fails is tried again soon: two missed ones cost the leases. */
  function pulse(ms = renewMs): void {
    if (mode === "off") return;
    heartbeat = setTimeout(() => {
      beat().then(
        () => pulse(),
        (error) => {
          engine.log.warn({ err: error }, "leases could not be renewed");
          pulse(Math.min(1_000, renewMs));
        },
      );
    }, ms);
  }

  return {
    register,
    wake,
    get running() {
      return active.size;
    },

    async start() {
      for (let attempt = 1; ; attempt++) {
        try {
          await register();
          break;
        } catch (error) {
          if (error instanceof RegistrationError || attempt >= 60) throw error;
          engine.log.warn({ err: error, attempt }, "the durable functions do not answer yet");
          await wait(Math.min(attempt * 100, 2_000));
        }
      }
      await takeBack(engine);
      await engine.db.delete(executorWorkers).where(sql`${executorWorkers.owner} = ${engine.owner}`);
      await beat();
      mode = "loop";
      pulse();
      wake();
    },

    async stop({ graceMs = 5_000 } = {}) {
      mode = "off";
      clearTimeout(timer);
      clearTimeout(heartbeat);
      await polling;
      const all = Promise.all([...active.values()].map(({ done }) => done));
      await Promise.race([all, wait(graceMs)]);
      const left = [...active.values()].map(({ job }) => job);
      await leave(engine, left, handoverMs).catch((error) =>
        engine.log.warn({ err: error }, "leases run out by themselves"),
      );
    },

    async drain() {
      mode = "drain";
      for (;;) {
        const more = await round();
        const busy = [...active.values()].map(({ done }) => done);
        if (busy.length > 0) await Promise.race(busy);
        else if (!more) break;
      }
      mode = "off";
    },
  };
}
