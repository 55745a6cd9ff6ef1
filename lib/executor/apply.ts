import { and, eq, inArray, sql } from "drizzle-orm";
import { afterCommit, type Tx, transact } from "@/db/client";
import { executorJobs, executorSteps } from "@/db/schema/executor";
import { metrics } from "@/lib/platform/metrics";
import { retryAfter } from "./backoff";
import { parseUntil, type Until } from "./duration";
import { bind, parseExpr } from "./expr";
import { type Answer, type ErrorInfo, errorInfo, type Memo, type Op } from "./protocol";
import { createRun, finishRun, insertEvent, insertWaits, type NewWait } from "./runs";
import {
  derivedId,
  discoverHere,
  discovery,
  type Engine,
  fulfil,
  functionOf,
  hold,
  type Job,
  later,
  now,
  recordAttempt,
  type Snapshot,
} from "./store";

/** The job to go on with at once; with a snapshot if nobody else can have changed the run. */
export type Next = { job: Job; snapshot?: Snapshot };

/** Every call carries all memos of its run: one that never ends would get slower and slower. */
const maxSteps = 1_000;

/**
 * Everything an answer means, in one transaction: memos, waits, jobs, the end of the run. A crash before
 * the commit repeats the call, a crash after it loses nothing. Undefined: this job is done here.
 */
export async function applyAnswer(
  engine: Engine,
  job: Job,
  snapshot: Snapshot,
  answer: Answer,
  tookMs?: number,
): Promise<Next | undefined> {
  return transact(engine.db, async (tx) => {
    const held = await hold(engine, tx, job);
    if (!held) return undefined;
    if (snapshot.memos.size >= maxSteps && answer.kind === "ops") {
      const message = `The run has ${maxSteps} steps and would go on; let a new event start a new run.`;
      await finishRun(engine, tx, job.runId, {
        state: "failed",
        error: { name: "TooManyStepsError", message },
      });
      return undefined;
    }
    const run = new Step(engine, tx, job, snapshot, held.wanted, tookMs);
    switch (answer.kind) {
      case "ops":
        return run.ops(answer.ops, answer);
      case "done":
        return run.finish({ state: "completed", output: answer.output });
      case "error":
        return run.failed(answer.error, answer.final, answer.retryAfter);
      case "step-gone":
        await tx
          .delete(executorSteps)
          .where(and(eq(executorSteps.runId, job.runId), eq(executorSteps.stepId, job.stepId)));
        return job.stepId === discovery
          ? run.failed({ name: "StepGone", message: "The function no longer has this step." }, false, null)
          : run.goOn([]);
      case "unreachable":
        return run.callAgain(answer.error, answer.started);
      case "poisoned":
        return run.poisoned(answer.starts);
    }
  });
}

class Step {
  constructor(
    private readonly engine: Engine,
    private readonly tx: Tx,
    private readonly job: Job,
    private readonly snapshot: Snapshot,
    private readonly wanted: number,
    private readonly tookMs?: number,
  ) {}

  private get maxAttempts(): number {
    return functionOf(this.engine, this.job.functionId)?.maxAttempts ?? 5;
  }

  async finish(outcome: Parameters<typeof finishRun>[3]): Promise<undefined> {
    await finishRun(this.engine, this.tx, this.job.runId, outcome);
  }

  /** An error of the function, not of a step: the same call again, or the end of the run. */
  async failed(error: ErrorInfo, final: boolean, after: string | null): Promise<undefined> {
    await recordAttempt(this.engine, this.tx, this.job, error);
    if (final || this.job.attempt + 1 >= this.maxAttempts) return this.finish({ state: "failed", error });
    await this.retry(after);
  }

  private async retry(after: string | null): Promise<void> {
    const { engine, job } = this;
    afterCommit(this.tx, () => metrics().jobRetries.inc({ function: job.functionId }));
    const delay = retryAfter(after, engine.clock?.now() ?? new Date()) ?? engine.backoff(job.attempt);
    await this.tx
      .update(executorJobs)
      .set({ attempt: job.attempt + 1, dueAt: later(engine, delay), leaseOwner: null, starts: 0 })
      .where(eq(executorJobs.id, job.id));
  }

