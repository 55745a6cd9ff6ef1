// Random lives of cloud desktops through the real life cycle (starts, jobs, stops, pauses, extensions, resets, the
// reconciler) with the real client over loopback, a real database and an emulator on a clock that the seed moves. Only
// bytes over SSH and the homes on a Docker host are in memory (outside.ts). Everything goes wrong, and the process dies
// between any two steps; at the end nothing is left, nothing is lost, and everybody was told the truth.
import { eq, inArray } from "drizzle-orm";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { closeDatabase, database } from "@/db/client";
import {
  attempts,
  changes,
  collections,
  homes,
  hosts,
  outbox,
  templateVersions,
  warmPlans,
  workspaceEvents,
  workspaces,
} from "@/db/schema";
import { budgets, charges, cloudAccounts, cloudFindings, cloudResources } from "@/db/schema/clouds";
import { seeded } from "@/e2e/chance";
import { type Emulator, startEmulator } from "@/e2e/ecs-emulator";
import { type World as Course, createWorld } from "@/e2e/world";
import {
  extendAttempt,
  finishClaim,
  reconcileAttempts,
  recordReady,
  resetHome,
  startTask,
} from "@/lib/attempts";
import { emulatedRegion, emulatedSpec } from "@/lib/clouds/testing";
import { setBudget } from "@/lib/costs";
import { fixedClock } from "@/lib/platform/clock";
import { type Ctx, createCtx, systemCtx, type UserActor } from "@/lib/platform/context";
import { AppError, toAppError } from "@/lib/platform/errors";
import {
  awaitBoot,
  causeOf,
  createContainer,
  createWarm,
  endReclaimed,
  failWorkspace,
  fetchAllWork,
  fillWarm,
  finishWorkspace,
  freezeWarm,
  pauseWorkspace,
  placeWaiting,
  prepareHome,
  reconcileWorkspaces,
  removeOutside,
  restartWorkspace,
  resumeWorkspace,
  stopWorkspace,
  wakeWorkspace,
} from "@/lib/workspaces";
import { useCloudContext as speakIn } from "@/lib/workspaces/drivers/ecs/machine";
import { addWarmPlan } from "@/lib/workspaces/warm/add-plan";
import { comparesBill } from "./ledger";
import { Outside, standOutside } from "./outside";
import { bendTime, forgetAll, ProcessLife, step } from "./process-life";
import { seedsOf } from "./seeds";
import { addTrouble, endTrouble } from "./trouble";

vi.mock("@/lib/clouds/api/client", async (original) => {
  const real = await original<typeof import("@/lib/clouds/api/client")>();
  const call: typeof real.call = (...asked) => step(() => real.call(...asked));
  return { ...real, call };
});
vi.mock("@/lib/workspaces/drivers/docker/driver", async () => ({
  dockerDriver: (await import("./outside")).homesDriver,
}));
vi.mock("@/lib/workspaces/drivers/docker/drive", async (original) => ({
  ...(await original<object>()),
  removeDriveGuacd: async () => undefined,
}));
vi.mock("@/lib/workspaces/drivers/ecs/ssh", async (original) => {
  const { line } = await import("./outside");
  return {
    ...(await original<object>()),
    linkTo: (...asked: Parameters<typeof line>) => step(() => line(...asked)),
    unlink: () => undefined,
  };
});
vi.mock("@/lib/workspaces/drivers/ecs/probe", async () => {
  const { answers } = await import("./outside");
  return { probe: (address: string) => step(() => answers(address)) };
});
vi.mock("@/lib/workspaces/drivers/ecs/settled", async () => {
  const { hasSettled } = await import("./outside");
  return { hasSettled: () => step(hasSettled) };
});
// What the process of a press does at once, its job does here, so that a seed is the same each time.
vi.mock("@/lib/attempts/finish-claim", async (original) => {
  const real = await original<typeof import("@/lib/attempts/finish-claim")>();
  const isHurried = ({ actor }: Ctx) => actor.type === "system" && actor.job === "workspace-claim";
  const finishClaim: typeof real.finishClaim = async (asked) =>
    isHurried(asked.ctx) ? "wait" : real.finishClaim(asked);
  return { finishClaim };
});
vi.mock("@/lib/workspaces/drivers/ecs/look", () => ({
  logs: async () => "",
  stats: async () => ({}),
  busy: async () => null,
}));
vi.mock("@/lib/workspaces/drivers/ecs/deliver", async (original) => {
  const { deliver } = await import("./outside");
  return {
    ...(await original<object>()),
    deliverHome: (...asked: Parameters<typeof deliver>) => step(() => deliver(...asked)),
  };
});
vi.mock("@/lib/workspaces/drivers/ecs/fetch", async () => {
  const { fetch, isAtRest } = await import("./outside");
  return { fetchHome: (...asked: Parameters<typeof fetch>) => step(() => fetch(...asked)), isAtRest };
});

