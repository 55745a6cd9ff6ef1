// Random lives of instances through the doors of lib/clouds, on a clock that the seed moves: everything goes wrong, the
// process dies between any two steps, and at the end nothing is left, and what was paid is what the ledger says.
import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { charges, cloudAccounts, cloudResources } from "@/db/schema/clouds";
import { seeded } from "@/e2e/chance";
import { type Emulator, startEmulator } from "@/e2e/ecs-emulator";
import {
  deleteInstance,
  moveGuard,
  observeInstance,
  replaceSystemDisk,
  runInstance,
  snapshotDisk,
  startInstance,
  stopInstance,
  sweepRegion,
} from "@/lib/clouds";
import { clearClouds, emulatedRegion, emulatedSpec } from "@/lib/clouds/testing";
import { fixedClock } from "@/lib/platform/clock";
import { type Ctx, systemCtx } from "@/lib/platform/context";
import { toAppError } from "@/lib/platform/errors";
import { newId } from "@/lib/platform/ids";
import { comparesBill } from "./ledger";
import { forgetAll, ProcessLife, step } from "./process-life";
import { seedsOf } from "./seeds";
import { addTrouble, endTrouble } from "./trouble";

vi.mock("@/lib/clouds/api/client", async (original) => {
  const real = await original<typeof import("@/lib/clouds/api/client")>();
  const call: typeof real.call = (...asked) => step(() => real.call(...asked));
  return { ...real, call };
});

const db = database();
const second = 1_000;
const minute = 60_000;

type Wish = "running" | "resting" | "unsaved" | "gone";
type Desk = {
  id: string;
  wish: Wish;
  until: number;
  since: number;
  endedAt: number | null;
};

class World {
  readonly history: string[] = [];
  readonly desks: Desk[] = [];
  readonly clock = fixedClock("2026-11-02T00:00:00.000Z");
  readonly chance;
  life = new ProcessLife();
  deaths = 0;
  hostId = "";
  constructor(
    seed: number,
    readonly emulator: Emulator,
    clock: ReturnType<typeof fixedClock>,
  ) {
    this.clock = clock;
    this.chance = seeded(seed);
  }

  ctx(): Ctx {
    return systemCtx("test", { db: this.life.db, clock: this.clock });
  }

  say(what: string): void {
    const at = (this.clock.now().getTime() % 86_400_000) / second;
    this.history.push(`${at.toFixed(0).padStart(6)} s  ${what}`);
  }

  /** What one process does, until it has done it or is dead; then another one begins with what the rows say. */
  async run(what: string, work: (ctx: Ctx) => Promise<unknown>): Promise<boolean> {
    const said = await this.life.live(() =>
      work(this.ctx()).then(
        (value) => ({ value }),
        (error) => ({ error: toAppError(error) }),
      ),
    );
    if (said === "died") {
      this.say(`${what}: the process dies`);
      this.deaths++;
      this.life = new ProcessLife();
      forgetAll();
      return false;
    }
    if ("error" in said) {
      const { code, key } = said.error;
      this.say(`${what}: ${code} ${key}`);
      if (code === "internal") throw said.error;
      return false;
    }
    this.say(`${what}: ${JSON.stringify(said.value) ?? "done"}`);
    return true;
  }

  sweep() {
    const wanted = () => new Set(this.desks.filter(({ wish }) => wish !== "gone").map(({ id }) => id));
    return this.run("sweep", (ctx) => sweepRegion({ ctx, input: { hostId: this.hostId, isWanted: wanted } }));
  }

