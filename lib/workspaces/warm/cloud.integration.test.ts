import { and, eq, inArray, isNull } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { closeDatabase, database } from "@/db/client";
import {
  attempts,
  budgets,
  charges,
  cloudAccounts,
  cloudFindings,
  cloudResources,
  experiments,
  homes,
  hosts,
  tasks,
  templateVersions,
  users,
  warmPlans,
  workspaceEvents,
  workspaces,
} from "@/db/schema";
import { comparesBill } from "@/e2e/ecs/ledger";
import { Outside, standOutside } from "@/e2e/ecs/outside";
import { type Emulator, startEmulator } from "@/e2e/ecs-emulator";
import { as, createWorld, type World } from "@/e2e/world";
import { finishClaim, recordReady, startTask } from "@/lib/attempts";
import { instanceOf } from "@/lib/clouds";
// biome-ignore lint/style/noRestrictedImports: what tests share is no part of the noun.
import { emulatedRegion, emulatedSpec } from "@/lib/clouds/testing";
import { listSpending, setBudget } from "@/lib/costs";
import type { Clock } from "@/lib/platform/clock";
import { systemCtx } from "@/lib/platform/context";
import { useCloudContext } from "../drivers/ecs/machine";
import {
  awaitBoot,
  createContainer,
  finishWorkspace,
  placeWaiting,
  prepareHome,
  reconcileWorkspaces,
  removeOutside,
  restartWorkspace,
  stopWorkspace,
  warmPool,
} from "../index";
import { addWarmPlan } from "./add-plan";
import { createWarm, freezeWarm } from "./boot";
import { fillWarm } from "./fill";

vi.hoisted(() => {
  process.env.DEPLOY_ID = `test-warmcloud-${process.pid}`;
  // Jobs ask each second; what is asked here all the time shall not be short of calls.
  process.env.CLOUD_CALLS_PER_SECOND = "100";
});
// Homes and files in memory, as in the property tests; all else is the real driver on the real client.
vi.mock("../drivers/docker/driver", async () => ({
  dockerDriver: (await import("@/e2e/ecs/outside")).homesDriver,
}));
vi.mock("../drivers/docker/drive", async (original) => ({
  ...(await original<object>()),
  removeDriveGuacd: async () => undefined,
}));
vi.mock("../drivers/ecs/ssh", async (original) => ({
  ...(await original<object>()),
  linkTo: (await import("@/e2e/ecs/outside")).line,
  unlink: () => undefined,
}));
vi.mock("../drivers/ecs/probe", async () => ({ probe: (await import("@/e2e/ecs/outside")).answers }));
vi.mock("../drivers/ecs/look", () => ({ logs: async () => "", stats: async () => ({}) }));
vi.mock("../drivers/ecs/deliver", async (original) => ({
  ...(await original<object>()),
  deliverHome: (await import("@/e2e/ecs/outside")).deliver,
}));
vi.mock("../drivers/ecs/fetch", async () => {
  const { fetch, isAtRest } = await import("@/e2e/ecs/outside");
  return { fetchHome: fetch, isAtRest };
});
const boots = vi.hoisted(() => ({ settled: true }));
vi.mock("../drivers/ecs/settled", () => ({ hasSettled: async () => boots.settled }));
// What the process of a press does at once, its job does here.
vi.mock("@/lib/attempts/finish-claim", async (original) => {
  const real = await original<typeof import("@/lib/attempts/finish-claim")>();
  const isHurried = ({ ctx }: Parameters<typeof real.finishClaim>[0]) =>
    ctx.actor.type === "system" && ctx.actor.job === "workspace-claim";
  const finishClaim: typeof real.finishClaim = async (asked) =>
    isHurried(asked) ? "wait" : real.finishClaim(asked);
  return { finishClaim };
});

const db = database();
const real = systemCtx("test", { db });
let aheadMs = 0;
const clock: Clock = { now: () => new Date(real.clock.now().getTime() + aheadMs) };
const ctx = systemCtx("test", { db, clock });
const minute = 60_000;
const yuan = 1_000_000;
let cloud: Emulator;
let outside: Outside;
let regionId: string;
let world: World;

const clean = async () => {
  for (const table of [
    charges,
    cloudFindings,
    cloudResources,
    cloudAccounts,
    budgets,
    warmPlans,
    workspaceEvents,
    workspaces,
    attempts,
    homes,
    hosts,
  ])
    await db.delete(table);
};

beforeAll(() => useCloudContext(ctx));

