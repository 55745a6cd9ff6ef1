import { eq, inArray } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { auditLog } from "@/db/schema/audit";
import {
  executorAttempts,
  executorEvents,
  executorJobs,
  executorRuns,
  executorSteps,
  executorWaits,
  executorWorkers,
} from "@/db/schema/executor";
import { workspaces } from "@/db/schema/workspaces";
import { cancelRun, listWorkers, queueState, replayFailed, retryRun, runStats } from "@/lib/executor";
import { createLab, testClient } from "@/lib/executor/testing/harness";
import { createCtx, systemCtx } from "@/lib/platform/context";
import { newId } from "@/lib/platform/ids";
import { metrics } from "@/lib/platform/metrics";
import { countFailedJobs, getJob, listJobs } from "./queries";
import { lanesOf } from "./timeline";

const db = database();
const client = testClient();
let fails = true;
const calls: string[] = [];

const flaky = client.createFunction(
  { id: "flaky", retries: 0, triggers: [{ event: "test/flaky" }] },
  async ({ step }) => {
    await step.run("first", () => {
      calls.push("first");
    });
    return step.run("second", () => {
      calls.push("second");
      if (fails) throw new Error("the disk of the host is full");
      return "through";
    });
  },
);
const sleeper = client.createFunction(
  { id: "sleeper", triggers: [{ event: "test/sleep" }] },
  async ({ step }) => step.sleep("long", "1h"),
);
const alone = client.createFunction(
  { id: "alone", retries: 0, singleton: { mode: "skip" }, triggers: [{ event: "test/alone" }] },
  async ({ step }) => {
    await step.sleep("nap", "1m");
    if (fails) throw new Error("alone and broken");
  },
);
let refusals = 0;
const stubborn = client.createFunction(
  { id: "stubborn", retries: 2, triggers: [{ event: "test/stubborn" }] },
  async ({ step }) =>
    step.run("knock", () => {
      if (refusals-- > 0) throw new Error("not yet");
    }),
);
const lab = createLab(client, [flaky, sleeper, alone, stubborn]);
const { ctx } = lab;

beforeAll(() => lab.executor.register());
afterAll(closeDatabase);
beforeEach(async () => {
  fails = true;
  calls.length = 0;
  for (const table of [
    executorJobs,
    executorWaits,
    executorSteps,
    executorAttempts,
    executorRuns,
    executorEvents,
    executorWorkers,
    auditLog,
  ])
    await db.delete(table);
});

const newest = async (functionId: string) => {
  const [run] = await listJobs({ ctx, input: { functionId: `test-${functionId}` } });
  if (!run) throw new Error(`no run of ${functionId}`);
  return run;
};

async function failOne(data: Record<string, unknown> = {}) {
  await lab.send("test/flaky", data);
  await lab.after();
  return newest("flaky");
}

describe("a failed run", () => {
  test("goes on at its failed step as a new run; what was done is not done again", async () => {
    const failed = await failOne();
    expect(failed).toMatchObject({ state: "failed", error: "the disk of the host is full" });
    fails = false;
    const { id } = await retryRun({ ctx, input: { id: failed.id, from: "step" } });
    await lab.after();
    expect(calls).toEqual(["first", "second", "second"]);
    const again = await getJob({ ctx, input: { id } });
    expect(again).toMatchObject({ state: "completed", output: "through", retryOf: failed.id });
    expect((await getJob({ ctx, input: { id: failed.id } })).retriedAs).toBe(id);
    expect(again.relatives.map((run) => run.id)).toEqual([failed.id]);
  });

  test("starts anew when that is asked for", async () => {
    const failed = await failOne();
    fails = false;
    await retryRun({ ctx, input: { id: failed.id, from: "start" } });
    await lab.after();
    expect(calls).toEqual(["first", "second", "first", "second"]);
  });

  test("is retried once, however often and by however many it is asked", async () => {
    const failed = await failOne();
    const tries = await Promise.allSettled(
      Array.from({ length: 5 }, () => retryRun({ ctx, input: { id: failed.id, from: "step" } })),
    );
    expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await db.select().from(executorRuns)).toHaveLength(2);
  });

  test("leaves who did what in the audit log", async () => {
    const failed = await failOne();
    const { id } = await retryRun({ ctx, input: { id: failed.id, from: "step" } });
    const rows = await db.select().from(auditLog);
    expect(rows).toMatchObject([
      { action: "run.retried", targetType: "run", targetId: failed.id, after: { run: id, from: "step" } },
    ]);
  });

  test("of a singleton is not begun beside a run of its kind", async () => {
    await lab.send("test/alone");
    await lab.after(60_000);
    const failed = await newest("alone");
    expect(failed.state).toBe("failed");
    await lab.send("test/alone");
    await lab.after();
    const { id } = await retryRun({ ctx, input: { id: failed.id, from: "step" } });
    await lab.after();
    expect(await getJob({ ctx, input: { id } })).toMatchObject({
      state: "cancelled",
      output: { message: expect.stringContaining("another run of its kind") },
    });
  });
});

