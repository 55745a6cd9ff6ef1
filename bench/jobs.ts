import "./stand/aborted";
import { and, eq, inArray } from "drizzle-orm";
import { type Connection, createConnection } from "mysql2";
import { createConnection as connect } from "mysql2/promise";
import pino from "pino";
import { closeDatabase, database } from "@/db/client";
import { executorEvents, executorJobs, executorRuns, executorSteps, outbox } from "@/db/schema";
import { Service } from "@/e2e/service";
import { freePort } from "@/e2e/upstream/world";
import { sendEvent, signingKey } from "@/inngest/client";
import { createExecutor, loopbackCall } from "@/lib/executor";
import { systemCtx } from "@/lib/platform/context";
import { median, quantile, report, say } from "./stand/results";

/**
 * From the end of one step to the end of the next in the running service, beside the very statements of such steps
 * sent again over one connection with nothing around them.
 */
const rounds = 5;
const runsEach = 8;
const atOnce = 200;
const functionId = "labyard-bench-steps";

const service = new Service({ name: "bench", port: await freePort(), env: settings({}) });
Object.assign(process.env, service.environment());
const statements: Statement[] = [];
await listenIn();
await service.freshDatabase();
await service.start();
const ctx = systemCtx("bench");
try {
  await finished(await request(20)); // warms up
  const script = await record();
  const ours: number[] = [];
  const raw: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const both = { ours: [] as number[], raw: [] as number[] };
    const mine = async () => {
      for (let n = 0; n < runsEach; n++) {
        const [at = []] = await finished(await request(1));
        both.ours.push(...gaps(at));
      }
    };
    const peers = async () => {
      for (let n = 0; n < runsEach; n++) both.raw.push(...(await replay(script)));
    };
    if (round % 2) {
      await mine();
      await peers();
    } else {
      await peers();
      await mine();
    }
    say(
      `round ${round}: ours p50 ${median(both.ours).toFixed(2)} ms, p95 ${quantile(both.ours, 0.95).toFixed(2)} ms; raw p50 ${median(both.raw).toFixed(2)} ms`,
    );
    ours.push(median(both.ours));
    raw.push(median(both.raw));
  }
  const began = performance.now();
  await finished(await request(atOnce));
  const perSecond = atOnce / ((performance.now() - began) / 1_000);
  const peer = median(raw);
  report([
    // At most 10 ms above the statements alone.
    {
      bench: "jobs step",
      unit: "ms",
      ours: median(ours),
      peer,
      goal: `<=${((peer + 10) / peer).toFixed(2)}`,
    },
    { bench: "jobs runs of ten steps", unit: "runs/s", ours: perSecond },
    {
      bench: "jobs queries per step",
      unit: "queries",
      ours: median(script.steps.map((step) => step.length)),
    },
  ]);
} finally {
  await service.stop();
  await closeDatabase();
}
process.exit(0);

type Statement = { sql: string; values: unknown[]; how: "query" | "execute" };
type Script = { runId: string; eventId: string; before: Statement[]; steps: Statement[][] };

function settings(more: Record<string, string>): Record<string, string> {
  return { NODE_ENV: "test", BENCH: "1", LOG_LEVEL: "warn", ...more };
}

/** Everything that this process asks the database from now on is written down. */
async function listenIn(): Promise<void> {
  const sample = createConnection({ uri: service.databaseUrl.replace(/\/[^/]*$/, "/") });
  await new Promise((resolve, reject) => sample.connect((error) => (error ? reject(error) : resolve(null))));
  let prototype = Object.getPrototypeOf(sample) as Connection;
  while (!Object.hasOwn(prototype, "execute")) prototype = Object.getPrototypeOf(prototype) as Connection;
  for (const how of ["query", "execute"] as const) {
    const original = prototype[how] as (...args: unknown[]) => unknown;
    Object.assign(prototype, {
      [how](this: Connection, sql: unknown, values: unknown, ...rest: unknown[]) {
        // A pool hands over a command that it has made of both.
        const command =
          typeof sql === "string" ? { sql, values } : (sql as { sql: string; values?: unknown });
        const given = command.values ?? values;
        statements.push({ sql: command.sql, values: Array.isArray(given) ? given : [], how });
        return original.call(this, sql, values, ...rest);
      },
    });
  }
  sample.destroy();
}