const db = database();
const second = 1_000;
const minute = 60_000;
const students = 3;
let course: Course;

type Written = { path: string; homeId: string; workspaceId: string; diskId: string };

class World {
  readonly history: string[] = [];
  readonly files: Written[] = [];
  readonly chance;
  readonly outside: Outside;
  life = new ProcessLife();
  deaths = 0;
  hostId = "";
  readonly failures = new Map<string, number>();

  constructor(
    seed: number,
    readonly emulator: Emulator,
    readonly clock: ReturnType<typeof fixedClock>,
  ) {
    this.chance = seeded(seed);
    this.outside = new Outside(emulator);
    this.begin();
  }

  /** A process that knows only what the rows say. */
  begin(): void {
    forgetAll();
    this.life = new ProcessLife();
    speakIn(this.ctx());
  }

  ctx(actor?: UserActor): Ctx {
    const how = { db: this.life.db, clock: this.clock };
    return actor ? createCtx(actor, how) : systemCtx("test", how);
  }

  say(what: string): void {
    const at = (this.clock.now().getTime() % 86_400_000) / second;
    this.history.push(`${at.toFixed(0).padStart(6)} s  ${what}`);
  }

  /** What one process does, until it has done it or is dead; then another one begins. */
  async run<T>(what: string, work: () => Promise<T>): Promise<T | null> {
    const said = await this.life.live(() =>
      work().then(
        (value) => ({ value }),
        (error: unknown) => ({ error }),
      ),
    );
    if (said === "died") {
      this.say(`${what}: the process dies`);
      this.deaths++;
      this.begin();
      return null;
    }
    if ("error" in said) {
      const { error } = said;
      this.say(
        `${what}: ${error instanceof AppError ? `${error.code} ${error.key}` : String(error).slice(0, 300)}`,
      );
      // A mistake of ours, not trouble.
      if (error instanceof TypeError || error instanceof ReferenceError) throw error;
      return null;
    }
    this.say(`${what}: ${JSON.stringify(said.value) ?? "done"}`);
    return said.value;
  }

  live() {
    return db
      .select()
      .from(workspaces)
      .where(
        inArray(workspaces.state, [
          "requested",
          "queued",
          "provisioning",
          "booting",
          "ready",
          "paused",
          "stopping",
        ]),
      );
  }

  /** What the durable jobs do: one step of each that somebody waits for. */
  async jobs(): Promise<void> {
    for (const { id, state, step: at, purpose, claimedAt } of await this.live()) {
      const input = { workspaceId: id };
      const name = id.slice(-4);
      if (state === "requested" || state === "queued")
        await this.run("place", () => placeWaiting({ ctx: this.ctx() }));
      else if (state === "stopping") {
        await this.run(`${name} stop`, async () => {
          await removeOutside({ ctx: this.ctx(), input });
          return finishWorkspace({ ctx: this.ctx(), input });
        });
      } else if (purpose === "warm" && state !== "paused")
        await this.try(`${name} warms`, input, async () => {
          const asked = { ctx: this.ctx(), input };
          const made = await createWarm(asked);
          return made === "done" ? freezeWarm(asked) : made;
        });
      else if (state === "booting" && claimedAt)
        await this.try(`${name} claim`, input, () => finishClaim({ ctx: this.ctx(), input }));
      else if ((state === "provisioning" && at !== "turn") || state === "booting")
        await this.boot(name, input);
      else if (state === "paused" && at === "wake")
        await this.run(`${name} wake`, () => wakeWorkspace({ ctx: this.ctx(), input }));
    }
  }

