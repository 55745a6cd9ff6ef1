import { Readable } from "node:stream";
import { and, eq, inArray } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { attachments, attempts, files, homes, hosts, users, warmPlans, workspaces } from "@/db/schema";
import { as, createWorld, jupyterSpec, type World } from "@/e2e/world";
import { finishClaim, startTask } from "@/lib/attempts";
import { recountReservations, registerLocalHost } from "@/lib/hosts";
import type { Clock } from "@/lib/platform/clock";
import { systemCtx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { putFile, removeFile } from "@/lib/platform/files";
import { archiveTemplate, editTemplate, fieldsOf, getTemplate } from "@/lib/templates";
import { driverFor } from "../drivers";
import { engine } from "../drivers/docker/connection";
import { containerName, label } from "../drivers/docker/names";
import { inWorkspace, removeContainers, removeEverything } from "../drivers/docker/testing";
import {
  createContainer,
  finishWorkspace,
  freezeWarm,
  getWorkspace,
  listRunning,
  placeWaiting,
  prepareHome,
  reconcileWorkspaces,
  removeOutside,
  restartWorkspace,
  stopWorkspace,
  warmPool,
} from "../index";
import { addWarmPlan } from "./add-plan";
import { createWarm } from "./boot";
import { evictWarm } from "./evict";
import { fillWarm } from "./fill";
import { removeWarmPlan } from "./remove-plan";

vi.hoisted(() => {
  process.env.DEPLOY_ID = `test-warm-${process.pid}`;
});

const db = database();
const real = systemCtx("test", { db });
let aheadMs = 0;
const clock: Clock = { now: () => new Date(real.clock.now().getTime() + aheadMs) };
const ctx = systemCtx("test", { db, clock });
const docker = engine(env().DOCKER_HOST);
let hostId = "";
const here = () => ({ id: hostId, endpoint: env().DOCKER_HOST });

async function clear(): Promise<void> {
  const host = here();
  await removeContainers(host, label.workspace);
  for (const { workspaceId } of await driverFor("docker").mounts(host)) {
    await driverFor("docker").destroy({ id: workspaceId, purpose: "attempt", host, externalId: null });
  }
}

beforeAll(async () => {
  hostId = (await registerLocalHost({ ctx })).hostId;
});

async function clearHomes(): Promise<void> {
  await clear();
  for (const home of await db.select().from(homes)) {
    await driverFor("docker").removeHome({ ...home, host: here() });
  }
  await db.delete(homes);
}

beforeEach(async () => {
  aheadMs = 0;
  await db.delete(workspaces);
  // A claim of the last test may still mount its home.
  await vi.waitFor(clearHomes, 10_000);
  await db.delete(warmPlans);
  await db
    .update(hosts)
    .set({ cpus: 8, memoryMb: 8_000, diskMb: 100_000, memoryReservedMb: 0, diskReservedMb: 0 });
});

afterAll(async () => {
  await vi.waitFor(clearHomes, 10_000);
  await removeEverything(here());
  await closeDatabase();
});

type Plan = Partial<Parameters<typeof addWarmPlan>[0]["input"]>;
const hours = (n: number) => new Date(clock.now().getTime() + n * 3_600_000).toISOString();
const always = { when: "always" as const, refill: true };
const plan = (world: World, wishes: Plan = {}) =>
  addWarmPlan({
    ctx: as(world.teacher, db, { clock }),
    input: {
      templateId: world.templateId,
      count: 1,
      when: "hour",
      refill: false,
      fromAt: null,
      untilAt: null,
      ...wishes,
    },
  });

const warmRows = async () =>
  db
    .select()
    .from(workspaces)
    .where(and(eq(workspaces.purpose, "warm"), eq(workspaces.desired, "running")));
const rowOf = async (id: string) => (await db.select().from(workspaces).where(eq(workspaces.id, id)))[0];
const hostRow = async () => (await db.select().from(hosts).where(eq(hosts.id, hostId)))[0];

/** Everything that was asked for, as rows that look frozen; without containers. */
async function pretendFrozen(): Promise<void> {
  await db
    .update(workspaces)
    .set({ state: "paused", readyAt: clock.now(), address: "127.0.0.1:9", externalId: "0".repeat(64) })
    .where(eq(workspaces.purpose, "warm"));
}

/** Everything that was asked for, truly booted and frozen. */
async function bootAll(): Promise<void> {
  for (const { id } of await warmRows()) {
    expect(await createWarm({ ctx, input: { workspaceId: id } })).toBe("done");
    for (let n = 0; n < 10; n++) {
      if ((await freezeWarm({ ctx, input: { workspaceId: id } })) === "done") break;
    }
    expect((await rowOf(id))?.state).toBe("paused");
  }
}

async function finish(ids: readonly string[]): Promise<void> {
  for (const workspaceId of ids) {
    await removeOutside({ ctx, input: { workspaceId } });
    await finishWorkspace({ ctx, input: { workspaceId } });
  }
}

const finishStopping = async () => {
  const rows = await db.select().from(workspaces).where(eq(workspaces.state, "stopping"));
  await finish(rows.map(({ id }) => id));
};

const press = (world: World, n: number) => {
  const student = world.students[n];
  if (!student) throw new Error("no such student");
  return startTask({ ctx: as(student, db, { clock }), input: { taskId: world.taskId } });
};

const cpuOf = async (id: string): Promise<number> => {
  const stats = await docker.getContainer(containerName(id)).stats({ stream: false });
  return stats.cpu_stats.cpu_usage.total_usage;
};

describe("a pool", () => {
  it("boots what a plan wants, freezes it, and holds memory but no place among students' workspaces", async () => {
    const world = await createWorld(db);
    await plan(world, { count: 2 });
    expect(await fillWarm({ ctx })).toMatchObject({ started: 2, stopped: 0 });
    expect(await fillWarm({ ctx })).toMatchObject({ started: 0, stopped: 0 });
    await bootAll();
    expect((await hostRow())?.memoryReservedMb).toBe(2 * jupyterSpec.memoryMb);
    const [one] = await warmRows();
    if (!one) throw new Error("nothing booted");
    const before = await cpuOf(one.id);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await cpuOf(one.id)).toBe(before);
    expect((await listRunning({ ctx, input: {} })).rows).toEqual([]);
    await expect(getWorkspace({ ctx: as(world.admin, db), workspaceId: one.id })).rejects.toMatchObject({
      code: "not_found",
    });
    const pool = await warmPool({ ctx: as(world.teacher, db), input: { templateId: world.templateId } });
    expect(pool).toMatchObject({ ready: 2, booting: 0, wanted: 2, heldMb: 1024, failed: null });
    await expect(
      warmPool({ ctx: as(world.otherTeacher, db), input: { templateId: world.templateId } }),
    ).rejects.toMatchObject({ code: "forbidden" });
    await recountReservations({ ctx });
    expect((await hostRow())?.memoryReservedMb).toBe(2 * jupyterSpec.memoryMb);
  });

  it("gives one workspace to one of two students who press at once; the other starts cold", async () => {
    const world = await createWorld(db, { students: 2 });
    const text = Readable.from([Buffer.from("the task\n")]);
    const { sha256, size } = await putFile(text, { maxBytes: 1e6 });
    await db.insert(files).values({ sha256, size, createdAt: clock.now() });
    await db.insert(attachments).values({
      id: ctx.newId(),
      experimentId: world.experimentId,
      name: "任务.txt",
      size,
      sha256,
      createdBy: world.teacher.id,
      createdAt: clock.now(),
    });
    await plan(world);
    await fillWarm({ ctx });
    await bootAll();
    const [frozen] = await warmRows();
    const began = performance.now();
    const started = await Promise.all([press(world, 0), press(world, 1)]);
    const rows = await Promise.all(started.map(({ workspaceId }) => rowOf(workspaceId)));
    const won = rows.find((row) => row?.id === frozen?.id);
    const lost = rows.find((row) => row?.id !== frozen?.id);
    expect(lost).toMatchObject({ state: "requested", purpose: "attempt", claimedAt: null });
    if (!won || !frozen) throw new Error("nobody got it");
    expect(await finishClaim({ ctx, input: { workspaceId: won.id } })).toMatch(/done|unwanted/);
    await vi.waitFor(async () => expect((await rowOf(won.id))?.state).toBe("ready"), 5_000);
    console.info(`claimed and ready after ${Math.round(performance.now() - began)} ms`);
    const row = await rowOf(won.id);
    expect(row).toMatchObject({ purpose: "attempt", label: frozen.label, address: frozen.address });
    expect(row?.userId && world.students.map(({ id }) => id)).toContain(row?.userId);
    const [attempt] = await db
      .select()
      .from(attempts)
      .where(eq(attempts.id, row?.attemptId ?? ""));
    expect(attempt?.startedAt).not.toBeNull();
    const [home] = await db.select().from(homes);
    expect(home).toMatchObject({ userId: row?.userId, mountedBy: won.id, fence: 1, sizeMb: 128 });
    expect((await hostRow())?.memoryReservedMb).toBe(512);
    expect((await hostRow())?.diskReservedMb).toBe(128);
    const ref = {
      id: won.id,
      purpose: "attempt" as const,
      host: { id: hostId, endpoint: env().DOCKER_HOST },
      externalId: null,
    };
    const inside = await inWorkspace(
      ref,
      "cd; echo mine > own; cat own materials/*; df -k --output=size . | tail -1",
    );
    expect(inside.text).toMatch(/^mine\nthe task\n/);
    expect(Number(inside.text.trim().split("\n").at(-1))).toBeLessThan(128 * 1024);

    // A stock is not filled up again; and after use it goes like any other.
    expect(await fillWarm({ ctx })).toMatchObject({ started: 0 });
    const owner = world.students.find(({ id }) => id === row?.userId);
    if (!owner) throw new Error("no owner");
    await stopWorkspace({ ctx: as(owner, db, { clock }), input: { workspaceId: won.id } });
    await finish([won.id]);
    expect(await rowOf(won.id)).toMatchObject({ state: "stopped", secret: null });
    expect(await driverFor("docker").observe(ref)).toEqual({ state: "missing" });
    expect((await hostRow())?.memoryReservedMb).toBe(0);
    await removeFile(sha256);
  });

  it("gives a student who starts again a warm one with their files, and grows the home with the template", async () => {
    const world = await createWorld(db, { students: 1 });
    await plan(world, { count: 2 });
    await fillWarm({ ctx });
    await bootAll();
    const first = (await press(world, 0)).workspaceId;
    await finishClaim({ ctx, input: { workspaceId: first } });
    await vi.waitFor(async () => expect((await rowOf(first))?.state).toBe("ready"), 5_000);
    const refOf = (id: string) => ({
      id,
      purpose: "attempt" as const,
      host: { id: hostId, endpoint: env().DOCKER_HOST },
      externalId: null,
    });
    await inWorkspace(refOf(first), "echo kept > ~/notes; mkdir -p /tmp/left; touch /dev/shm/left");
    const [student] = world.students;
    if (!student) throw new Error("no student");
    await restartWorkspace({ ctx: as(student, db), input: { workspaceId: first } });
    await removeOutside({ ctx, input: { workspaceId: first } });
    await db.update(homes).set({ sizeMb: 100 });
    await db.update(hosts).set({ diskReservedMb: 100 });
    const { successorId: second } = await finishWorkspace({ ctx, input: { workspaceId: first } });
    if (!second) throw new Error("no successor");
    expect((await rowOf(second))?.claimedAt).not.toBeNull();
    await finishClaim({ ctx, input: { workspaceId: second } });
    await vi.waitFor(async () => expect((await rowOf(second))?.state).toBe("ready"), 5_000);
    expect((await inWorkspace(refOf(second), "cat ~/notes; ls -A /dev/shm")).text).toBe("kept\n");
    expect((await db.select().from(homes))[0]).toMatchObject({ sizeMb: 128, fence: 2, mountedBy: second });
    expect((await hostRow())?.diskReservedMb).toBe(128);
  });

  it.each(["ensure", "pause"] as const)(
    "a process that froze in %s while it booted one takes nothing from the student who has it by now",
    async (call) => {
      const world = await createWorld(db, { students: 1 });
      await plan(world);
      await fillWarm({ ctx });
      const [warm] = await warmRows();
      if (!warm) throw new Error("nothing was asked for");
      const step = { ctx, input: { workspaceId: warm.id } };
      const driver = driverFor("docker");
      let thaw = () => undefined as unknown;
      const frozen = new Promise((resolve) => {
        thaw = () => resolve(undefined);
      });
      let stale: Promise<unknown>;
      if (call === "ensure") {
        // Between what the engine said and what the row is told.
        const { ensure } = driver;
        const spy = vi.spyOn(driver, "ensure").mockImplementationOnce(async (spec) => {
          const made = await ensure(spec);
          await frozen;
          return made;
        });
        stale = createWarm(step);
        await vi.waitFor(() => expect(spy).toHaveBeenCalled());
      } else {
        expect(await createWarm(step)).toBe("done");
        // Between the answer of the service inside and the freezing.
        const { pause } = driver;
        const spy = vi.spyOn(driver, "pause").mockImplementationOnce(async (ref) => {
          await frozen;
          await pause(ref);
        });
        stale = freezeWarm(step);
        await vi.waitFor(() => expect(spy).toHaveBeenCalled(), 45_000);
      }
      await bootAll();
      const { workspaceId } = await press(world, 0);
      expect(workspaceId).toBe(warm.id);
      await finishClaim({ ctx, input: { workspaceId } });
      await vi.waitFor(async () => expect((await rowOf(workspaceId))?.state).toBe("ready"), 5_000);
      thaw();
      await stale;
      vi.restoreAllMocks();
      expect((await rowOf(workspaceId))?.state).toBe("ready");
      const host = { id: hostId, endpoint: env().DOCKER_HOST };
      const ref = { id: workspaceId, purpose: "attempt" as const, host, externalId: null };
      expect(await driver.observe(ref)).toMatchObject({ state: "running" });
    },
  );

  it("starts like any other when the frozen container is gone, on the same row", async () => {
    const world = await createWorld(db, { students: 1 });
    await plan(world);
    await fillWarm({ ctx });
    await bootAll();
    const [frozen] = await warmRows();
    if (!frozen) throw new Error("nothing booted");
    await docker.getContainer(containerName(frozen.id)).remove({ force: true });
    const { workspaceId } = await press(world, 0);
    expect(workspaceId).toBe(frozen.id);
    await finishClaim({ ctx, input: { workspaceId } });
    await vi.waitFor(async () => expect((await rowOf(workspaceId))?.state).toBe("provisioning"), 5_000);
    expect(await rowOf(workspaceId)).toMatchObject({
      claimedAt: null,
      desired: "running",
      label: frozen.label,
    });
    expect(await prepareHome({ ctx, input: { workspaceId } })).toBe("done");
    expect(await createContainer({ ctx, input: { workspaceId } })).toBe("done");
    expect((await rowOf(workspaceId))?.state).toBe("booting");
  });

  it("replaces a frozen container that is gone, and one whose image was built anew", async () => {
    const world = await createWorld(db);
    await plan(world, { count: 2 });
    await fillWarm({ ctx });
    await bootAll();
    const [gone, kept] = await warmRows();
    if (!gone || !kept) throw new Error("nothing booted");
    expect(await fillWarm({ ctx, builds: true })).toMatchObject({ started: 0, stopped: 0 });
    await docker.getContainer(containerName(gone.id)).remove({ force: true });
    await reconcileWorkspaces({ ctx });
    expect((await warmRows()).map(({ id }) => id)).toEqual([kept.id]);
    await finishStopping();
    expect(await fillWarm({ ctx })).toMatchObject({ started: 1 });

    const info = await docker.getImage("labyard/base").inspect();
    await docker.getImage("labyard/base").tag({ repo: "test/warm-build" });
    try {
      // The one that is frozen was made of the former build.
      await docker.getImage("labyard/jupyter").tag({ repo: "test/warm-build" });
      const template = await getTemplate(as(world.teacher, db), world.templateId);
      await editTemplate({
        ctx: as(world.teacher, db),
        input: {
          ...template,
          ...fieldsOf(template.spec),
          basedOn: template.currentVersionId,
          templateId: template.id,
          image: "test/warm-build",
        },
      });
      await db.update(hosts).set({ cpus: 8 });
      expect(await fillWarm({ ctx })).toMatchObject({ started: 2, stopped: 2 });
      await bootAll();
      expect(await fillWarm({ ctx, builds: true })).toMatchObject({ stopped: 0 });
      await docker.getImage(info.Id).tag({ repo: "test/warm-build" });
      expect(await fillWarm({ ctx, builds: true })).toMatchObject({ stopped: 2 });
    } finally {
      await docker.getImage("test/warm-build").remove();
    }
  });
});