  /** What the life cycle does about one desk, whatever was done before. */
  async push(desk: Desk): Promise<void> {
    const input = { workspaceId: desk.id };
    if (desk.wish === "gone") {
      await this.run(`${name(desk)} delete`, (ctx) => deleteInstance({ ctx, input }));
      return;
    }
    if (desk.wish === "unsaved") {
      const isKept = await this.run(`${name(desk)} snapshot`, async (ctx) => {
        const seen = await observeInstance({ ctx, input });
        // Nobody was ever in it.
        if (seen.state === "missing" || !seen.externalId) return "nothing";
        const { done } = await snapshotDisk({ ctx, input: { ...input, reason: "unsaved" } });
        if (!done) throw toAppError(new Error("wait"));
        return "kept";
      }).catch(() => false);
      if (isKept) this.end(desk);
      return;
    }
    await this.run(`${name(desk)} ${desk.wish}`, async (ctx) => {
      const until = new Date(desk.until);
      if (desk.wish === "running")
        await runInstance({
          ctx,
          input: {
            ...input,
            hostId: this.hostId,
            spec: emulatedSpec(this.hostId, { spot: this.chance.pick(["never", "first"]) }),
            password: "Labyard-2026-x",
            guardAt: until,
            tags: { expires: until },
          },
        }).catch((error) => {
          // Final: people are told, and nothing is wanted any more.
          if (toAppError(error).code !== "unavailable") this.end(desk);
          throw error;
        });
      const seen = await observeInstance({ ctx, input });
      if (desk.wish === "resting" && seen.state === "running") await stopInstance({ ctx, input });
      if (desk.wish === "running" && seen.state === "stopped") await startInstance({ ctx, input });
      if (seen.state === "missing") this.end(desk);
      return seen.state;
    });
  }

  end(desk: Desk): void {
    desk.wish = "gone";
    desk.endedAt ??= this.clock.now().getTime();
  }
}

const name = ({ id }: Desk) => id.slice(-4);

async function act(world: World): Promise<void> {
  const { chance, desks, emulator, clock } = world;
  const open = desks.filter(({ wish }) => wish !== "gone");
  const now = clock.now().getTime();
  const one = open.length > 0 ? chance.pick(open) : null;
  switch (
    chance.pick([
      "start",
      "start",
      "push",
      "push",
      "push",
      "rest",
      "extend",
      "renew",
      "unsaved",
      "stop",
      "stop",
      "sweep",
      "sweep",
      "time",
      "time",
      "time",
      "reclaim",
      "trouble",
      "trouble",
      "death",
      "death",
      "heal",
    ])
  ) {
    case "start": {
      if (open.length >= 3) return;
      const desk: Desk = {
        id: newId(),
        wish: "running",
        until: now + 90 * minute,
        since: now,
        endedAt: null,
      };
      desks.push(desk);
      return world.push(desk);
    }
    case "push":
      for (const desk of desks) await world.push(desk);
      return;
    case "rest":
      if (one && one.wish !== "unsaved") one.wish = one.wish === "resting" ? "running" : "resting";
      return;
    case "extend": {
      if (!one) return;
      const until = now + chance.between(60, 300) * minute;
      const done = await world.run(`${name(one)} extend`, (ctx) =>
        moveGuard({ ctx, input: { workspaceId: one.id, until: new Date(until) } }),
      );
      if (!done) return;
      one.until = until;
      const all = emulator.cloud.instances.all().filter(({ tags }) => tags.get("lab:workspace") === one.id);
      for (const { autoReleaseAt } of all) expect(autoReleaseAt).toBeGreaterThan(until);
      return;
    }
    case "renew":
      if (one)
        await world.run(`${name(one)} renew`, (ctx) =>
          replaceSystemDisk({
            ctx,
            input: {
              workspaceId: one.id,
              image: emulatedSpec(world.hostId).image,
              password: "Labyard-2026-y",
            },
          }),
        );
      return;
    case "unsaved":
      if (!one) return;
      one.wish = "unsaved";
      return world.push(one);
    case "stop":
      if (!one) return;
      world.end(one);
      return world.push(one);
    case "sweep":
      await world.sweep();
      return;
    case "time":
      clock.advance(Math.floor(chance.pick([second, 5 * second, 20 * second, 40 * second, 70 * second])));
      return;
    case "reclaim": {
      // Nobody can know an address that was bound and left alone between two looks (docs/clouds.md).
      if (emulator.knobs.addresses) return;
      const spots = emulator.cloud.instances.all().filter(({ spotStrategy }) => spotStrategy !== "NoSpot");
      if (spots.length === 0) return;
      const { id } = chance.pick(spots);
      world.say(`${id} is taken back`);
      return emulator.reclaim(id);
    }
    case "trouble":
      world.say(`trouble: ${addTrouble(emulator, chance)}`);
      return;
    case "heal":
      world.say("all is well");
      endTrouble(emulator);
      await db.update(cloudAccounts).set({ status: "enabled" });
      return;
    case "death":
      world.life.dieIn(Math.floor(chance.between(0, 16)));
  }
}