  async boot(name: string, input: { workspaceId: string }): Promise<void> {
    const ctx = this.ctx();
    await this.try(`${name} boot`, input, async () => {
      const prepared = await prepareHome({ ctx, input });
      if (prepared !== "done") return `home ${prepared}`;
      const created = await createContainer({ ctx, input });
      if (created !== "done") return `instance ${created}`;
      const up = await awaitBoot({ ctx, input });
      if (up !== "done") return `boot ${up}`;
      return (await recordReady({ ctx, input })) ? "ready" : "unwanted";
    });
  }

  /** As a job does it: four times, then it is told as failed. */
  async try(what: string, input: { workspaceId: string }, work: () => Promise<string>): Promise<void> {
    const ctx = this.ctx();
    await this.run(what, async () => {
      try {
        return await work();
      } catch (error) {
        const before = this.failures.get(input.workspaceId) ?? 0;
        this.failures.set(input.workspaceId, before + 1);
        if (before < 3) throw error;
        await failWorkspace({
          ctx,
          input: { ...input, cause: causeOf(error), detail: toAppError(error).message },
        });
        return "given up";
      }
    });
  }

  reconcile() {
    return this.run("reconcile", async () => {
      const ctx = this.ctx();
      await reconcileAttempts({ ctx });
      return reconcileWorkspaces({ ctx });
    });
  }

  instanceOf(workspaceId: string) {
    this.emulator.cloud.clock.settle();
    return this.emulator.cloud.instances
      .all()
      .find(({ tags, isGoing }) => !isGoing && tags.get("lab:workspace") === workspaceId);
  }

  /** A student saves a file on the desktop that they are in. */
  async work(): Promise<void> {
    for (const { id, state, homeId } of await this.live()) {
      const there = this.instanceOf(id);
      if (state !== "ready" || !homeId || there?.status !== "Running") continue;
      const { id: diskId, files } = this.outside.diskOf(there.id);
      const path = `f${this.files.length}`;
      files.set(path, path);
      this.files.push({ path, homeId, workspaceId: id, diskId });
      this.say(`${id.slice(-4)} writes ${path}`);
    }
  }
}

const acts = [
  ...["start", "start", "start", "jobs", "jobs", "jobs", "jobs", "jobs", "work", "work", "work"],
  ...[
    "stop",
    "restart",
    "pause",
    "resume",
    "extend",
    "reset",
    "budget",
    "reclaim",
    "fetch",
    "fetch",
    "reset",
  ],
  ...["reconcile", "reconcile", "reconcile", "time", "time", "time", "trouble", "trouble", "heal"],
  ...["death", "death", "death", "break", "plan", "plan", "plan", "fill"],
] as const;