describe("a plan", () => {
  it("shrinks the pool at once when it is removed, ends, or its template is edited or archived", async () => {
    const world = await createWorld(db);
    const { planId } = await plan(world, { count: 3 });
    await fillWarm({ ctx });
    await pretendFrozen();
    const before = await warmRows();
    const teacher = as(world.teacher, db, { clock });
    const template = await getTemplate(teacher, world.templateId);
    const { versionNow } = { versionNow: template.currentVersionId };
    await editTemplate({
      ctx: teacher,
      input: {
        ...template,
        ...fieldsOf(template.spec),
        basedOn: versionNow,
        templateId: template.id,
      },
    });
    expect(await fillWarm({ ctx })).toMatchObject({ started: 3, stopped: 3 });
    const after = await warmRows();
    expect(after.filter(({ id }) => before.some((old) => old.id === id))).toEqual([]);

    await archiveTemplate({ ctx: teacher, input: { templateId: world.templateId } });
    expect(await fillWarm({ ctx })).toMatchObject({ started: 0, stopped: 3 });

    await finishStopping();
    const other = await createWorld(db);
    const second = await plan(other, { count: 2 });
    await fillWarm({ ctx });
    expect(await warmRows()).toHaveLength(2);
    await removeWarmPlan({
      ctx: as(other.teacher, db),
      input: { ...second, templateId: other.templateId },
    });
    expect(await fillWarm({ ctx })).toMatchObject({ stopped: 2 });
    await finishStopping();

    const third = await createWorld(db);
    await plan(third, { count: 2, when: "window", fromAt: hours(1), untilAt: hours(2) });
    expect(await fillWarm({ ctx })).toMatchObject({ started: 0 });
    aheadMs = 3_700_000;
    expect(await fillWarm({ ctx })).toMatchObject({ started: 2 });
    aheadMs = 7_300_000;
    expect(await fillWarm({ ctx })).toMatchObject({ started: 0, stopped: 2 });
    expect(planId).toHaveLength(26);
  });

  it("keeps a level filled, and lets a stock run out", async () => {
    const world = await createWorld(db, { students: 2 });
    await plan(world, { count: 1, ...always });
    await fillWarm({ ctx });
    await pretendFrozen();
    const ids = (await warmRows()).map(({ id }) => id);
    expect(ids).toEqual([(await press(world, 0)).workspaceId]);
    await db.update(workspaces).set({ state: "stopped" }).where(inArray(workspaces.id, ids));
    expect(await fillWarm({ ctx })).toMatchObject({ started: 1 });
  });

  it("fits a student's language, and boots each language as its students are", async () => {
    const world = await createWorld(db, { students: 2 });
    await db
      .update(users)
      .set({ locale: "en" })
      .where(eq(users.id, world.students[0]?.id ?? ""));
    await plan(world, { count: 2 });
    await fillWarm({ ctx });
    expect((await warmRows()).map(({ locale }) => locale).sort()).toEqual(["en", "zh-CN"]);
    await pretendFrozen();
    await db
      .update(users)
      .set({ locale: "en" })
      .where(eq(users.id, world.students[1]?.id ?? ""));
    const ids = (await warmRows()).map(({ id }) => id);
    const english = (await press(world, 0)).workspaceId;
    expect(ids).toContain(english);
    expect(await rowOf(english)).toMatchObject({ locale: "en" });
    expect(ids).not.toContain((await press(world, 1)).workspaceId);
  });

  it("cannot hold more than its share of the memory, and says how many more it may", async () => {
    const world = await createWorld(db);
    // Half of 8,000 MB is room for seven of 512 MB.
    await plan(world, { count: 5 });
    await expect(plan(world, { count: 3 })).rejects.toMatchObject({
      code: "limit",
      key: "warm.tooMany",
      params: { most: 2 },
    });
    await plan(world, { count: 2 });
    await expect(plan(world, { count: 1 })).rejects.toMatchObject({ key: "warm.full" });
    await plan(world, { count: 7, when: "window", fromAt: hours(1.1), untilAt: hours(2) });
    await expect(
      addWarmPlan({
        ctx: as(world.otherTeacher, db),
        input: { templateId: world.templateId, count: 1, fromAt: null, untilAt: null, ...always },
      }),
    ).rejects.toMatchObject({ code: "forbidden" });
    await expect(plan(world, { when: "window" })).rejects.toThrow();
    await expect(plan(world, { when: "window", untilAt: hours(-1) })).rejects.toMatchObject({
      key: "warm.over",
    });
  });

  it("gives up for a while after boots that failed", async () => {
    const world = await createWorld(db, { spec: { image: "labyard/no-such-image" } });
    await plan(world, { count: 3, refill: true });
    await fillWarm({ ctx });
    const rows = await warmRows();
    expect(rows).toHaveLength(3);
    for (const { id } of rows) expect(await createWarm({ ctx, input: { workspaceId: id } })).toBe("unwanted");
    await finish(rows.map(({ id }) => id));
    expect((await rowOf(rows[0]?.id ?? ""))?.state).toBe("failed");
    expect(await fillWarm({ ctx })).toMatchObject({ started: 0 });
    const pool = await warmPool({ ctx: as(world.teacher, db), input: { templateId: world.templateId } });
    expect(pool.failed).toBe("imageMissing");
    aheadMs = 11 * 60_000;
    expect(await fillWarm({ ctx })).toMatchObject({ started: 3 });
  });

  it("replaces what has slept for half a day, one at a time", async () => {
    const world = await createWorld(db);
    await plan(world, { count: 2, ...always });
    await fillWarm({ ctx });
    await pretendFrozen();
    aheadMs = 13 * 3_600_000;
    expect(await fillWarm({ ctx })).toMatchObject({ started: 1, stopped: 1 });
  });
});