beforeEach(async () => {
  await clean();
  boots.settled = true;
  const knobs = { pendingMs: 20, startingMs: 40, stoppingMs: 10 };
  cloud = await startEmulator({ now: () => clock.now().getTime(), world: ctx.newId(), knobs });
  outside = new Outside(cloud);
  standOutside(outside);
  ({ hostId: regionId } = await emulatedRegion(ctx, cloud, { room: 8 }));
  await db.insert(hosts).values({
    id: ctx.newId(),
    name: "homes",
    endpoint: "unix:///nowhere.sock",
    cpus: 64,
    memoryMb: 100_000,
    diskMb: 1_000_000,
    createdAt: clock.now(),
    seenAt: clock.now(),
  });
  world = await newWorld();
});

afterEach(() => cloud.close());
afterAll(async () => {
  useCloudContext(null);
  await clean();
  await closeDatabase();
});

async function newWorld(students = 2): Promise<World> {
  const made = await createWorld(db, { students, task: { durationMinutes: 60, maxAttempts: null } });
  const spec = emulatedSpec(regionId);
  await db.update(templateVersions).set({ spec }).where(eq(templateVersions.id, made.versionId));
  return made;
}

type Plan = Partial<Parameters<typeof addWarmPlan>[0]["input"]>;
const plan = (wishes: Plan = {}, of = world) =>
  addWarmPlan({
    ctx: as(of.teacher, db, { clock }),
    input: {
      templateId: of.templateId,
      count: 1,
      when: "hour",
      refill: false,
      fromAt: null,
      untilAt: null,
      ...wishes,
    },
  });
const student = (n: number) => {
  const found = world.students[n];
  if (!found) throw new Error("no such student");
  return as(found, db, { clock });
};
const press = async (n: number): Promise<string> =>
  (await startTask({ ctx: student(n), input: { taskId: world.taskId } })).workspaceId;
const rowOf = async (id: string) => (await db.select().from(workspaces).where(eq(workspaces.id, id)))[0];
const warmRows = () =>
  db
    .select()
    .from(workspaces)
    .where(and(eq(workspaces.purpose, "warm"), eq(workspaces.desired, "running")));
const soon = { timeout: 10_000, interval: 20 };

/** What the jobs of the pool do, until all that is wanted waits. */
async function fill(): Promise<string[]> {
  await fillWarm({ ctx });
  const rows = await warmRows();
  for (const { id } of rows) {
    const input = { workspaceId: id };
    await vi.waitFor(async () => expect(await createWarm({ ctx, input })).toBe("done"), soon);
    await vi.waitFor(async () => expect(await freezeWarm({ ctx, input })).toBe("done"), soon);
  }
  return rows.map(({ id }) => id);
}

const claimed = (workspaceId: string) =>
  vi.waitFor(async () => expect(await finishClaim({ ctx, input: { workspaceId } })).toBe("done"), soon);

async function bootCold(workspaceId: string): Promise<void> {
  const step = { ctx, input: { workspaceId } };
  await placeWaiting({ ctx });
  expect(await prepareHome(step)).toBe("done");
  await vi.waitFor(async () => expect(await createContainer(step)).toBe("done"), soon);
  await vi.waitFor(async () => expect(await awaitBoot(step)).toBe("done"), soon);
  expect(await recordReady(step)).toBe(true);
}

async function ended(workspaceId: string) {
  const step = { ctx, input: { workspaceId } };
  await removeOutside(step);
  return finishWorkspace(step);
}

const machineOf = (workspaceId: string) => {
  cloud.cloud.clock.settle();
  return cloud.cloud.instances
    .all()
    .find(({ tags, isGoing }) => !isGoing && tags.get("lab:workspace") === workspaceId);
};
/** Down, and the ledger has seen it: it costs less from then on. */
async function stopped(workspaceId: string): Promise<void> {
  await vi.waitFor(() => expect(machineOf(workspaceId)?.status).toBe("Stopped"), soon);
  await reconcileWorkspaces({ ctx });
}
const guardOf = async (workspaceId: string) =>
  (await instanceOf({ ctx, input: { workspaceId } }))?.guardAt?.getTime() ?? 0;

/** Everything goes, nothing is left, and the ledger is the bill. */
async function endAll(): Promise<void> {
  await db.delete(warmPlans);
  await fillWarm({ ctx });
  for (const { id, desired, userId } of await db.select().from(workspaces)) {
    const owner = world.students.find((one) => one.id === userId);
    if (desired === "running" && owner)
      await stopWorkspace({ ctx: as(owner, db, { clock }), input: { workspaceId: id } });
  }
  for (const { id } of await db.select().from(workspaces).where(eq(workspaces.state, "stopping")))
    await ended(id);
  expect(cloud.leftovers()).toMatchObject({ instances: [], disks: [], eips: [] });
  const rows = await db.select().from(cloudResources);
  expect(rows.every(({ state }) => state === "gone" || state === "refused")).toBe(true);
  comparesBill(cloud, rows, await db.select().from(charges), clock.now().getTime());
}