async function act(world: World): Promise<void> {
  const { chance, clock, emulator } = world;
  const live = await world.live();
  const one = live.length > 0 ? chance.pick(live) : null;
  const actor = course.students.find(({ id }) => id === one?.userId);
  const input = { workspaceId: one?.id ?? "" };
  const what = chance.pick<(typeof acts)[number]>(acts);
  const name = input.workspaceId.slice(-4);
  switch (what) {
    case "start": {
      const who = chance.pick(course.students);
      await world.run(`start by ${who.name}`, () =>
        startTask({ ctx: world.ctx(who), input: { taskId: course.taskId } }),
      );
      return world.jobs();
    }
    case "jobs":
      return world.jobs();
    case "work":
      return world.work();
    case "stop":
      if (actor) await world.run(`${name} stop asked`, () => stopWorkspace({ ctx: world.ctx(actor), input }));
      return;
    case "restart":
      if (actor) await world.run(`${name} restart`, () => restartWorkspace({ ctx: world.ctx(actor), input }));
      return;
    case "pause":
      if (actor) await world.run(`${name} pause`, () => pauseWorkspace({ ctx: world.ctx(actor), input }));
      return;
    case "resume":
      if (actor) await world.run(`${name} resume`, () => resumeWorkspace({ ctx: world.ctx(actor), input }));
      return;
    case "extend": {
      if (!one?.attemptId) return;
      const attemptId = one.attemptId;
      const minutes = Math.floor(chance.between(30, 240));
      const said = await world.run(`${name} extend`, () =>
        extendAttempt({ ctx: world.ctx(course.teacher), input: { attemptId, minutes } }),
      );
      const [attempt] = await db.select().from(attempts).where(eq(attempts.id, attemptId));
      const there = world.instanceOf(one.id);
      // What stops already is promised nothing.
      if (said && there && one.desired === "running" && attempt?.deadlineAt)
        expect(there.autoReleaseAt, "the guard is behind what was promised").toBeGreaterThan(
          attempt.deadlineAt.getTime(),
        );
      return;
    }
    case "reset": {
      if (!one?.attemptId || !actor) return;
      const attemptId = one.attemptId;
      const said = await world.run(`${name} reset`, () =>
        resetHome({ ctx: world.ctx(actor), input: { attemptId, copy: false } }),
      );
      const [row] = await db
        .select()
        .from(homes)
        .where(eq(homes.id, one.homeId ?? ""));
      // What was asked to be thrown away is nobody's loss, also when the answer was not heard.
      if (said || row?.resetWanted)
        for (const [at, file] of [...world.files.entries()].reverse())
          if (file.homeId === one.homeId) world.files.splice(at, 1);
      return;
    }
    case "budget": {
      const amount = chance.pick([0.05, 1, 1_000]);
      await world.run(`budget of ${amount}`, () =>
        setBudget({
          ctx: world.ctx(course.admin),
          input: { courseId: course.courseId, amount, warnPercent: 80 },
        }),
      );
      return;
    }
    case "reclaim": {
      // One whose time is over goes before one is chosen.
      emulator.advance(0);
      const spots = emulator.cloud.instances.all().filter(({ spotStrategy }) => spotStrategy !== "NoSpot");
      if (spots.length === 0) return;
      const { id } = chance.pick(spots);
      world.say(`${id} is taken back`);
      return emulator.reclaim(id);
    }
    case "fetch":
      await world.run("fetch", () => fetchAllWork({ ctx: world.ctx() }));
      for (const { id } of live)
        await world.run("taken back?", () => endReclaimed({ ctx: world.ctx(), input: { workspaceId: id } }));
      return;
    case "plan": {
      const running = chance.pick([true, false, false]);
      const count = chance.pick([0, 1, 2]);
      await db.delete(warmPlans);
      await world.run(`${count} are to wait${running ? " running" : ""}`, async () => {
        const { templateId } = course;
        const when = { when: "always", fromAt: null, untilAt: null, refill: true } as const;
        const ctx = world.ctx(course.teacher);
        if (count > 0) await addWarmPlan({ ctx, input: { templateId, count, running, ...when } });
        return fillWarm({ ctx: world.ctx() });
      });
      return warm(world);
    }
    case "fill":
      await world.run("fill", () => fillWarm({ ctx: world.ctx(), builds: true }));
      return warm(world);
    case "reconcile":
      await world.reconcile();
      return;
    case "time":
      return clock.advance(chance.pick([second, 10 * second, 40 * second, 3 * minute]));
    case "trouble":
      return world.say(`trouble: ${addTrouble(emulator, chance)}`);
    case "break":
      world.outside.broken = Math.floor(chance.between(1, 30));
      return world.say(`lines break: ${world.outside.broken}`);
    case "heal":
      return heal(world);
    case "death":
      return world.life.dieIn(Math.floor(chance.between(0, 60)));
  }
}

/** What is to wait mostly does before anybody comes. */
async function warm(world: World): Promise<void> {
  for (let n = 0; n < 3; n++) {
    await world.jobs();
    world.clock.advance(2 * second);
  }
}

async function heal(world: World): Promise<void> {
  world.say("all is well");
  endTrouble(world.emulator);
  world.outside.broken = 0;
  await db.update(cloudAccounts).set({ status: "enabled" });
}

