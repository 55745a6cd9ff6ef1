import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { eq, isNull } from "drizzle-orm";
import { Inngest } from "inngest";
import { expect, test } from "vitest";
import { database } from "@/db/client";
import { outbox } from "@/db/schema/audit";
import { executorJobs, executorRuns, executorWorkers } from "@/db/schema/executor";
import { createCtx, nobody } from "@/lib/platform/context";
import { liveCopies } from "@/lib/platform/copies";
import { createForwarder } from "./forward";
import { getRun, listRuns } from "./list-runs";
import { pruneRuns } from "./prune-runs";
import { createLab, endpoint, serveHere, silent, testClient } from "./testing/harness";

const minute = 60_000;

/** Counts how many of a kind are under way at once. */
function gauge() {
  const now = new Map<string, number>();
  const most = new Map<string, number>();
  return {
    most,
    async hold(key: string, ms = 60) {
      const count = (now.get(key) ?? 0) + 1;
      now.set(key, count);
      most.set(key, Math.max(count, most.get(key) ?? 0));
      await new Promise((resolve) => setTimeout(resolve, ms));
      now.set(key, count - 1 < 0 ? 0 : (now.get(key) ?? 1) - 1);
    },
  };
}

test("concurrency: a limit per key, counted over two executors; other keys go on", async () => {
  const client = testClient();
  const { hold, most } = gauge();
  const lab = createLab(client, [
    client.createFunction(
      {
        id: "keyed",
        triggers: [{ event: "f/keyed" }],
        concurrency: [{ limit: 2, key: "event.data.k" }, { limit: 5 }],
      },
      async ({ event, step }) => {
        await step.run("work", async () => {
          await Promise.all([hold(event.data.k), hold("all")]);
        });
      },
    ),
  ]);
  const other = lab.make();
  await Promise.all([lab.executor.register(), other.register()]);
  for (let n = 0; n < 30; n++) await lab.send("f/keyed", { k: n < 15 ? "a" : `b${n % 5}` });
  while ((await lab.runs("keyed")).filter(({ state }) => state === "completed").length < 30) {
    await Promise.all([lab.executor.drain(), other.drain()]);
  }
  expect(most.get("a")).toBe(2);
  expect(most.get("all")).toBeGreaterThan(2);
  expect(most.get("all")).toBeLessThanOrEqual(5);
});

test("a sleeping run holds no place of its concurrency key", async () => {
  const client = testClient();
  const began: number[] = [];
  const lab = createLab(client, [
    client.createFunction(
      { id: "dozing", triggers: [{ event: "f/dozing" }], concurrency: 1 },
      async ({ event, step }) => {
        await step.run("begin", () => began.push(event.data.n));
        await step.sleep("doze", "1h");
      },
    ),
  ]);
  await lab.executor.register();
  for (let n = 0; n < 3; n++) await lab.send("f/dozing", { n });
  await lab.after();
  expect(began.sort()).toEqual([0, 1, 2]);
});

test("cron: each slot once with two executors; slots missed while nothing ran are left out", async () => {
  const client = testClient();
  const lab = createLab(client, [
    client.createFunction(
      { id: "minutely", triggers: [{ cron: "* * * * *" }] },
      async ({ event }) => event.data,
    ),
    client.createFunction(
      { id: "nightly", triggers: [{ cron: "TZ=Asia/Shanghai 0 9 * * *" }] },
      async () => null,
    ),
  ]);
  const other = lab.make();
  await Promise.all([lab.executor.register(), other.register()]);
  const both = async (ms: number) => {
    lab.clock.advance(ms);
    await Promise.all([lab.executor.drain(), other.drain()]);
  };
  await both(30_000);
  expect(await lab.runs("minutely")).toHaveLength(0);
  for (let n = 0; n < 3; n++) await both(minute);
  expect(await lab.runs("minutely")).toHaveLength(3);
  // Restarted after half an hour: no rush of what was missed, the next slot comes.
  lab.clock.advance(30 * minute);
  await lab.executor.register();
  await both(0);
  await both(minute);
  expect((await lab.runs("minutely")).length).toBeLessThanOrEqual(5);
  expect(await lab.runs("nightly")).toHaveLength(0);
  lab.clock.advance(26 * minute);
  await both(0);
  for (let n = 0; n < 4; n++) await both(30_000);
  expect(await lab.runs("nightly")).toHaveLength(1);
  const runs = await lab.runs("minutely");
  expect(runs[0]).toMatchObject({ state: "completed", output: { cron: "* * * * *" } });
});