  /** The call did not come back with an answer. One that never began to run is not counted as a start. */
  async callAgain(error: ErrorInfo, started: boolean): Promise<undefined> {
    const { engine, job } = this;
    await recordAttempt(engine, this.tx, job, error);
    afterCommit(this.tx, () => metrics().jobRetries.inc({ function: job.functionId }));
    const starts = started ? job.starts : job.starts - 1;
    await this.tx
      .update(executorJobs)
      .set({
        dueAt: later(engine, started ? Math.min(1_000 * 2 ** job.starts, 30_000) : 2_000),
        leaseOwner: null,
        starts: Math.max(starts, 0),
      })
      .where(eq(executorJobs.id, job.id));
  }

  async poisoned(starts: number): Promise<Next | undefined> {
    const error = {
      name: "ProcessDiedError",
      message: `The process died, or gave no answer, each of the ${starts} times that this step was started.`,
    };
    await recordAttempt(this.engine, this.tx, this.job, error);
    if (this.job.stepId === discovery) return this.finish({ state: "failed", error });
    return this.goOn([{ op: "StepFailed", id: this.job.stepId, name: "", memo: { type: "error", error } }]);
  }

  async ops(ops: readonly Op[], answer: { noRetry: boolean; retryAfter: string | null }) {
    const { engine, tx, job } = this;
    const lazy = ops.filter(
      (op) => !["StepRun", "Step", "StepError", "StepFailed", "RunComplete"].includes(op.op),
    );
    const problem = await this.plan(lazy);
    if (problem)
      return this.finish({ state: "failed", error: { name: "UnsupportedError", message: problem } });

    const done: Done[] = [];
    let again = false;
    for (const op of ops) {
      const name = op.displayName ?? op.name ?? "";
      if (op.op === "StepRun" || op.op === "Step") {
        done.push({ ...op, name, memo: { type: "data", data: op.data ?? null } });
      } else if (op.op === "StepFailed" || op.op === "StepError") {
        const error = errorInfo(op.error);
        await recordAttempt(engine, tx, job, error);
        const final = op.op === "StepFailed" || answer.noRetry || job.attempt + 1 >= this.maxAttempts;
        if (final) done.push({ ...op, op: "StepFailed", name, memo: { type: "error", error } });
        else again = true;
      }
    }
    const complete = ops.find((op) => op.op === "RunComplete");
    if (complete) {
      await this.write(done);
      return this.finish({ state: "completed", output: complete.data ?? null });
    }
    if (again) {
      await this.write(done);
      await this.retry(answer.retryAfter);
      return undefined;
    }
    // Memos of invokes that could not even start count as done: the function is asked again at once.
    const refused = this.refused.splice(0);
    return this.goOn([...done, ...refused]);
  }

  private readonly refused: Done[] = [];

  private async write(done: readonly Done[]): Promise<void> {
    const { engine, tx, job, snapshot } = this;
    // Nobody else writes memos while no other step is open: the count is known without asking.
    const counted = snapshot.open === 0 ? snapshot.memos.size : undefined;
    const attempts = job.attempt + 1;
    await fulfil(
      engine,
      tx,
      done.map((one) => ({ runId: job.runId, stepId: one.id, attempts, tookMs: this.tookMs, ...one })),
      counted,
    );
  }

  /** After memos were written: the next discovery by the same hands, unless somebody else has it. */
  async goOn(done: readonly Done[]): Promise<Next | undefined> {
    const { engine, tx, job, snapshot } = this;
    await this.write(done);
    if (job.stepId !== discovery) {
      await tx.delete(executorJobs).where(eq(executorJobs.id, job.id));
      const next = await discoverHere(engine, tx, job);
      return next && { job: next };
    }
    const moved = this.wanted !== job.wanted;
    if (done.length === 0 && !moved) {
      await tx.delete(executorJobs).where(eq(executorJobs.id, job.id));
      return undefined;
    }
    await tx
      .update(executorJobs)
      .set({ attempt: 0, starts: 1, dueAt: later(engine, engine.leaseMs) })
      .where(eq(executorJobs.id, job.id));
    const next = { ...job, attempt: 0, starts: 1, wanted: this.wanted };
    if (moved || snapshot.open > 0 || this.planned > 0) return { job: next };
    const memos = new Map(snapshot.memos);
    for (const one of done) memos.set(one.id, one.memo);
    return { job: next, snapshot: { ...snapshot, memos } };
  }

  private planned = 0;