async function live(seed: number): Promise<World> {
  await clean();
  const clock = fixedClock("2026-11-02T00:00:00.000Z");
  const emulator = await startEmulator({ now: () => clock.now().getTime(), world: String(seed) });
  const world = new World(seed, emulator, clock);
  history = world.history;
  standOutside(world.outside);
  const unbend = bendTime(clock);
  try {
    const setUp = systemCtx("test", { db, clock });
    ({ hostId: world.hostId } = await emulatedRegion(setUp, emulator));
    await db.insert(hosts).values({
      id: setUp.newId(),
      name: "homes",
      endpoint: "unix:///nowhere.sock",
      cpus: 64,
      memoryMb: 1_000_000,
      diskMb: 1_000_000,
      createdAt: clock.now(),
      seenAt: clock.now(),
    });
    const spec = emulatedSpec(world.hostId, {
      spot: world.chance.pick(["never", "first", "first"]),
      startTimeoutSeconds: 300,
    });
    await db.update(templateVersions).set({ spec }).where(eq(templateVersions.id, course.versionId));
    const steps = world.chance.between(10, 40);
    for (let n = 0; n < steps; n++) await act(world);
    world.life.survive();
    await heal(world);
    await settle(
      world,
      (rows) => rows.every(({ state }) => state === "ready" || state === "paused"),
      "comes to rest",
    );
    await tellsTruth(world);
    await db.delete(warmPlans);
    await world.run("fill", () => fillWarm({ ctx: world.ctx() }));
    for (const { id, userId } of await world.live()) {
      const actor = course.students.find((each) => each.id === userId);
      if (actor)
        await world.run("stop asked", () =>
          stopWorkspace({ ctx: world.ctx(actor), input: { workspaceId: id } }),
        );
    }
    await settle(world, (rows) => rows.length === 0, "ends");
    // What only the sweep can end.
    for (let n = 0; n < 3; n++) {
      clock.advance(150 * second);
      await world.reconcile();
    }
    await check(world);
  } catch (error) {
    const text = `seed ${seed}\n${world.history.join("\n")}`;
    throw new Error(`${text}\n${error instanceof Error ? error.stack : String(error)}`);
  } finally {
    unbend();
    await emulator.close();
  }
  return world;
}

let history: string[] = [];

/** A seed that waits for something for ever says where it is. */
function inTime<T>(seed: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`seed ${seed} hangs\n${history.join("\n")}`)), 60_000);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

type Row = typeof workspaces.$inferSelect;

async function settle(world: World, isDone: (rows: Row[]) => boolean, what: string): Promise<void> {
  for (let n = 0; n < 40; n++) {
    await world.jobs();
    await world.reconcile();
    if (n > 0 && isDone(await world.live())) return;
    world.clock.advance(40 * second);
  }
  const rows = (await world.live()).map(({ id, state, step: at, desired }) => ({ id, state, at, desired }));
  throw new Error(`nothing ${what}: ${JSON.stringify(rows)}`);
}

/** What pages say of desktops is what the cloud has. */
async function tellsTruth(world: World): Promise<void> {
  for (const { id, state, purpose } of await world.live()) {
    const there = world.instanceOf(id);
    // What waits may wait running.
    if (purpose === "warm") expect(there, `${id} waits`).toBeDefined();
    else if (state === "ready") expect(there?.status, `${id} is ready`).toBe("Running");
    else if (state === "paused") expect(["Stopped", "Stopping"], `${id} is paused`).toContain(there?.status);
  }
}

