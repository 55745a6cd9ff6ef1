import { eq } from "drizzle-orm";
import { afterAll, beforeEach, expect, test } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { attempts, charges, cloudResources, workspaces } from "@/db/schema";
import { createWorld, type World } from "@/e2e/world";
import { fixedClock } from "@/lib/platform/clock";
import { systemCtx } from "@/lib/platform/context";
import { meterResource, meterWorkspace } from "./meter";

const db = database();
const clock = fixedClock("2026-09-10T08:00:00Z");
const ctx = systemCtx("test", { db, clock });
let world: World;
let workspaceId = "";
let resource: typeof cloudResources.$inferSelect;

beforeEach(async () => {
  world = await createWorld(db);
  workspaceId = await addWorkspace(await addAttempt());
  resource = await addInstance(workspaceId);
});
afterAll(closeDatabase);

async function addAttempt(): Promise<string> {
  const id = ctx.newId();
  const { taskId, versionId: templateVersionId } = world;
  const userId = world.students[0]?.id ?? "";
  const at = clock.now();
  await db
    .insert(attempts)
    .values({ id, taskId, userId, number: 1, templateVersionId, state: "ended", createdAt: at });
  return id;
}

async function addWorkspace(attemptId: string | null): Promise<string> {
  const id = ctx.newId();
  await db.insert(workspaces).values({
    id,
    purpose: attemptId ? "attempt" : "warm",
    attemptId,
    userId: attemptId ? world.students[0]?.id : null,
    classId: attemptId ? world.classId : null,
    templateVersionId: world.versionId,
    label: id.toLowerCase(),
    desired: "running",
    state: "ready",
    memoryMb: 1,
    requestedAt: clock.now(),
    stateAt: clock.now(),
  });
  return id;
}

async function addInstance(of: string) {
  const id = ctx.newId();
  await db.insert(cloudResources).values({
    id,
    kind: "instance",
    accountId: ctx.newId(),
    hostId: ctx.newId(),
    regionId: "cn-hangzhou",
    workspaceId: of,
    state: "intended",
    runningPrice: 3_600_000,
    restingPrice: 360_000,
    createdAt: clock.now(),
    stateAt: clock.now(),
  });
  const [row] = await db.select().from(cloudResources).where(eq(cloudResources.id, id));
  if (!row) throw new Error("no row");
  return row;
}

async function become(change: Partial<typeof resource>) {
  resource = { ...resource, ...change };
  await db.transaction((tx) => meterResource(ctx, tx, resource, clock.now()));
}

const stretches = () =>
  db.select().from(charges).where(eq(charges.resourceId, resource.id)).orderBy(charges.fromAt, charges.id);

test("a life of an instance in stretches of one price, each for whom it was", async () => {
  await become({ state: "intended" });
  expect(await stretches()).toEqual([]);
  await become({ state: "accepted", externalId: "i-1" });
  clock.advance(1_000);
  await become({ state: "running" });
  await become({ state: "running" });
  clock.advance(1_500);
  await become({ state: "stopped" });
  clock.advance(10_000);
  await become({ state: "running" });
  clock.advance(1_000);
  await become({ state: "running", runningPrice: 7_200_000 });
  clock.advance(1_000);
  await become({ state: "deleting" });
  clock.advance(2_000);
  await become({ state: "gone" });
  await become({ state: "gone" });
  const rows = await stretches();
  expect(rows.map(({ kind, price, amount }) => [kind, price, amount])).toEqual([
    ["compute", 3_600_000, 2_500],
    ["disk", 360_000, 1_000],
    ["compute", 3_600_000, 1_000],
    ["compute", 7_200_000, 6_000],
  ]);
  for (const [index, row] of rows.entries()) {
    expect(row).toMatchObject({
      workspaceId,
      userId: world.students[0]?.id,
      classId: world.classId,
      courseId: world.courseId,
    });
    expect(row.attemptId).not.toBeNull();
    const next = rows[index + 1];
    if (next) expect(row.untilAt).toEqual(next.fromAt);
  }
});

test("a warm one is nobody's until it is claimed", async () => {
  const warmId = await addWorkspace(null);
  resource = await addInstance(warmId);
  await db.update(cloudResources).set({ state: "running" }).where(eq(cloudResources.id, resource.id));
  await become({ state: "running" });
  clock.advance(1_000);
  const attemptId = await addAttempt();
  await db
    .update(workspaces)
    .set({ attemptId, userId: world.students[0]?.id, classId: world.classId })
    .where(eq(workspaces.id, warmId));
  await db.transaction((tx) => meterWorkspace(ctx, tx, warmId, clock.now()));
  expect((await stretches()).map((row) => [row.courseId, row.attemptId, row.amount])).toEqual([
    [null, null, 1_000],
    [world.courseId, attemptId, null],
  ]);
});

test("what is deleted before anybody knew of it costs from when it was made", async () => {
  await become({ state: "deleting" });
  expect(await stretches()).toEqual([]);
  await become({ state: "deleting", externalId: "i-2" });
  expect((await stretches()).map((row) => [row.kind, row.untilAt])).toEqual([["compute", null]]);
});

test("two at once open one stretch; time that runs back makes none negative", async () => {
  const once = () =>
    db.transaction((tx) =>
      meterResource(ctx, tx, { ...resource, state: "running", externalId: "i-3" }, clock.now()),
    );
  await Promise.all([once(), once(), once()]);
  expect(await stretches()).toHaveLength(1);
  clock.advance(-5_000);
  await become({ state: "gone" });
  expect((await stretches()).map((row) => row.amount)).toEqual([0]);
});
