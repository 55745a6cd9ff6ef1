import { and, eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { closeDatabase, database } from "@/db/client";
import {
  attempts,
  auditLog,
  budgets,
  type CloudSpec,
  changes,
  charges,
  experiments,
  hosts,
  priceQuotes,
  templateVersions,
  workspaces,
} from "@/db/schema";
import { as, createWorld, type World } from "@/e2e/world";
import { extendAttempt, startTask } from "@/lib/attempts";
import { fixedClock } from "@/lib/platform/clock";
import { systemCtx, type UserActor } from "@/lib/platform/context";
import { toAppError } from "@/lib/platform/errors";
import { placeWaiting } from "@/lib/workspaces";
import {
  allowOverBudget,
  endAllowance,
  forecastExperiment,
  quotePrice,
  removeBudget,
  setBudget,
  sweepBudgets,
  withinBudget,
} from ".";

const db = database();
const clock = fixedClock("2026-09-10T08:00:00Z");
const ctx = systemCtx("test", { db, clock });
/** One yuan for the 67 minutes that a start of an hour may take. */
const price = Math.floor((1_000_000 * 60) / 67);
let world: World;

const spec: CloudSpec = {
  driver: "ecs",
  protocol: "rdp",
  os: "linux",
  hostId: "",
  image: "m-1",
  user: "student",
  instanceTypes: ["ecs.c7.large"],
  vSwitches: [],
  securityGroupId: "sg-1",
  systemDisk: { category: "cloud_essd", sizeGb: 40 },
  spot: "never",
  spotPriceLimit: null,
  internetMbps: 0,
  launchTemplate: null,
  userData: "",
  memoryMb: 1,
  diskMb: 128,
  startTimeoutSeconds: 300,
};

beforeEach(async () => {
  world = await createWorld(db, { students: 3, task: { durationMinutes: 60, maxAttempts: null } });
  await db.update(templateVersions).set({ spec }).where(eq(templateVersions.id, world.versionId));
  await db.insert(priceQuotes).values({ templateVersionId: world.versionId, price, quotedAt: clock.now() });
});
afterAll(closeDatabase);

const student = (index: number): UserActor => {
  const found = world.students[index];
  if (!found) throw new Error("no such student");
  return found;
};
const start = (index: number) =>
  startTask({ ctx: as(student(index), db, { clock }), input: { taskId: world.taskId } });
const admin = () => as(world.admin, db, { clock });
const teacher = () => as(world.teacher, db, { clock });
const limitTo = (amount: number, warnPercent = 80) =>
  setBudget({ ctx: admin(), input: { courseId: world.courseId, amount, warnPercent } });
const keyOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: unknown) => toAppError(error).key,
  );
const audited = (action: string) =>
  db
    .select()
    .from(auditLog)
    .where(and(eq(auditLog.targetId, world.courseId), eq(auditLog.action, action)));

test("a course without a budget spends what it does; a container is nobody's yuan", async () => {
  expect(await keyOf(start(0))).toBe("done");
  await limitTo(0);
  expect(await keyOf(start(1))).toBe("costs.overBudget");
  const docker = { ...spec, driver: "docker" } as never;
  await db.update(templateVersions).set({ spec: docker }).where(eq(templateVersions.id, world.versionId));
  expect(await keyOf(start(1))).toBe("done");
});

test("three at once, and money for two: the last yuan is promised once", async () => {
  await limitTo(2);
  const answers = await Promise.all([0, 1, 2].map((index) => keyOf(start(index))));
  expect(answers.sort()).toEqual(["costs.overBudget", "done", "done"]);
  const rows = await db.select().from(workspaces).where(eq(workspaces.templateVersionId, world.versionId));
  expect(rows).toHaveLength(2);
  // Who has one finds it again, whatever the budget says.
  const [owner] = rows;
  const index = world.students.findIndex(({ id }) => id === owner?.userId);
  expect(await start(index)).toMatchObject({ workspaceId: owner?.id });
});

test("without a price nothing is promised", async () => {
  await limitTo(100);
  await db.delete(priceQuotes).where(eq(priceQuotes.templateVersionId, world.versionId));
  expect(await keyOf(start(0))).toBe("costs.noPrice");
});

