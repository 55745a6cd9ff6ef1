import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { and, count, eq, inArray, like } from "drizzle-orm";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { database } from "@/db/client";
import { outbox } from "@/db/schema/audit";
import { executorEvents, executorJobs, executorRuns, executorWaits } from "@/db/schema/executor";
import { evaluate, nodesOf, random } from "./testing/graph";
import { createLab, testClient } from "./testing/harness";

const long = Boolean(process.env.LONG);
const runs = 200;
/** New runs come in rounds of 200 until then; what is open is finished after it. */
const rounds = long
  ? { ms: 600_000, killEvery: [1_000, 5_000], kills: Number.POSITIVE_INFINITY }
  : { ms: 0, killEvery: [600, 2_400], kills: 12 };
const seed = Number(process.env.SEED ?? Date.now()) % 100_000;
const folder = mkdtempSync(join(tmpdir(), "labyard-crash-"));
const child = join(process.cwd(), "node_modules", ".cache", `crash-child-${process.pid}.mjs`);
const lab = createLab(testClient(), []);
const db = database();

beforeAll(() =>
  build({
    entryPoints: ["lib/executor/testing/crash-child.ts"],
    outfile: child,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    tsconfig: "tsconfig.server.json",
    logLevel: "error",
  }),
);
// What other tests left asleep is none of this one's runs.
beforeAll(async () => {
  for (const table of [executorRuns, executorJobs, executorWaits, executorEvents, outbox])
    await db.delete(table);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(child, { force: true });
});