test("two executors share the work: every step once, every run completed", async () => {
  const client = testClient();
  const effects: string[] = [];
  const lab = createLab(client, [
    client.createFunction({ id: "shared", triggers: [{ event: "f/shared" }] }, async ({ event, step }) => {
      const parts = [0, 1, 2].map((part) =>
        step.run(`part-${part}`, () => {
          effects.push(`${event.data.n}/${part}`);
        }),
      );
      await Promise.all(parts);
      await step.run("end", () => {
        effects.push(`${event.data.n}/end`);
      });
    }),
  ]);
  const other = lab.make();
  await Promise.all([lab.executor.register(), other.register()]);
  for (let n = 0; n < 40; n++) await lab.send("f/shared", { n });
  const states = async () => (await lab.runs("shared")).map(({ state }) => state);
  do await Promise.all([lab.executor.drain(), other.drain()]);
  while ((await states()).some((state) => state !== "completed"));
  expect(await states()).toHaveLength(40);
  expect(effects).toHaveLength(160);
  expect(new Set(effects).size).toBe(160);
});

/** An executor whose process dies at a call: the call never comes back. */
const dies = () => new Promise<Response>(() => undefined);

test("a lease that ran out is taken by another; the late answer is dropped", async () => {
  const client = testClient();
  const effects: string[] = [];
  const lab = createLab(client, [
    client.createFunction({ id: "fenced", triggers: [{ event: "f/fenced" }] }, async ({ event, step }) => {
      const result = await step.run("slow", () => effects.push("slow"));
      await step.run("after", () => effects.push(`after ${event.data.n}`));
      return result;
    }),
  ]);
  let answer: (() => void) | undefined;
  const late = lab.make({
    call: async (request) => {
      const response = await lab.call(request);
      if (request.method === "POST") {
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
      }
      return response;
    },
  });
  await Promise.all([lab.executor.register(), late.register()]);
  await lab.send("f/fenced", { n: 1 });
  const stuck = late.drain();
  await expect.poll(() => answer).toBeDefined();
  await lab.executor.drain();
  expect(effects).toEqual(["slow"]);
  lab.clock.advance(31_000);
  await lab.executor.drain();
  expect(effects).toEqual(["slow", "slow", "after 1"]);
  answer?.();
  await stuck;
  expect(effects).toEqual(["slow", "slow", "after 1"]);
  expect(await lab.runs("fenced")).toMatchObject([{ state: "completed", output: 2 }]);
});

test("a process that comes back takes its own leases at once", async () => {
  const client = testClient();
  const lab = createLab(client, [
    client.createFunction({ id: "restarted", triggers: [{ event: "f/restarted" }] }, async () => "done"),
  ]);
  const dying = lab.make({
    owner: "same:3000",
    call: (request) => (request.method === "PUT" ? lab.call(request) : dies()),
  });
  await dying.start();
  await lab.send("f/restarted");
  dying.wake();
  await expect.poll(() => dying.running).toBe(1);
  await dying.stop({ graceMs: 0 });
  // stop() left the lease for some seconds in good order; a crash does not, so it is taken again by hand.
  lab.clock.advance(6_000);
  const crashed = lab.make({
    owner: "same:3000",
    call: (request) => (request.method === "PUT" ? lab.call(request) : dies()),
  });
  await crashed.register();
  void crashed.drain();
  await expect.poll(() => crashed.running).toBe(1);
  const reborn = lab.make({ owner: "same:3000", pollMs: 20 });
  await reborn.start();
  await expect.poll(async () => (await lab.runs("restarted"))[0]?.state).toBe("completed");
  await reborn.stop();
});