it("waits stopped for nobody, and is its student's from the claim on: home, guard, money", async () => {
  await plan({ count: 2 });
  boots.settled = false;
  expect(await fillWarm({ ctx })).toMatchObject({ started: 2 });
  const [torn] = await warmRows();
  const input = { workspaceId: torn?.id ?? "" };
  await vi.waitFor(async () => expect(await createWarm({ ctx, input })).toBe("done"), soon);
  // It answers, and still sets itself up.
  await vi.waitFor(async () => {
    expect(await freezeWarm({ ctx, input })).toBe("wait");
    expect(machineOf(input.workspaceId)?.status).toBe("Running");
  }, soon);
  boots.settled = true;
  const [id = "", other = ""] = await fill();
  await stopped(id);
  await stopped(other);
  expect(machineOf(id)).toMatchObject({ stoppedMode: "StopCharging" });
  expect((await db.select().from(hosts).where(eq(hosts.id, regionId)))[0]).toMatchObject({
    memoryReservedMb: 2,
  });

  aheadMs += 20 * minute;
  await reconcileWorkspaces({ ctx });
  expect((await warmRows()).map((row) => row.state)).toEqual(["paused", "paused"]);
  const pool = await warmPool({ ctx: as(world.teacher, db, { clock }), input: world });
  expect(pool).toMatchObject({ ready: 2, booting: 0, room: 2 });
  expect(pool.cloud?.hourly).toBe(2 * (pool.cloud?.each?.resting ?? 0));
  expect(pool.cloud?.each?.running).toBeGreaterThan(5 * (pool.cloud?.each?.resting ?? 0));

  const before = await db.select().from(charges);
  expect(before.every(({ attemptId, courseId }) => attemptId === null && courseId === null)).toBe(true);
  const openGuard = await guardOf(id);
  expect(openGuard).toBeGreaterThan(clock.now().getTime() + 3 * 60 * minute);

  // An instance speaks no language of its own: whoever comes first has it.
  await db
    .update(users)
    .set({ locale: "en" })
    .where(eq(users.id, world.students[0]?.id ?? ""));
  const workspaceId = await press(0);
  expect([id, other]).toContain(workspaceId);
  const row = await rowOf(workspaceId);
  outside.home(row?.homeId ?? "").files.set("作业.txt", "mine");
  await claimed(workspaceId);
  const now = clock.now().getTime();
  expect(await rowOf(workspaceId)).toMatchObject({ state: "ready", purpose: "attempt" });
  expect(outside.diskOf(machineOf(workspaceId)?.id ?? "").files.get("作业.txt")).toBe("mine");
  const [attempt] = await db.select().from(attempts);
  const guard = await guardOf(workspaceId);
  expect(guard).toBeGreaterThan(attempt?.deadlineAt?.getTime() ?? 0);
  expect(guard).toBeLessThan(now + 100 * minute);
  expect(machineOf(workspaceId)?.autoReleaseAt).toBe(guard);
  await reconcileWorkspaces({ ctx });
  expect(await guardOf(workspaceId)).toBe(guard);

  aheadMs += 10 * minute;
  const { rows } = await listSpending({
    ctx: as(world.admin, db, { clock }),
    input: { by: "course", limit: 10 },
  });
  const spent = new Map(rows.map((one) => [one.id, one.amount]));
  expect([...spent.keys()].sort()).toEqual([world.courseId, "warm"].sort());
  const [claim] = await db
    .select()
    .from(charges)
    .where(and(eq(charges.workspaceId, workspaceId), isNull(charges.untilAt)));
  expect(claim).toMatchObject({ kind: "compute", classId: world.classId, userId: world.students[0]?.id });
  expect(Math.abs((spent.get(world.courseId) ?? 0) - ((claim?.price ?? 0) * 10) / 60)).toBeLessThan(
    0.002 * yuan,
  );
  const disks = before.filter(({ kind }) => kind === "disk");
  expect(disks).toHaveLength(2);
  await endAll();
  // What a student had is never anybody else's.
  expect(await warmRows()).toEqual([]);
}, 30_000);

it("waits running where a plan says so, and is there at once", async () => {
  await plan({ running: true, when: "always", refill: true });
  const [id = ""] = await fill();
  expect(machineOf(id)?.status).toBe("Running");
  const starts = cloud.calls.count("StartInstance");
  expect(await press(0)).toBe(id);
  expect(await finishClaim({ ctx, input: { workspaceId: id } })).toBe("done");
  expect(cloud.calls.count("StartInstance")).toBe(starts);
  await stopWorkspace({ ctx: student(0), input: { workspaceId: id } });
  const mine = machineOf(id)?.id;
  expect(await fill()).toEqual([expect.not.stringMatching(id)]);
  await ended(id);
  expect(cloud.leftovers().instances).not.toContain(mine);
  expect(await press(0)).not.toBe(id);
  await endAll();
}, 30_000);