/** Starts a process that is started again whenever it dies, until it is told to stay dead. */
function immortal(owner: string, file: string, next: () => number) {
  let process: ChildProcess;
  let deaths = 0;
  let over = false;
  let works = false;
  const live = () => {
    const chance = deaths < 5 ? "0.004" : "0";
    const self = `${Math.floor(next() * 1e6)}`;
    process = spawn(globalThis.process.execPath, [child, owner, file, self, chance], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    process.on("message", () => {
      works = true;
    });
    process.on("exit", () => {
      works = false;
      deaths++;
      if (!over) live();
    });
  };
  live();
  return {
    kill: () => process.kill("SIGKILL"),
    /** On a slow machine it may take longer to come up than the time between two kills. */
    get works() {
      return works;
    },
    get deaths() {
      return deaths;
    },
    end: () => {
      over = true;
      process.kill("SIGKILL");
    },
  };
}

const open = inArray(executorRuns.state, ["queued", "running"]);

async function howMany(functionId: string, more = eq(executorRuns.functionId, functionId)): Promise<number> {
  const [row] = await db
    .select({ count: count() })
    .from(executorRuns)
    .where(and(eq(executorRuns.functionId, functionId), more));
  return row?.count ?? 0;
}

/** Sends what runs wait for, once for each of them, when they wait for it. */
async function meet(sent: Set<string>): Promise<void> {
  const waits = await db
    .select({ condition: executorWaits.condition })
    .from(executorWaits)
    .where(eq(executorWaits.eventName, "crash/go"));
  for (const { condition } of waits) {
    const mark = /\d+\/n\d+/.exec(condition ?? "")?.[0];
    if (!mark || sent.has(mark)) continue;
    sent.add(mark);
    await lab.send("crash/go", { mark });
  }
}

test(
  `SIGKILL at random moments: every run ends once, as if nothing had happened (SEED=${seed})`,
  async () => {
    const next = random(seed);
    const file = join(folder, "effects");
    await lab.send("crash/suicide");
    const copies = [immortal("copy-a", file, next), immortal("copy-b", file, next)];
    const started = performance.now();
    const seeds: number[] = [];
    const sent = new Set<string>();
    let [kills, killAt] = [0, started + 1_200];
    const soon = () => rounds.killEvery.map((ms, index) => ms * (index ? next() : 1)).reduce((a, b) => a + b);

    for (;;) {
      const at = performance.now();
      const left = seeds.length === 0 ? 0 : await howMany("test-graph", open);
      const begun = seeds.length === 0 || (await howMany("test-graph")) === seeds.length;
      if (begun && left === 0) {
        if (seeds.length > 0 && at - started > rounds.ms) break;
        const more = Array.from({ length: runs }, (_, n) => (seed % 1_000) * 1_000_000 + seeds.length + n);
        seeds.push(...more);
        for (const one of more) await lab.send("crash/graph", { seed: one });
      }
      await meet(sent);
      const victim = copies[kills % 2];
      if (at > killAt && kills < rounds.kills && victim?.works) {
        victim.kill();
        kills++;
        killAt = at + soon();
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (at - started > rounds.ms + 300_000) throw new Error(`SEED=${seed}: ${left} runs are still open`);
    }
    // The last of what they told, and the run that kills its process.
    await expect.poll(() => db.select().from(executorRuns).where(open), { timeout: 60_000 }).toEqual([]);
    const took = Math.round(performance.now() - started);
    for (const copy of copies) copy.end();
    const deaths = copies.reduce((sum, copy) => sum + copy.deaths, 0);
    console.info(
      `SEED=${seed}: ${seeds.length} runs in ${took} ms, ${deaths} deaths, ${kills} of them by SIGKILL`,
    );

    const graphs = await db
      .select({ state: executorRuns.state, output: executorRuns.output, data: executorEvents.data })
      .from(executorRuns)
      .innerJoin(executorEvents, eq(executorEvents.id, executorRuns.eventId))
      .where(eq(executorRuns.functionId, "test-graph"));
    const ends = new Map(
      graphs.map(({ state, output, data }) => [Number(JSON.parse(data).seed), `${state} ${output}`]),
    );
    expect(graphs).toHaveLength(seeds.length);
    expect(ends).toEqual(new Map(seeds.map((one) => [one, `completed ${JSON.stringify(evaluate(one))}`])));

    const nodes = seeds.flatMap((one) => nodesOf(one));
    const marks = (kind: string) => nodes.filter(({ node }) => node.kind === kind).map((one) => markOf(one));
    const effects = new Set(readFileSync(file, "utf8").trim().split("\n"));
    const wanted = [...marks("step"), ...marks("lost")];
    expect(wanted.filter((mark) => !effects.has(mark))).toEqual([]);
    expect([...effects].filter((line) => /^\d/.test(line)).sort()).toEqual(wanted.sort());

    // What is done by name is done once: events under an id, invoked runs, the word of a run's end.
    const told = await db.select().from(executorEvents).where(eq(executorEvents.name, "crash/told"));
    expect(told.map(({ data }) => JSON.parse(data).mark).sort()).toEqual(marks("tell").sort());
    expect(await howMany("test-told")).toBe(told.length);
    expect(await howMany("test-leaf")).toBe(marks("invoke").length);
    expect(await howMany("test-ended")).toBe(seeds.length);
    expect(await howMany("test-ended", eq(executorRuns.state, "completed"))).toBe(seeds.length);
    expect(await db.select().from(executorJobs)).toEqual([]);
    expect(await db.select().from(executorWaits)).toEqual([]);

    const lines = readFileSync(file, "utf8").trim().split("\n");
    const [suicide] = await db
      .select()
      .from(executorRuns)
      .where(
        and(eq(executorRuns.functionId, "test-suicide"), like(executorRuns.output, "%ProcessDiedError%")),
      );
    expect(suicide?.state).toBe("failed");
    // Some of its five starts may have been ended by another kill before it came to its own.
    const suicides = lines.filter((line) => line === "suicide").length;
    expect(suicides).toBeGreaterThan(0);
    expect(suicides).toBeLessThanOrEqual(5);
    expect(lines.filter((line) => line.startsWith("failure:"))).toHaveLength(1);
    expect(deaths).toBeGreaterThan(8);
  },
  rounds.ms + 400_000,
);

const markOf = ({ seed, node }: ReturnType<typeof nodesOf>[number]) => `${seed}/${node.id}`;