test("a step that kills its process fails after five starts and harms no other", async () => {
  const client = testClient();
  const effects: string[] = [];
  const lab = createLab(client, [
    client.createFunction(
      {
        id: "killer",
        triggers: [{ event: "f/kill" }],
        onFailure: async ({ error }: { error: Error }) => {
          effects.push(`onFailure ${error.name}`);
        },
      },
      async ({ step }) => {
        await Promise.all([step.run("kill", () => dies()), step.run("beside", () => effects.push("beside"))]);
      },
    ),
    client.createFunction({ id: "innocent", triggers: [{ event: "f/innocent" }] }, async ({ step }) => {
      await step.run("work", () => effects.push("innocent"));
    }),
  ]);
  await lab.send("f/kill");
  for (let n = 0; n < 6; n++) await lab.send("f/innocent", { n });

  const killStep = createHash("sha1").update("kill").digest("hex");
  let deaths = 0;
  for (let life = 0; life < 8; life++) {
    // Dead is the whole process: from the call of the killer on, no answer of this life comes back.
    let dead = false;
    // Nor does it ask the database for work: a claim that comes late would be one of the next life.
    const db = new Proxy(database(), {
      get: (alive, key) => (dead ? dies : Reflect.get(alive, key, alive)),
    });
    const process = lab.make({
      db,
      call: async (request) => {
        if (dead) return dies();
        if (request.url.includes(killStep)) {
          dead = true;
          deaths++;
          return dies();
        }
        const response = await lab.call(request);
        return dead ? dies() : response;
      },
    });
    await process.register();
    const drained = process.drain().catch((error) => (dead ? dies() : Promise.reject(error)));
    await Promise.race([drained, expect.poll(() => dead, { timeout: 30_000 }).toBe(true)]);
    lab.clock.advance(31_000);
    if (!dead) break;
  }
  await lab.executor.register();
  await lab.after();
  expect(deaths).toBe(5);
  expect(await lab.runs("innocent")).toMatchObject(Array(6).fill({ state: "completed" }));
  expect(await lab.runs("killer")).toMatchObject([{ state: "failed", output: { name: "ProcessDiedError" } }]);
  expect(effects.filter((effect) => effect.startsWith("onFailure"))).toEqual(["onFailure ProcessDiedError"]);
});

test("a run that did not begin in its time is cancelled, one that began is not", async () => {
  const client = testClient();
  const gate = Promise.withResolvers<void>();
  const lab = createLab(client, [
    client.createFunction(
      { id: "queue", concurrency: 1, timeouts: { start: "10m" }, triggers: [{ event: "f/queue" }] },
      async ({ step }) => {
        await step.run("long", () => gate.promise);
      },
    ),
  ]);
  // A lease that outlives the clock's jumps: the first run is long, not dead.
  const [working, watching] = [lab.make({ leaseMs: 3_600_000 }), lab.make()];
  await Promise.all([working.register(), watching.register()]);
  await lab.send("f/queue");
  const done = working.drain();
  await expect.poll(() => working.running).toBe(1);
  await lab.send("f/queue");
  await watching.drain();
  lab.clock.advance(9 * minute);
  await watching.drain();
  expect((await lab.runs("queue")).map(({ state }) => state)).toEqual(["running", "queued"]);
  lab.clock.advance(minute);
  await watching.drain();
  expect(await lab.runs("queue")).toMatchObject([
    { state: "running" },
    { state: "cancelled", output: { message: "Cancelled after its start timeout" } },
  ]);
  gate.resolve();
  await done;
  expect((await lab.runs("queue")).map(({ state }) => state)).toEqual(["completed", "cancelled"]);
});

test("singleton cancel under competition: whoever comes, one is left, and none comes to nothing", async () => {
  const client = testClient();
  const only = client.createFunction(
    { id: "only", singleton: { mode: "cancel" }, triggers: [{ event: "f/only" }] },
    async ({ step }) => step.sleep("z", "1h"),
  );
  const lab = createLab(client, [
    only,
    client.createFunction({ id: "rival", retries: 0, triggers: [{ event: "f/rival" }] }, async ({ step }) =>
      step.invoke("call", { function: only, data: {} }),
    ),
  ]);
  // Invokes are applied by whichever process has the rival: many transactions at once.
  const others = [lab.executor, lab.make(), lab.make()];
  await Promise.all(others.map((executor) => executor.register()));
  for (let n = 0; n < 24; n++) await lab.send("f/rival");
  const left = async () =>
    (await lab.states("rival")).filter(({ state }) => state === "running" || state === "queued");
  do await Promise.all(others.map((executor) => executor.drain()));
  while ((await left()).length > 1);
  const states = (await lab.runs("only")).map(({ state }) => state).sort();
  expect(states).toEqual([...Array(23).fill("cancelled"), "running"]);
  expect((await lab.runs("rival")).map(({ state }) => state).sort()).toEqual([
    ...Array(23).fill("failed"),
    "running",
  ]);
  await lab.after(60 * minute);
  expect(await left()).toEqual([]);
});