describe("past the budget", () => {
  test("a teacher lets starts go on for some hours, and says why", async () => {
    await limitTo(0);
    const input = { courseId: world.courseId, hours: 2, reason: "期末补课" };
    for (const who of [student(0), world.assistant, world.otherTeacher])
      expect(await keyOf(allowOverBudget({ ctx: as(who, db, { clock }), input }))).not.toBe("done");
    await allowOverBudget({ ctx: teacher(), input });
    expect(await keyOf(start(0))).toBe("done");
    expect(await audited("budget.allow")).toHaveLength(1);
    clock.advance(2 * 3_600_000);
    expect(await keyOf(start(1))).toBe("costs.overBudget");
    await allowOverBudget({ ctx: teacher(), input });
    await endAllowance({ ctx: teacher(), input: { courseId: world.courseId } });
    expect(await keyOf(start(1))).toBe("costs.overBudget");
  });

  test("nothing is killed, and nothing made longer", async () => {
    const { attemptId, workspaceId } = await start(0);
    const deadlineAt = new Date(clock.now().getTime() + 3_600_000);
    await db.update(attempts).set({ startedAt: clock.now(), deadlineAt }).where(eq(attempts.id, attemptId));
    await db.update(workspaces).set({ state: "ready" }).where(eq(workspaces.id, workspaceId));
    await limitTo(1);
    const longer = (minutes: number) =>
      keyOf(extendAttempt({ ctx: teacher(), input: { attemptId, minutes } }));
    expect(await longer(60)).toBe("costs.overBudgetLonger");
    expect(await longer(1)).toBe("done");
    const [row] = await db.select().from(attempts).where(eq(attempts.id, attemptId));
    expect(row?.deadlineAt).toEqual(new Date(deadlineAt.getTime() + 60_000));
  });

  test("who waited is told that the budget has shrunk meanwhile", async () => {
    await db.delete(workspaces);
    await db.delete(hosts);
    const room = { cpus: 2, memoryMb: 10, diskMb: 10_000, createdAt: clock.now() };
    const hostId = ctx.newId();
    await db.insert(hosts).values([
      { ...room, id: hostId, name: "region", driver: "ecs", endpoint: "ecs://a/cn-hangzhou" },
      { ...room, id: ctx.newId(), name: "docker", endpoint: "unix:///none" },
    ]);
    await db
      .update(templateVersions)
      .set({ spec: { ...spec, hostId } })
      .where(eq(templateVersions.id, world.versionId));
    const { workspaceId } = await start(0);
    const fits = () => withinBudget({ ctx, tx: db, input: { workspaceId } });
    expect(await fits()).toBe(true);
    const { workspaceId: secondId } = await start(1);
    await limitTo(1);
    expect(await fits()).toBe(true);
    await placeWaiting({ ctx });
    const rowOf = async (id: string) => (await db.select().from(workspaces).where(eq(workspaces.id, id)))[0];
    expect(await rowOf(workspaceId)).toMatchObject({ state: "provisioning", hostId });
    expect(await rowOf(secondId)).toMatchObject({ desired: "stopped", cause: "overBudget" });
    await limitTo(0.5);
    expect(await fits()).toBe(false);
    await removeBudget({ ctx: admin(), input: { courseId: world.courseId } });
    expect(await fits()).toBe(true);
  });
});

test("what is spent counts, open stretches until now; the warning comes once, and anew for another budget", async () => {
  await db.insert(charges).values({
    id: ctx.newId(),
    resourceId: ctx.newId(),
    courseId: world.courseId,
    kind: "compute",
    price: 1_000_000,
    fromAt: clock.now(),
  });
  await limitTo(2, 50);
  const sweep = async () => (await sweepBudgets({ ctx })).warned.includes(world.courseId);
  expect(await sweep()).toBe(false);
  clock.advance(3_600_000);
  expect(await Promise.all([sweep(), sweep()])).toEqual(expect.arrayContaining([true, false]));
  expect(await sweep()).toBe(false);
  expect(await audited("budget.warn")).toHaveLength(1);
  const told = await db
    .select()
    .from(changes)
    .where(and(eq(changes.kind, "budget.warn"), eq(changes.topic, `user:${world.teacher.id}`)));
  expect(told).toHaveLength(1);
  expect(await keyOf(start(0))).toBe("done");
  expect(await keyOf(start(1))).toBe("costs.overBudget");
  await limitTo(2, 60);
  const [budget] = await db.select().from(budgets).where(eq(budgets.courseId, world.courseId));
  expect(budget?.warnedAt).toBeNull();
});

test("a class asks for a price once; without an answer the last one holds", async () => {
  const input = { id: world.versionId, spec };
  let asked = 0;
  const quote = (answer: () => number) =>
    quotePrice({
      ctx,
      input,
      priceOf: async () => {
        asked++;
        return answer();
      },
    });
  expect(await quote(() => 7)).toBe(price);
  clock.advance(10 * 60_000);
  expect(await Promise.all([quote(() => 7), quote(() => 7), quote(() => 7)])).toEqual([7, 7, 7]);
  expect(asked).toBe(1);
  clock.advance(10 * 60_000);
  const silent = () => {
    throw new Error("nothing is said");
  };
  expect(await quote(silent)).toBe(7);
  await db.delete(priceQuotes).where(eq(priceQuotes.templateVersionId, world.versionId));
  expect(await quote(silent)).toBeNull();
});

test("a forecast: students × time × price, against what is left; for who sees costs", async () => {
  await db.delete(priceQuotes).where(eq(priceQuotes.templateVersionId, world.versionId));
  const { experimentId } = world;
  const input = { experimentId };
  const hour = 3_000_000;
  const look = (who: UserActor) =>
    forecastExperiment({ ctx: as(who, db, { clock }), input, priceOf: async () => hour });
  expect(await look(world.teacher)).toEqual({
    ...{ students: 3, minutes: 60, assumed: false, price: hour },
    ...{ perStudent: hour, whole: 3 * hour, left: null, spent: 0 },
  });
  await limitTo(8);
  await start(0);
  // One runs: 67 minutes at three yuan an hour are promised.
  expect(await look(world.teacher)).toMatchObject({ whole: 9_000_000, left: 8_000_000 - 3_350_000 });
  const closesAt = new Date(clock.now().getTime() + 30 * 60_000);
  await db.update(experiments).set({ closesAt }).where(eq(experiments.id, experimentId));
  expect(await look(world.teacher)).toMatchObject({ minutes: 30, perStudent: hour / 2 });
  expect(await look(world.assistant)).toBeNull();
  const docker = { ...spec, driver: "docker" } as never;
  await db.update(templateVersions).set({ spec: docker }).where(eq(templateVersions.id, world.versionId));
  expect(await look(world.teacher)).toBeNull();
});