  /** Rows for steps that were reported: planned ones get a job, the others a wait. A text: why it cannot be. */
  private async plan(ops: readonly Op[]): Promise<string | undefined> {
    if (ops.length === 0) return undefined;
    const { engine, tx, job, snapshot } = this;
    const known = await tx
      .select({ stepId: executorSteps.stepId })
      .from(executorSteps)
      .where(
        and(
          eq(executorSteps.runId, job.runId),
          inArray(
            executorSteps.stepId,
            ops.map((op) => op.id),
          ),
        ),
      );
    const seen = new Set(known.map((row) => row.stepId));
    const fresh = ops.filter((op) => !seen.has(op.id));
    if (fresh.length === 0) return undefined;

    const waits: NewWait[] = [];
    const jobs: Op[] = [];
    const invokes: Op[] = [];
    for (const op of fresh) {
      const base = { runId: job.runId, stepId: op.id };
      if (op.op === "StepPlanned") jobs.push(op);
      else if (op.op === "Sleep") {
        const until = parseUntil(op.name ?? "");
        if (!until) return `Step "${op.displayName}": "${op.name}" is neither a duration nor a time.`;
        waits.push({ ...base, kind: "sleep", expiresAt: this.instant(until) });
      } else if (op.op === "WaitForEvent") {
        const until = parseUntil(String(op.opts?.timeout ?? ""));
        if (!until || !op.name) return `Step "${op.displayName}": waitForEvent needs an event and a timeout.`;
        try {
          const source = op.opts?.if;
          const condition = typeof source === "string" ? bind(parseExpr(source), snapshot.event) : undefined;
          waits.push({
            ...base,
            kind: "event",
            eventName: op.name,
            condition,
            expiresAt: this.instant(until),
          });
        } catch (error) {
          return `Step "${op.displayName}": ${error instanceof Error ? error.message : String(error)}`;
        }
      } else if (op.op === "InvokeFunction") {
        const until =
          op.opts?.timeout === undefined
            ? { afterMs: 365 * 86_400_000 }
            : parseUntil(String(op.opts.timeout));
        if (!until) return `Step "${op.displayName}": invoke has a timeout that is no duration.`;
        waits.push({ ...base, kind: "invoke", expiresAt: this.instant(until) });
        invokes.push(op);
      } else {
        return `Step "${op.displayName ?? op.name ?? op.id}" uses ${op.op}, which the embedded executor does not support.`;
      }
    }
    const at = now(engine);
    await tx.insert(executorSteps).values(
      fresh.map((op) => ({
        runId: job.runId,
        stepId: op.id,
        op: op.op === "StepPlanned" ? "StepRun" : op.op,
        name: (op.displayName ?? op.name ?? "").slice(0, 200),
        state: op.op === "StepPlanned" ? ("planned" as const) : ("waiting" as const),
        createdAt: at,
      })),
    );
    await insertWaits(engine, tx, waits);
    if (jobs.length > 0) {
      await tx.insert(executorJobs).values(
        jobs.map((op) => ({
          id: engine.newId(),
          runId: job.runId,
          stepId: op.id,
          functionId: job.functionId,
          key1: job.key1,
          key2: job.key2,
          dueAt: at,
          createdAt: at,
        })),
      );
    }
    for (const op of invokes) await this.invoke(op);
    this.planned = fresh.length;
    return undefined;
  }

  private async invoke(op: Op): Promise<void> {
    const { engine, tx, job } = this;
    const target = String(op.opts?.function_id ?? "");
    const fn = functionOf(engine, target);
    const id = derivedId("invoke", job.runId, op.id);
    const payload = op.opts?.payload as { data?: Record<string, unknown> } | undefined;
    const event = {
      id,
      name: "inngest/function.invoked",
      ts: Date.now(),
      data: { ...payload?.data, _inngest: { fn_id: target, correlation_id: id } },
    };
    if (fn) await insertEvent(engine, tx, event);
    const child = fn && (await createRun(engine, tx, fn, event, { runId: job.runId, stepId: op.id }));
    if (child) return;
    const message = fn ? `"${target}" has a run for this already.` : `There is no function "${target}".`;
    const memo: Memo = { type: "error", error: { name: "InvokeError", message } };
    this.refused.push({ id: op.id, op: op.op, name: op.displayName ?? "", memo });
    await tx.execute(
      sql`DELETE FROM executor_waits WHERE run_id = ${job.runId} AND step_id = ${op.id} AND kind = 'invoke'`,
    );
  }

  private instant(until: Until) {
    return "at" in until ? until.at : later(this.engine, until.afterMs);
  }
}

type Done = { id: string; op: string; name: string; memo: Memo };