test("a suspect that takes its time holds up nobody, another suspect for seconds only", async () => {
  const client = testClient();
  const gate = Promise.withResolvers<void>();
  const began: Record<string, number> = {};
  const lab = createLab(client, [
    client.createFunction({ id: "suspect", triggers: [{ event: "f/suspect" }] }, async ({ event, step }) => {
      await step.run("work", async () => {
        began[event.data.who] = performance.now();
        if (event.data.who === "slow") await gate.promise;
      });
    }),
  ]);
  const executor = lab.make({ leaseMs: 3_600_000, pollMs: 20 });
  // The jobs are there, and both have seen their processes die twice.
  const idle = lab.make({ parallel: 0 });
  await idle.register();
  const deaths = { slow: 2, other: 2 };
  for (const [who, starts] of Object.entries(deaths)) {
    const id = await lab.send("f/suspect", { who });
    await idle.drain();
    const [run] = await database().select().from(executorRuns).where(eq(executorRuns.eventId, id));
    await database()
      .update(executorJobs)
      .set({ starts })
      .where(eq(executorJobs.runId, run?.id ?? ""));
    lab.clock.advance(1);
  }
  await executor.start();
  await expect.poll(() => began.slow).toBeDefined();
  await lab.send("f/suspect", { who: "innocent" });
  executor.wake();
  await expect.poll(() => began.innocent).toBeDefined();
  expect(began.other).toBeUndefined();
  await expect.poll(() => began.other, { timeout: 3_000 }).toBeDefined();
  gate.resolve();
  await expect
    .poll(async () => (await lab.states("suspect")).map(({ state }) => state))
    .toEqual(Array(3).fill("completed"));
  await executor.stop();
});

test("a step that ends in the last seconds of a stop is recorded; what never ends goes to another copy", async () => {
  const client = testClient();
  const gate = Promise.withResolvers<void>();
  const effects: string[] = [];
  const lab = createLab(client, [
    client.createFunction({ id: "parting", triggers: [{ event: "f/parting" }] }, async ({ event, step }) => {
      await step.run("slow", async () => {
        effects.push(`slow ${event.data.n}`);
        if (effects.length <= 2) await (event.data.n === 1 ? gate.promise : dies());
      });
      await step.run("after", () => effects.push(`after ${event.data.n}`));
    }),
  ]);
  const leaving = lab.make({ pollMs: 20 });
  await leaving.start();
  for (const n of [1, 2]) await lab.send("f/parting", { n });
  leaving.wake();
  await expect.poll(() => effects).toHaveLength(2);
  await leaving.stop({ graceMs: 0 });
  await lab.executor.register();
  await lab.executor.drain();
  expect(effects).toHaveLength(2);
  gate.resolve();
  await expect.poll(() => leaving.running).toBe(1);
  await lab.after(6_000);
  expect(effects.sort()).toEqual(["after 1", "after 2", "slow 1", "slow 2", "slow 2"]);
  const runs = await lab.runs("parting");
  expect(runs).toMatchObject([{ state: "completed" }, { state: "completed" }]);
});

test("a heartbeat counts the copies that live", async () => {
  await database().delete(executorWorkers);
  const lab = createLab(testClient(), []);
  const [first, second, late] = [lab.make(), lab.make(), lab.make()];
  await first.start();
  expect(liveCopies()).toBe(1);
  await second.start();
  expect(liveCopies()).toBe(2);
  lab.clock.advance(60_000);
  await late.start();
  expect(liveCopies(), "the others have been silent for a minute").toBe(1);
  for (const executor of [first, second, late]) await executor.stop();
});

test("events wait while the database is busy, and are not dropped", async () => {
  const client = testClient();
  const lab = createLab(client, [
    client.createFunction({ id: "patient", triggers: [{ event: "f/patient" }] }, async () => "done"),
  ]);
  await lab.executor.register();
  await lab.send("f/patient");
  let busy = 8;
  const strained = new Proxy(database(), {
    get: (db, key) => {
      if (key === "transaction" && busy-- > 0)
        return () => Promise.reject(Object.assign(new Error("deadlock"), { code: "ER_LOCK_DEADLOCK" }));
      const value: unknown = Reflect.get(db, key, db);
      return typeof value === "function" ? value.bind(db) : value;
    },
  });
  const executor = lab.make({ db: strained, call: lab.call });
  busy = 0;
  await executor.register();
  busy = 8;
  await executor.drain().catch(() => undefined);
  busy = 0;
  await executor.drain();
  expect(await lab.runs("patient")).toMatchObject([{ state: "completed", output: "done" }]);
});

test("a step that vanished from the code is found again under its new name", async () => {
  const client = testClient();
  const effects: string[] = [];
  let renamed = false;
  const lab = createLab(client, [
    client.createFunction({ id: "renamed", triggers: [{ event: "f/renamed" }] }, async ({ step }) => {
      await Promise.all([
        step.run("one", () => {
          renamed = true;
          effects.push("one");
        }),
        step.run(renamed ? "new" : "old", () => effects.push(renamed ? "new" : "old")),
      ]);
    }),
  ]);
  const single = lab.make({ parallel: 1 });
  await single.register();
  await lab.send("f/renamed");
  await single.drain();
  expect(effects.at(-1)).toBe("new");
  expect(await lab.runs("renamed")).toMatchObject([{ state: "completed" }]);
}, 30_000);