it("starts a new one in the same attempt where the zone of the stopped one is sold out", async () => {
  await plan({ count: 2 });
  const ids = await fill();
  for (const id of ids) await stopped(id);
  const workspaceId = await press(0);
  expect(ids).toContain(workspaceId);
  const zoneId = machineOf(workspaceId)?.zoneId ?? "";
  cloud.set({ stock: { [zoneId]: { "*": 0 } } });
  await vi.waitFor(
    async () => expect(await finishClaim({ ctx, input: { workspaceId } })).toBe("unwanted"),
    soon,
  );
  expect(await rowOf(workspaceId)).toMatchObject({ desired: "stopped", restart: true, cause: null });
  const { successorId } = await ended(workspaceId);
  const next = await rowOf(successorId ?? "");
  const attemptId = (await rowOf(workspaceId))?.attemptId;
  expect(next).toMatchObject({ state: "requested", purpose: "attempt", attemptId });
  await bootCold(next?.id ?? "");
  expect(machineOf(next?.id ?? "")?.zoneId).not.toBe(zoneId);
  expect(await db.select().from(attempts)).toHaveLength(1);
  await endAll();
}, 30_000);

it("asks the budget of a course at the claim, and again at a restart", async () => {
  await plan({ count: 2, running: true });
  await fill();
  const limitTo = (amount: number) =>
    setBudget({
      ctx: as(world.admin, db, { clock }),
      input: { courseId: world.courseId, amount, warnPercent: 80 },
    });
  await limitTo(0);
  await expect(press(0)).rejects.toMatchObject({ key: "costs.overBudget" });
  expect(await warmRows()).toHaveLength(2);
  await limitTo(1);
  const first = await press(0);
  await claimed(first);
  // The other one waits on: the course has nothing left for another hour.
  await limitTo(0.01);
  await restartWorkspace({ ctx: student(0), input: { workspaceId: first } });
  const { successorId } = await ended(first);
  expect(await rowOf(successorId ?? "")).toMatchObject({ state: "requested", purpose: "attempt" });
  expect(await warmRows()).toHaveLength(1);
  await placeWaiting({ ctx });
  expect(await rowOf(successorId ?? "")).toMatchObject({ state: "stopping", cause: "overBudget" });
  await ended(successorId ?? "");
  await limitTo(5);
  const again = await press(0);
  await claimed(again);
  await restartWorkspace({ ctx: student(0), input: { workspaceId: again } });
  await endAll();
}, 30_000);

it("goes where a student needs its place, where the cloud has lost it, and with its region", async () => {
  await db.update(hosts).set({ memoryMb: 2 }).where(eq(hosts.id, regionId));
  const other = await newWorld(1);
  await plan({}, other);
  const [waiting = ""] = await fill();
  await press(0).then(bootCold);
  const second = await press(1);
  expect((await placeWaiting({ ctx })).queued).toEqual([second]);
  expect(await rowOf(waiting)).toMatchObject({ state: "stopping", stopReason: "warm" });
  await ended(waiting);
  expect((await placeWaiting({ ctx })).placed).toEqual([second]);

  await db.update(hosts).set({ memoryMb: 8 }).where(eq(hosts.id, regionId));
  await bootCold(second);
  const [fresh = ""] = await fill();
  await stopped(fresh);
  // The cloud lost it while nobody had it.
  cloud.fail(machineOf(fresh)?.id ?? "");
  aheadMs += 5 * minute;
  await reconcileWorkspaces({ ctx });
  expect(await rowOf(fresh)).toMatchObject({ desired: "stopped", cause: "vanished" });
  await ended(fresh);
  await fill();
  await db.update(hosts).set({ status: "draining" }).where(eq(hosts.id, regionId));
  expect(await fillWarm({ ctx })).toMatchObject({ started: 0, stopped: 1 });
  await endAll();
  expect(
    await db
      .select()
      .from(workspaces)
      .where(inArray(workspaces.state, ["provisioning", "booting", "paused", "stopping"])),
  ).toEqual([]);
}, 30_000);

it("pins no guard to the end of a window that is weeks away", async () => {
  const closesAt = new Date(clock.now().getTime() + 21 * 24 * 60 * minute);
  await db.update(experiments).set({ closesAt }).where(eq(experiments.id, world.experimentId));
  await db.update(tasks).set({ durationMinutes: 600 }).where(eq(tasks.id, world.taskId));
  await plan({ running: true });
  const [id = ""] = await fill();
  expect(await press(0)).toBe(id);
  await claimed(id);
  const guard = await guardOf(id);
  expect(guard).toBeGreaterThan(clock.now().getTime() + 600 * minute);
  expect(guard).toBeLessThan(clock.now().getTime() + 650 * minute);
  await endAll();
}, 30_000);