describe("cancelling", () => {
  test("ends a run that sleeps, with all it waits for", async () => {
    await lab.send("test/sleep");
    await lab.after();
    const run = await newest("sleeper");
    expect(run.state).toBe("running");
    await expect(retryRun({ ctx, input: { id: run.id, from: "step" } })).rejects.toMatchObject({
      key: "jobs.stillRuns",
    });
    await cancelRun({ ctx, input: { id: run.id } });
    await lab.after();
    expect(await getJob({ ctx, input: { id: run.id } })).toMatchObject({ state: "cancelled", waits: [] });
    await expect(cancelRun({ ctx, input: { id: run.id } })).rejects.toMatchObject({ key: "jobs.over" });
    expect(await db.select().from(auditLog)).toMatchObject([{ action: "run.cancelled", targetId: run.id }]);
  });
});

describe("replay in bulk", () => {
  test("takes what the filter finds once each, in batches; what fails again is not taken again", async () => {
    for (let index = 0; index < 60; index++) await lab.send("test/flaky");
    await lab.after();
    const counted = await countFailedJobs({ ctx, input: { functionId: "test-flaky" } });
    expect(counted.count).toBe(60);
    let before: string | undefined;
    const batches: number[] = [];
    do {
      const done = await replayFailed({
        ctx,
        input: { from: "step", runs: { filter: {}, newest: counted.newest ?? "", before } },
      });
      batches.push(done.started);
      // They fail again at once: newer than what was counted.
      await lab.after();
      before = done.next ?? undefined;
    } while (before);
    expect(batches).toEqual([50, 10]);
    const runs = await db.select().from(executorRuns);
    expect(runs).toHaveLength(120);
    expect(runs.filter((run) => run.retriedAs)).toHaveLength(60);
    expect((await countFailedJobs({ ctx, input: {} })).count).toBe(60);
  });

  test("passes over what somebody else has retried", async () => {
    const failed = await failOne();
    await retryRun({ ctx, input: { id: failed.id, from: "step" } });
    const other = await failOne();
    const done = await replayFailed({
      ctx,
      input: { from: "start", runs: { ids: [failed.id, other.id, newId()] } },
    });
    expect(done).toEqual({ started: 1, passed: 2, next: null });
  });
});

describe("finding", () => {
  test("by run, event, workspace, person, job and error, a page at a time", async () => {
    const person = newId();
    const workspaceId = newId();
    const at = new Date();
    await db.insert(users).values({
      id: person,
      username: `u${person.slice(-8).toLowerCase()}`,
      name: "欧阳寻寻",
      createdAt: at,
      updatedAt: at,
    });
    await db.insert(workspaces).values({
      id: workspaceId,
      purpose: "trial",
      userId: person,
      templateVersionId: newId(),
      label: `wfind${workspaceId.slice(-8).toLowerCase()}`,
      desired: "stopped",
      state: "stopped",
      memoryMb: 1,
      requestedAt: at,
      stateAt: at,
    });
    const eventId = await lab.send("test/flaky", { workspaceId });
    await lab.send("test/flaky", { workspaceId: newId() });
    await lab.send("test/sleep", { attemptId: newId() });
    await lab.after();
    const found = async (q: string) => (await listJobs({ ctx, input: { q } })).map((run) => run.id);
    const [mine] = await found(workspaceId);
    expect(await found(workspaceId)).toHaveLength(1);
    expect(await found(eventId)).toEqual([mine]);
    expect(await found(mine ?? "")).toEqual([mine]);
    expect(await found("欧阳寻寻")).toEqual([mine]);
    expect(await found("sleep")).toHaveLength(1);
    expect(await found("DISK of the")).toHaveLength(2);
    expect(await found("100%_no")).toEqual([]);
    expect((await listJobs({ ctx, input: { q: workspaceId } }))[0]?.link?.person?.name).toBe("欧阳寻寻");
    const pages: string[] = [];
    let before: string | undefined;
    do {
      const [run] = await listJobs({ ctx, input: { limit: 1, before } });
      before = run?.id;
      if (run) pages.push(run.id);
    } while (before);
    expect(pages).toEqual([...pages].sort().reverse());
    expect(pages).toHaveLength(3);
    await db.delete(workspaces).where(eq(workspaces.id, workspaceId));
    await db.delete(users).where(inArray(users.id, [person]));
  });
});