async function live(seed: number): Promise<{ calls: number; deaths: number; actions: Set<string> }> {
  forgetAll();
  const clock = fixedClock("2026-11-02T00:00:00.000Z");
  const emulator = await startEmulator({ now: () => clock.now().getTime(), world: String(seed) });
  const world = new World(seed, emulator, clock);
  // Others bind addresses to our instances in some lives.
  emulator.set({ addresses: world.chance.pick([null, null, "PayByTraffic", "PayByBandwidth"]) });
  try {
    ({ hostId: world.hostId } = await emulatedRegion(systemCtx("test", { db, clock }), emulator));
    const steps = world.chance.between(8, 28);
    for (let n = 0; n < steps; n++) await act(world);
    world.life.survive();
    endTrouble(emulator);
    await db.update(cloudAccounts).set({ status: "enabled" });
    for (const desk of world.desks) if (desk.wish !== "unsaved") world.end(desk);
    for (let n = 0; n < 10; n++) {
      for (const desk of world.desks) await world.push(desk);
      await world.sweep();
      const rows = await db.select().from(cloudResources);
      const isOver = rows.every(
        ({ state, keptFor }) => keptFor !== null || state === "gone" || state === "refused",
      );
      if (isOver && n > 2 && world.desks.every(({ wish }) => wish === "gone")) break;
      clock.advance(40 * second);
    }
    await check(world);
  } catch (error) {
    const text = `seed ${seed}\n${world.history.join("\n")}`;
    throw new Error(`${text}\n${error instanceof Error ? error.stack : String(error)}`);
  } finally {
    await emulator.close();
  }
  const actions = new Set(emulator.calls.log.map(({ action }) => action));
  return { calls: emulator.calls.count(), deaths: world.deaths, actions };
}

async function check({ emulator, clock, desks }: World): Promise<void> {
  const rows = await db.select().from(cloudResources);
  const kept = rows.filter(({ keptFor, state }) => keptFor === "unsaved" && state === "running");
  const { snapshots, ...left } = emulator.leftovers();
  expect(left, "nothing is left").toEqual({ instances: [], disks: [], eips: [], images: [] });
  expect(new Set(snapshots), "but what is kept").toEqual(new Set(kept.map(({ externalId }) => externalId)));
  expect(rows.filter(({ state, keptFor }) => !keptFor && !["gone", "refused"].includes(state))).toEqual([]);
  const all = await db.select().from(charges);
  const now = clock.now().getTime();
  const open = all.filter(({ untilAt }) => untilAt === null);
  expect(
    open.every(({ resourceId }) => kept.some(({ id }) => id === resourceId)),
    "nothing else costs on",
  ).toBe(true);
  comparesBill(emulator, rows, all, now);
  const { total } = emulator.bill();
  // So long after somebody stopped wanting it may it cost: what is refused, or dies, is done by the next sweeps.
  const grace = 30 * minute;
  const bound =
    desks.reduce((sum, { since, endedAt }) => sum + ((endedAt ?? now) - since + grace) * 0.25e6, 0) /
    3_600_000;
  expect(total).toBeLessThanOrEqual(bound);
}

beforeEach(async () => {
  await clearClouds(db);
});
afterAll(closeDatabase);

test("whatever goes wrong, nothing is left and the ledger is the bill", {
  timeout: 20 * minute,
}, async () => {
  let [seeds, calls, deaths] = [0, 0, 0];
  const failed: unknown[] = [];
  const began = performance.now();
  for (const seed of seedsOf(Number(process.env.COUNT ?? 500), 0)) {
    await clearClouds(db);
    seeds++;
    try {
      const done = await live(seed);
      calls += done.calls;
      deaths += done.deaths;
    } catch (error) {
      failed.push(error);
      if (failed.length >= 4) break;
    }
  }
  const took = ((performance.now() - began) / 1_000).toFixed(1);
  console.log(`${seeds} seeds, ${calls} calls, ${deaths} deaths in ${took} s`);
  if (failed.length > 0) throw new AggregateError(failed, failed.map(String).join("\n\n"));
});