describe("students first", () => {
  it("boots nothing while a student starts cold", async () => {
    const world = await createWorld(db, { students: 1 });
    await press(world, 0);
    await plan(world);
    expect(await fillWarm({ ctx })).toEqual({ started: 0, stopped: 0, later: true });
  });

  it("sends away as many as a student needs the memory of, and no more", async () => {
    const pool = await createWorld(db, { students: 1 });
    const busy = await createWorld(db, { students: 1, spec: { memoryMb: 1_000 } });
    await plan(pool, { count: 4 });
    await fillWarm({ ctx });
    await pretendFrozen();
    await db.update(hosts).set({ memoryMb: 2_100 });
    const { workspaceId } = await press(busy, 0);
    expect((await placeWaiting({ ctx })).queued).toContain(workspaceId);
    const stopping = await db
      .select()
      .from(workspaces)
      .where(and(eq(workspaces.purpose, "warm"), eq(workspaces.state, "stopping")));
    expect(stopping).toHaveLength(2);
    // Asked again, what goes already counts.
    expect(await evictWarm({ ctx })).toBe(0);
    expect(await fillWarm({ ctx })).toMatchObject({ started: 0, later: true });
    for (const { id } of stopping) await finishWorkspace({ ctx, input: { workspaceId: id } });
    await placeWaiting({ ctx });
    expect((await rowOf(workspaceId))?.state).toBe("provisioning");
    expect(await warmRows()).toHaveLength(2);
  });

  it("lets a stop win over a claim that is under way", async () => {
    const world = await createWorld(db, { students: 1 });
    await plan(world);
    await fillWarm({ ctx });
    await bootAll();
    const { workspaceId } = await press(world, 0);
    const [student] = world.students;
    if (!student) throw new Error("no student");
    await stopWorkspace({ ctx: as(student, db), input: { workspaceId } });
    await finishClaim({ ctx, input: { workspaceId } });
    await finish([workspaceId]);
    await vi.waitFor(async () => {
      const seen = await driverFor("docker").list({ id: hostId, endpoint: env().DOCKER_HOST });
      expect(seen.map((one) => one.workspaceId)).not.toContain(workspaceId);
      expect(await driverFor("docker").mounts({ id: hostId, endpoint: env().DOCKER_HOST })).toEqual([]);
    }, 5_000);
    expect((await rowOf(workspaceId))?.state).toBe("stopped");
  });

  it("gives no warm one to two claims at once, twenty at a time", async () => {
    const world = await createWorld(db, { students: 20, spec: { memoryMb: 128 } });
    await plan(world, { count: 20 });
    await fillWarm({ ctx });
    await db.update(hosts).set({ cpus: 64 });
    await fillWarm({ ctx });
    await pretendFrozen();
    const ids = (await warmRows()).map(({ id }) => id);
    expect(ids).toHaveLength(20);
    const started = await Promise.all(Array.from({ length: 20 }, (_, n) => press(world, n)));
    expect(started.map(({ workspaceId }) => workspaceId).sort()).toEqual(ids.sort());
    const taken = await db.select().from(homes);
    expect(taken.map(({ mountedBy }) => mountedBy).sort()).toEqual(ids);
    expect((await hostRow())?.diskReservedMb).toBe(20 * jupyterSpec.diskMb);
  });
});