describe("what is shown", () => {
  test("the queue, by the database's clock, and workers that live or not", async () => {
    const at = Date.now();
    const job = (due: number, leaseOwner: string | null) => ({
      id: newId(),
      runId: newId(),
      stepId: "step",
      functionId: "test-flaky",
      dueAt: new Date(at + due),
      leaseOwner,
      createdAt: new Date(at),
    });
    await db.insert(executorJobs).values([job(-30_000, null), job(-5_000, null), job(60_000, null)]);
    await db.insert(executorJobs).values([job(25_000, "here:1")]);
    await db.insert(executorWorkers).values([
      { owner: "here:1", startedAt: new Date(at - 1_000), seenAt: new Date(at) },
      { owner: "there:2", startedAt: new Date(at - 9_000), seenAt: new Date(at - 100_000) },
    ]);
    const queue = await queueState({ ctx });
    expect(queue).toMatchObject({ depth: 2, running: 1, workersAlive: 1 });
    expect(Math.round(queue.oldestSeconds)).toBeGreaterThanOrEqual(29);
    expect(Math.round(queue.oldestSeconds)).toBeLessThan(40);
    const workers = await listWorkers({ ctx });
    expect(workers).toMatchObject([
      { owner: "here:1", alive: true, jobs: [{ functionId: "test-flaky" }] },
      { owner: "there:2", alive: false, jobs: [] },
    ]);
  });

  test("rates and latencies are what happened", async () => {
    const now = Date.now();
    const run = (state: "completed" | "failed", ago: number, waitMs: number, tookMs: number) => ({
      id: newId(),
      functionId: "test-flaky",
      eventId: newId(),
      state,
      createdAt: new Date(now - ago - tookMs - waitMs),
      startedAt: new Date(now - ago - tookMs),
      endedAt: new Date(now - ago),
    });
    await db
      .insert(executorRuns)
      .values([
        ...Array.from({ length: 18 }, () => run("completed", 90_000, 20, 1_000)),
        run("failed", 90_000, 4_000, 500),
        run("failed", 90_000, 4_000, 500),
        run("completed", 2 * 3_600_000, 20, 1_000),
      ]);
    const wall = systemCtx("test");
    const { bars, functions } = await runStats({ ctx: wall, input: { range: "1h" } });
    expect(bars).toHaveLength(60);
    expect(bars.reduce((sum, bar) => sum + bar.completed, 0)).toBe(18);
    const full = bars.find((bar) => bar.failed > 0);
    expect(full).toMatchObject({ completed: 18, failed: 2 });
    expect(full?.waitP50).toBeGreaterThan(15);
    expect(full?.waitP50).toBeLessThan(25);
    expect(full?.waitP95).toBeGreaterThan(3_000);
    expect(functions).toMatchObject([{ functionId: "test-flaky", completed: 18, failed: 2 }]);
    expect(functions[0]?.tookP50).toBeGreaterThan(800);
    expect(functions[0]?.tookP50).toBeLessThan(1_250);
  });

  test("a run in time: its queue, its steps, its sleep", async () => {
    await lab.send("test/sleep");
    await lab.after(3_600_000);
    const run = await getJob({ ctx, input: { id: (await newest("sleeper")).id } });
    expect(run.state).toBe("completed");
    const lanes = lanesOf(run);
    expect(lanes.map(({ kind, name }) => [kind, name])).toEqual([
      ["queue", ""],
      ["wait", "long"],
    ]);
    const [, sleep] = lanes;
    expect((sleep?.to?.getTime() ?? 0) - (sleep?.from.getTime() ?? 0)).toBe(3_600_000);
  });
});

test("runs, steps and retries are counted when they happen", async () => {
  const before = await figures();
  await failOne();
  fails = false;
  await failOne();
  refusals = 2;
  await lab.send("test/stubborn");
  await lab.after(20_000, 30_000);
  expect((await newest("stubborn")).state).toBe("completed");
  const after = await figures();
  const moved = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
  expect(moved('labyard_job_runs_started_total{function="test-flaky"}')).toBe(2);
  expect(moved('labyard_job_runs_finished_total{function="test-flaky",state="failed"}')).toBe(1);
  expect(moved('labyard_job_runs_finished_total{function="test-flaky",state="completed"}')).toBe(1);
  expect(moved('labyard_job_retries_total{function="test-stubborn"}')).toBe(2);
  expect(moved('labyard_job_retries_total{function="test-flaky"}')).toBe(0);
  expect(moved('labyard_job_step_seconds_count{function="test-flaky"}')).toBeGreaterThanOrEqual(4);
});

async function figures(): Promise<Map<string, number>> {
  const lines = (await metrics().text()).split("\n").filter((line) => line && !line.startsWith("#"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]));
}

test("without the permission nothing is shown or done", async () => {
  const nobody = createCtx({ type: "nobody", permissions: new Set() });
  for (const work of [
    () => listJobs({ ctx: nobody, input: {} }),
    () => queueState({ ctx: nobody }),
    () => runStats({ ctx: nobody, input: { range: "1h" } }),
    () => retryRun({ ctx: nobody, input: { id: newId(), from: "step" } }),
    () => cancelRun({ ctx: nobody, input: { id: newId() } }),
    () => replayFailed({ ctx: nobody, input: { from: "step", runs: { ids: [] } } }),
  ])
    await expect(work()).rejects.toMatchObject({ code: "unauthenticated" });
});