test("finished runs are pruned after their retention, live ones are not", async () => {
  const client = testClient();
  const lab = createLab(client, [
    client.createFunction({ id: "pruned", triggers: [{ event: "f/pruned" }] }, async ({ event, step }) => {
      await step.run("a", () => 1);
      if (event.data.stay) await step.sleep("long", "60d");
    }),
    client.createFunction(
      { id: "late", debounce: { period: "20d" }, triggers: [{ event: "f/late" }] },
      async () => "late",
    ),
  ]);
  await lab.executor.register();
  await lab.send("f/pruned");
  await lab.send("f/pruned", { stay: true });
  await lab.send("f/late");
  await lab.after();
  expect(await pruneRuns({ ctx: lab.ctx, input: { olderThanDays: 14 } })).toMatchObject({ runs: 0 });
  lab.clock.advance(15 * 86_400_000);
  const pruned = await pruneRuns({ ctx: lab.ctx, input: { olderThanDays: 14, batch: 1 } });
  expect(pruned.runs).toBeGreaterThan(0);
  expect((await lab.runs("pruned")).map(({ state }) => state)).toEqual(["running"]);
  // An event that is held back for its run is not an event without one.
  lab.clock.advance(6 * 86_400_000);
  await lab.after();
  expect(await lab.runs("late")).toMatchObject([{ state: "completed", output: "late" }]);
});

test("runs are shown to those who may see jobs, with steps, attempts and errors", async () => {
  const client = testClient();
  const lab = createLab(client, [
    client.createFunction({ id: "shown", retries: 1, triggers: [{ event: "f/shown" }] }, async ({ step }) => {
      await step.run("good", () => 1);
      await step.run("bad", () => {
        throw new Error("not today");
      });
    }),
  ]);
  await lab.executor.register();
  await lab.send("f/shown");
  await lab.after(10_000);
  const [run] = await lab.runs("shown");
  expect(run).toMatchObject({
    state: "failed",
    event: { name: "f/shown" },
    steps: [
      { name: "good", state: "done", attempts: 1, result: { type: "data", data: 1 } },
      { name: "bad", state: "failed", attempts: 2 },
    ],
  });
  expect(run?.attempts.map(({ attempt }) => attempt)).toEqual([0, 1, 0]);
  const stranger = createCtx(nobody);
  await expect(listRuns({ ctx: stranger, input: {} })).rejects.toThrow("unauthenticated");
  await expect(getRun({ ctx: stranger, input: { id: run?.id ?? "" } })).rejects.toThrow("unauthenticated");
  const page = await listRuns({ ctx: lab.ctx, input: { state: "failed", before: run?.id, limit: 5 } });
  expect(page.every((row) => row.state === "failed" && row.id < (run?.id ?? ""))).toBe(true);
});

test("with a real server the outbox is posted there, and kept while it does not answer", async () => {
  const posts: { id: string; name: string }[][] = [];
  const registered: number[] = [];
  let broken = true;
  const server = createServer(async (req, res) => {
    let body = "";
    for await (const chunk of req) body += chunk;
    if (req.url?.startsWith("/fn/register")) registered.push(JSON.parse(body).functions.length);
    else if (!broken) posts.push(JSON.parse(body));
    res.writeHead(broken ? 503 : 200).end('{"ok":true}');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new Inngest({
    ...endpoint,
    id: "test",
    isDev: false,
    eventKey: "key",
    baseUrl: base,
    logger: silent,
  });
  const fn = client.createFunction({ id: "remote", triggers: [{ event: "f/forwarded" }] }, async () => null);
  const lab = createLab(testClient(), []);
  await lab.executor.register();
  const id = await lab.send("f/forwarded", { n: 1 });
  const forwarder = createForwarder({
    db: database(),
    url: `${base}/e/key`,
    endpoint,
    call: serveHere(client, [fn]),
  });
  await expect(forwarder.forward()).rejects.toThrow("503");
  const waiting = () => database().select().from(outbox).where(isNull(outbox.sentAt));
  expect(await waiting()).toHaveLength(1);
  broken = false;
  await forwarder.register();
  expect(registered).toEqual([1]);
  expect(await forwarder.forward()).toBe(1);
  expect(posts).toMatchObject([[{ id, name: "f/forwarded", data: { n: 1 } }]]);
  expect(await waiting()).toHaveLength(0);
  expect(await database().select().from(executorRuns).where(eq(executorRuns.eventId, id))).toEqual([]);
  server.close();
});