/**
 * One run by an executor in this process, with the service's own pages and functions: what it asked before the
 * first call, and between one call and the next.
 */
async function record(): Promise<Script> {
  await service.stop();
  const quiet = new Service({ ...service.options, env: settings({ EXECUTOR: "off" }) });
  await quiet.start();
  const calls: { at: number; of: string }[] = [];
  const loopback = loopbackCall({ host: new URL(service.url).host });
  const executor = createExecutor({
    db: database(),
    owner: "bench",
    parallel: 1,
    endpoint: { url: `http://127.0.0.1:${service.options.port}/api/inngest`, signingKey: signingKey() },
    call: (call) => {
      calls.push({ at: statements.length, of: new URL(call.url).searchParams.get("fnId") ?? "" });
      return loopback(call);
    },
    log: pino({ level: "silent" }),
  });
  await executor.register();
  await executor.drain(); // what other functions had to do
  const known = new Set((await runIds()).map(({ id }) => id));
  calls.length = 0;
  const first = statements.length;
  await sendEvent(ctx, database(), "bench/requested", { n: 0 });
  await executor.drain();
  const steps = calls.flatMap((call, i) => {
    const next = calls[i + 1];
    return call.of === functionId && next?.of === functionId ? [statements.slice(call.at, next.at)] : [];
  });
  const before = statements.slice(first, calls.find(({ of }) => of === functionId)?.at);
  const run = (await runIds()).find(({ id }) => !known.has(id));
  await quiet.stop();
  await service.start();
  if (!run || steps.length < 9) throw new Error(`only ${steps.length} steps were written down`);
  say(`a step is ${steps.map((step) => step.length).join(", ")} statements`);
  return { runId: run.id, eventId: run.eventId, before, steps };
}

/** The statements once more, from the same beginning, one after the other on one connection: ms of each step. */
async function replay({ runId, eventId, before, steps }: Script): Promise<number[]> {
  const db = database();
  await db.delete(executorSteps).where(eq(executorSteps.runId, runId));
  await db.delete(executorJobs).where(eq(executorJobs.runId, runId));
  await db.delete(executorRuns).where(eq(executorRuns.id, runId));
  await db.delete(executorEvents).where(eq(executorEvents.id, eventId));
  await db.delete(outbox).where(eq(outbox.id, eventId));
  const connection = await connect({ uri: service.databaseUrl, timezone: "Z" });
  await connection.query("SET SESSION time_zone = '+00:00', tx_isolation = 'READ-COMMITTED'");
  const send = async (list: Statement[]) => {
    for (const { sql, values, how } of list) {
      if (how === "query") await connection.query(sql, values);
      else await connection.execute(sql, values as never);
    }
  };
  try {
    await send(before);
    const times: number[] = [];
    for (const step of steps) {
      const began = performance.now();
      await send(step);
      times.push(performance.now() - began);
    }
    return times;
  } finally {
    await connection.end();
  }
}

async function request(runs: number): Promise<string[]> {
  const known = new Set((await runIds()).map(({ id }) => id));
  for (let n = 0; n < runs; n++) await sendEvent(ctx, database(), "bench/requested", { n });
  for (;;) {
    const fresh = (await runIds()).map(({ id }) => id).filter((id) => !known.has(id));
    if (fresh.length >= runs) return fresh;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function runIds() {
  return database()
    .select({ id: executorRuns.id, eventId: executorRuns.eventId })
    .from(executorRuns)
    .where(eq(executorRuns.functionId, functionId));
}

/** When each step of each run ended, in ms. */
async function finished(ids: string[]): Promise<number[][]> {
  for (;;) {
    const rows = await database()
      .select({ state: executorRuns.state, output: executorRuns.output })
      .from(executorRuns)
      .where(
        and(inArray(executorRuns.id, ids), inArray(executorRuns.state, ["completed", "failed", "cancelled"])),
      );
    if (rows.some(({ state }) => state !== "completed"))
      throw new Error("a run of the bench did not complete");
    if (rows.length === ids.length) return rows.map(({ output }) => JSON.parse(output ?? "[]") as number[]);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function gaps(at: number[]): number[] {
  return at.slice(1).map((time, i) => time - (at[i] ?? time));
}