async function check({ emulator, clock, outside, files }: World): Promise<void> {
  const rows = await db.select().from(cloudResources);
  const kept = rows.filter(({ keptFor, state }) => keptFor === "unsaved" && state === "running");
  const { snapshots, ...left } = emulator.leftovers();
  expect(left, "nothing is left").toEqual({ instances: [], disks: [], eips: [], images: [] });
  expect(new Set(snapshots), "but what is kept").toEqual(new Set(kept.map(({ externalId }) => externalId)));
  const open = rows.filter(({ state, keptFor }) => !keptFor && !["gone", "refused"].includes(state));
  expect(open, "the ledger knows it").toEqual([]);

  const now = clock.now().getTime();
  const all = await db.select().from(charges);
  comparesBill(emulator, rows, all, now);
  const { total } = emulator.bill();

  const desks = await db.select().from(workspaces);
  const moves = await db.select().from(workspaceEvents);
  const grace = 40 * minute;
  const wantedMs = desks.reduce((sum, { id }) => {
    const mine = moves.filter(({ workspaceId }) => workspaceId === id);
    const end = mine.find(({ to }) => to === "stopping");
    // One that waited for nobody was wanted before anybody pressed Start.
    const began = Math.min(...mine.map(({ at }) => at.getTime()));
    return sum + (end?.at.getTime() ?? now) - began + grace;
  }, 0);
  expect(total, "no more than was wanted, and some grace").toBeLessThanOrEqual(
    (wantedMs * 0.25e6) / 3_600_000,
  );

  for (const { id, state, cause } of desks)
    if (state === "failed") expect(cause, `${id} says why`).toBeTruthy();
  const copies = kept.map(({ externalId }) => emulator.cloud.snapshots.get(externalId ?? "").diskId);
  for (const { path, homeId, workspaceId, diskId } of files) {
    const isHome = outside.homes.get(homeId)?.files.has(path);
    const isKept = copies.includes(diskId);
    const isTold = desks.some(({ id, cause }) => id === workspaceId && cause !== null);
    expect(isHome || isKept || isTold, `${path} of ${workspaceId.slice(-4)} is lost`).toBe(true);
  }
}

/** What came about in a seed, so that a run says how much of everything it has tried. */
async function sights({ files }: World): Promise<string[]> {
  const desks = await db.select().from(workspaces);
  const moves = await db.select().from(workspaceEvents);
  const rows = await db.select().from(cloudResources);
  const asked = moves.filter(({ reason }) => reason === "renew");
  const cameUp = ({ workspaceId, at }: (typeof moves)[number]) =>
    moves.some((one) => one.workspaceId === workspaceId && one.to === "ready" && one.at > at);
  return [
    ...files.map(() => "files"),
    ...desks.map(({ state, cause }) => (state === "failed" ? `${cause}` : state)),
    ...desks.filter(({ warmPlanId }) => warmPlanId).map(({ claimedAt }) => (claimedAt ? "claimed" : "warm")),
    ...asked.map(() => "wanted clean"),
    ...asked.filter(cameUp).map(() => "clean disks"),
    ...rows.filter(({ keptFor }) => keptFor).map(() => "kept copies"),
    ...rows.filter(({ reclaimAt }) => reclaimAt).map(() => "taken back"),
  ];
}

async function clean(): Promise<void> {
  for (const table of [
    charges,
    cloudFindings,
    cloudResources,
    cloudAccounts,
    budgets,
    warmPlans,
    collections,
    workspaceEvents,
    changes,
    outbox,
    workspaces,
    attempts,
    homes,
    hosts,
  ])
    await db.delete(table);
}

beforeAll(async () => {
  await clean();
  course = await createWorld(db, { students, task: { durationMinutes: 90, maxAttempts: null } });
});
afterAll(closeDatabase);

// About a second a seed: CI has those of cloud.ecs.ts alone.
test.skipIf(!process.env.LONG && !process.env.REPLAY && !process.env.COUNT)(
  "cloud desktops: nothing left, nothing lost, everybody told",
  { timeout: 30 * minute },
  async () => {
    let [seeds, calls, deaths] = [0, 0, 0];
    const seen = new Map<string, number>();
    const failed: unknown[] = [];
    const began = performance.now();
    for (const seed of seedsOf(Number(process.env.COUNT ?? 20), 1)) {
      seeds++;
      try {
        if (process.env.TALK) console.log(`seed ${seed} at ${Math.round(performance.now() - began)}`);
        const world = await inTime(seed, live(seed));
        calls += world.emulator.calls.count();
        deaths += world.deaths;
        for (const what of await sights(world)) seen.set(what, (seen.get(what) ?? 0) + 1);
        if (process.env.TALK) console.log(world.history.join("\n"));
      } catch (error) {
        failed.push(error);
        if (failed.length >= 3) break;
      }
    }
    const took = ((performance.now() - began) / 1_000).toFixed(1);
    console.log(
      `${seeds} seeds in ${took} s: ${calls} calls, ${deaths} deaths, ${JSON.stringify(Object.fromEntries(seen))}`,
    );
    if (failed.length > 0) throw new AggregateError(failed, failed.map(String).join("\n\n"));
  },
);
