import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { homes, hosts, templateVersions, workspaces } from "@/db/schema";
import { as, createWorld } from "@/e2e/world";
import { startTask } from "@/lib/attempts";
// biome-ignore lint/style/noRestrictedImports: what tests share is no part of the noun.
import { emulatedSpec } from "@/lib/clouds/testing";
import { systemCtx } from "@/lib/platform/context";
import { finishWorkspace, placeWaiting, stopWorkspace } from "./index";

const db = database();
const ctx = systemCtx("test", { db });
afterAll(async () => {
  // Nobody after this is placed on hosts that are none.
  for (const table of [workspaces, homes, hosts]) await db.delete(table);
  await closeDatabase();
});

const hostId = ctx.newId();
const hostRow = async () => (await db.select().from(hosts).where(eq(hosts.id, hostId)))[0];
const statesOf = async (ids: string[]) => {
  const rows = await db.select().from(workspaces);
  return ids.map((id) => rows.find((row) => row.id === id)?.state);
};

beforeEach(async () => {
  await db.delete(hosts);
  await db.delete(workspaces);
  await db.insert(hosts).values({
    id: hostId,
    name: "small",
    endpoint: "unix:///nowhere.sock",
    cpus: 2,
    memoryMb: 1_000,
    diskMb: 1_000,
    createdAt: ctx.clock.now(),
    seenAt: ctx.clock.now(),
  });
});

describe("placing", () => {
  it("never promises a host's memory twice, whoever asks at once, and takes the oldest first", async () => {
    const world = await createWorld(db, { students: 5, spec: { memoryMb: 400, diskMb: 64 } });
    const started: string[] = [];
    for (const actor of world.students) {
      const one = await startTask({ ctx: as(actor, db), input: { taskId: world.taskId } });
      started.push(one.workspaceId);
    }
    await Promise.all(Array.from({ length: 5 }, () => placeWaiting({ ctx })));
    expect(await statesOf(started)).toEqual(["provisioning", "provisioning", "queued", "queued", "queued"]);
    expect((await hostRow())?.memoryReservedMb).toBe(800);

    const [first] = started;
    const [actor] = world.students;
    if (!first || !actor) throw new Error("nobody started");
    await stopWorkspace({ ctx: as(actor, db), input: { workspaceId: first } });
    await finishWorkspace({ ctx, input: { workspaceId: first } });
    expect((await hostRow())?.memoryReservedMb).toBe(400);
    await placeWaiting({ ctx });
    expect(await statesOf(started)).toEqual(["stopped", "provisioning", "provisioning", "queued", "queued"]);
  });

  it("reserves a home's disk once, and what it grows by when the template asks for more", async () => {
    const world = await createWorld(db, { students: 1, spec: { memoryMb: 100, diskMb: 200 } });
    const actor = world.student;
    const home = { id: ctx.newId(), taskId: world.taskId, userId: actor.id, hostId, sizeMb: 64 };
    await db.insert(homes).values({ ...home, createdAt: ctx.clock.now(), usedAt: ctx.clock.now() });
    await db.update(hosts).set({ diskReservedMb: 64 }).where(eq(hosts.id, hostId));
    await startTask({ ctx: as(actor, db), input: { taskId: world.taskId } });
    await placeWaiting({ ctx });
    expect((await hostRow())?.diskReservedMb).toBe(200);
    expect((await db.select().from(homes).where(eq(homes.id, home.id)))[0]?.sizeMb).toBe(200);
  });

  it("queues a cloud desktop for whose home no Docker host has disk, says so, and fails one whose home fits none", async () => {
    const region = ctx.newId();
    const where = { endpoint: "ecs://a/cn-hangzhou", createdAt: ctx.clock.now(), seenAt: ctx.clock.now() };
    await db
      .insert(hosts)
      .values({ id: region, name: "region", driver: "ecs", cpus: 0, memoryMb: 10, diskMb: 0, ...where });
    await db.update(hosts).set({ diskReservedMb: 950 }).where(eq(hosts.id, hostId));
    const world = await createWorld(db, { students: 2 });
    const spec = emulatedSpec(region, { diskMb: 100 });
    await db.update(templateVersions).set({ spec }).where(eq(templateVersions.id, world.versionId));
    const [first, second] = world.students;
    if (!first || !second) throw new Error("no students");
    const one = await startTask({ ctx: as(first, db), input: { taskId: world.taskId } });
    const rowOf = async (id: string) => (await db.select().from(workspaces).where(eq(workspaces.id, id)))[0];
    await placeWaiting({ ctx });
    expect(await rowOf(one.workspaceId)).toMatchObject({ state: "queued", step: "disk", queuePosition: 1 });
    const [cloud] = await db.select().from(hosts).where(eq(hosts.id, region));
    expect([cloud?.memoryReservedMb, (await hostRow())?.diskReservedMb]).toEqual([0, 950]);

    await db.update(hosts).set({ diskReservedMb: 900 }).where(eq(hosts.id, hostId));
    await placeWaiting({ ctx });
    expect(await rowOf(one.workspaceId)).toMatchObject({ state: "provisioning", hostId: region });
    expect((await hostRow())?.diskReservedMb).toBe(1_000);

    const large = { ...spec, diskMb: 2_000 };
    await db.update(templateVersions).set({ spec: large }).where(eq(templateVersions.id, world.versionId));
    const two = await startTask({ ctx: as(second, db), input: { taskId: world.taskId } });
    await placeWaiting({ ctx });
    expect(await rowOf(two.workspaceId)).toMatchObject({ desired: "stopped", cause: "tooLarge" });
  });
});
