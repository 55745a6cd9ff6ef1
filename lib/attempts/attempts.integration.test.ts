import { and, eq, notInArray } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDatabase, database } from "@/db/client";
import {
  attempts,
  type ContainerSpec,
  collections,
  homes,
  outbox,
  tasks,
  workspaceEvents,
  workspaces,
} from "@/db/schema";
import { as, createWorld, type World } from "@/e2e/world";
import { fixedClock } from "@/lib/platform/clock";
import { systemCtx } from "@/lib/platform/context";
import { currentVersionOf, editTemplate, fieldsOf } from "@/lib/templates";
import {
  finishWorkspace,
  moveWorkspace,
  requestStop,
  restartWorkspace,
  stopWorkspace,
} from "@/lib/workspaces";
import {
  endAttempt,
  endIfDue,
  extendAttempt,
  extendOwnAttempt,
  reconcileAttempts,
  recordReady,
  startTask,
} from "./index";

const db = database();
afterAll(closeDatabase);

const student = (world: World, index = 0) => {
  const found = world.students[index];
  if (!found) throw new Error("no such student in this world");
  return found;
};

/** Moves a workspace as the provisioning job would, without a host. */
async function boot(workspaceId: string, clock = fixedClock("2026-03-02T08:00:00Z")) {
  const ctx = systemCtx("test", { db, clock });
  await moveWorkspace(ctx, db, workspaceId, { to: "provisioning", reason: "placed" });
  await moveWorkspace(ctx, db, workspaceId, { to: "booting", reason: "created" });
  return recordReady({ ctx, input: { workspaceId } });
}

const attemptOf = async (id: string) => (await db.select().from(attempts).where(eq(attempts.id, id)))[0];
const workspaceOf = async (id: string) =>
  (await db.select().from(workspaces).where(eq(workspaces.id, id)))[0];
const key = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: { key?: string; code?: string }) => error.key ?? error.code,
  );

/** As the teacher saves a template anew; gives the version's id. */
async function newVersion(world: World, change: Partial<Omit<ContainerSpec, "env">>): Promise<string> {
  const [task] = await db.select().from(tasks).where(eq(tasks.id, world.taskId));
  const templateId = task?.templateId ?? "";
  const before = await currentVersionOf(db, templateId);
  const fields = fieldsOf(before.spec);
  if (fields.driver !== "docker") throw new Error("not a container");
  await editTemplate({
    ctx: as(world.teacher, db),
    input: { ...fields, ...change, name: "JupyterLab", templateId, basedOn: before.id },
  });
  return (await currentVersionOf(db, templateId)).id;
}

describe("Start", () => {
  it("makes one attempt and one workspace out of twenty presses at once, with one event in the outbox", async () => {
    const world = await createWorld(db);
    const ctx = as(student(world), db);
    const all = await Promise.all(
      Array.from({ length: 20 }, () => startTask({ ctx, input: { taskId: world.taskId } })),
    );
    expect(new Set(all.map((one) => one.workspaceId)).size).toBe(1);
    const rows = await db
      .select()
      .from(workspaces)
      .where(eq(workspaces.userId, student(world).id));
    expect(rows).toHaveLength(1);
    const events = (await db.select().from(outbox)).filter((row) => row.data.workspaceId === rows[0]?.id);
    expect(events.map((row) => row.name)).toEqual(["workspace/requested"]);
  });

  it("is refused to whom the experiment does not reach, before it opens and after it has closed", async () => {
    const world = await createWorld(db, {
      opensAt: new Date("2026-03-02T08:00:00Z"),
      closesAt: new Date("2026-03-02T10:00:00Z"),
    });
    const start = (actor = student(world), time = "2026-03-02T09:00:00Z") =>
      key(startTask({ ctx: as(actor, db, { clock: fixedClock(time) }), input: { taskId: world.taskId } }));
    expect(await start(world.stranger)).toBe("notFound.task");
    expect(await start(world.otherTeacher)).toBe("notFound.task");
    expect(await start(student(world), "2026-03-02T07:59:59Z")).toBe("attempts.notOpen");
    expect(await start(student(world), "2026-03-02T10:00:00Z")).toBe("attempts.closed");
    expect(await start()).toBe("done");
  });

  it("counts attempts from the first ready workspace: a failed creation costs none, the second try is the last", async () => {
    const world = await createWorld(db, { task: { maxAttempts: 1 } });
    const clock = fixedClock("2026-03-02T08:00:00Z");
    const ctx = as(student(world), db, { clock });
    const system = systemCtx("test", { db, clock });
    const first = await startTask({ ctx, input: { taskId: world.taskId } });
    await requestStop(system, db, first.workspaceId, { reason: "failed", cause: "imageMissing" });
    expect(await finishWorkspace({ ctx: system, input: { workspaceId: first.workspaceId } })).toMatchObject({
      state: "failed",
    });
    const second = await startTask({ ctx, input: { taskId: world.taskId } });
    expect(second.attemptId).toBe(first.attemptId);
    await boot(second.workspaceId, clock);
    await endAttempt({ ctx, input: { attemptId: second.attemptId } });
    await finishWorkspace({ ctx: system, input: { workspaceId: second.workspaceId } });
    expect(await key(startTask({ ctx, input: { taskId: world.taskId } }))).toBe("attempts.used");
  });

  it("follows a corrected template until the clock has started, and then never again", async () => {
    const world = await createWorld(db, { spec: { image: "labyard/none:1" } });
    const ctx = as(student(world), db);
    const system = systemCtx("test", { db });
    const first = await startTask({ ctx, input: { taskId: world.taskId } });
    await requestStop(system, db, first.workspaceId, { reason: "failed", cause: "imageMissing" });
    const versionOf = async (id: string) => (await workspaceOf(id))?.templateVersionId;
    const broken = await versionOf(first.workspaceId);

    const corrected = await newVersion(world, { image: "labyard/jupyter", memoryMb: 640 });
    // Pressed while the failed one is still cleaned up: its end requests the next, of the corrected template.
    await startTask({ ctx, input: { taskId: world.taskId } });
    await finishWorkspace({ ctx: system, input: { workspaceId: first.workspaceId } });
    const second = await startTask({ ctx, input: { taskId: world.taskId } });
    expect(second).not.toEqual(first);
    expect(await versionOf(second.workspaceId)).toBe(corrected);
    expect((await workspaceOf(second.workspaceId))?.memoryMb).toBe(640);
    expect(corrected).not.toBe(broken);

    await boot(second.workspaceId, fixedClock(new Date()));
    await stopWorkspace({ ctx, input: { workspaceId: second.workspaceId } });
    await finishWorkspace({ ctx: system, input: { workspaceId: second.workspaceId } });
    await newVersion(world, { image: "labyard/other" });
    const third = await startTask({ ctx, input: { taskId: world.taskId } });
    expect(await versionOf(third.workspaceId)).toBe(corrected);
  });

  it("pressed while the last workspace stops, has the next one requested by that one's end", async () => {
    const world = await createWorld(db);
    const ctx = as(student(world), db);
    const first = await startTask({ ctx, input: { taskId: world.taskId } });
    await stopWorkspace({ ctx, input: { workspaceId: first.workspaceId } });
    expect(await startTask({ ctx, input: { taskId: world.taskId } })).toEqual(first);
    await finishWorkspace({ ctx: systemCtx("test", { db }), input: { workspaceId: first.workspaceId } });
    const live = await db
      .select()
      .from(workspaces)
      .where(
        and(eq(workspaces.attemptId, first.attemptId), notInArray(workspaces.state, ["stopped", "failed"])),
      );
    expect(live.map((row) => row.state)).toEqual(["requested"]);
    expect(live[0]?.id).not.toBe(first.workspaceId);
  });
});

describe("Stop", () => {
  it("wins over every step of a start that is still under way", async () => {
    const world = await createWorld(db);
    const ctx = as(student(world), db);
    const system = systemCtx("test", { db });
    const { workspaceId } = await startTask({ ctx, input: { taskId: world.taskId } });
    await moveWorkspace(system, db, workspaceId, { to: "provisioning", reason: "placed" });
    await stopWorkspace({ ctx, input: { workspaceId } });
    for (const to of ["booting", "ready", "queued", "provisioning"] as const) {
      expect(await moveWorkspace(system, db, workspaceId, { to, reason: "late" }), to).toBe(false);
    }
    expect(await recordReady({ ctx: system, input: { workspaceId } })).toBe(false);
    expect((await workspaceOf(workspaceId))?.state).toBe("stopping");
    await finishWorkspace({ ctx: system, input: { workspaceId } });
    expect((await workspaceOf(workspaceId))?.state).toBe("stopped");
    expect((await attemptOf((await workspaceOf(workspaceId))?.attemptId ?? ""))?.startedAt).toBeNull();
    const events = await db
      .select()
      .from(workspaceEvents)
      .where(eq(workspaceEvents.workspaceId, workspaceId));
    expect(events.map((row) => row.to).sort()).toEqual(["provisioning", "requested", "stopped", "stopping"]);
  });

  it("is no failure, when a start that still watches sees the container go", async () => {
    const world = await createWorld(db);
    const ctx = as(student(world), db);
    const system = systemCtx("test", { db });
    const { workspaceId } = await startTask({ ctx, input: { taskId: world.taskId } });
    await stopWorkspace({ ctx, input: { workspaceId } });
    expect(await requestStop(system, db, workspaceId, { reason: "failed", cause: "vanished" })).toBe(false);
    expect(await finishWorkspace({ ctx: system, input: { workspaceId } })).toMatchObject({
      state: "stopped",
    });
  });

  it("and restart are refused to classmates and to teachers of other courses, as if it were not there", async () => {
    const world = await createWorld(db);
    const { workspaceId } = await startTask({ ctx: as(student(world), db), input: { taskId: world.taskId } });
    for (const actor of [student(world, 1), world.stranger, world.otherTeacher]) {
      const ctx = as(actor, db);
      expect(await key(stopWorkspace({ ctx, input: { workspaceId } }))).toBe("notFound.workspace");
      expect(await key(restartWorkspace({ ctx, input: { workspaceId } }))).toBe("notFound.workspace");
    }
    expect((await workspaceOf(workspaceId))?.desired).toBe("running");
    expect(await stopWorkspace({ ctx: as(world.assistant, db), input: { workspaceId } })).toEqual({
      stopped: true,
    });
  });
});

describe("the deadline", () => {
  let world: World;
  let clock: ReturnType<typeof fixedClock>;
  let started: Awaited<ReturnType<typeof startTask>>;

  beforeAll(async () => {
    world = await createWorld(db, {
      closesAt: new Date("2026-03-02T09:30:00Z"),
      task: { durationMinutes: 60, selfExtensions: 1, selfExtensionMinutes: 15 },
    });
    clock = fixedClock("2026-03-02T08:00:00Z");
    started = await startTask({ ctx: as(student(world), db, { clock }), input: { taskId: world.taskId } });
    await boot(started.workspaceId, clock);
  });

  it("runs from the first ready workspace", async () => {
    const attempt = await attemptOf(started.attemptId);
    expect(attempt?.startedAt).toEqual(new Date("2026-03-02T08:00:00Z"));
    expect(attempt?.deadlineAt).toEqual(new Date("2026-03-02T09:00:00Z"));
  });

  it("is moved by the student once, then only by staff of the course, past the close too", async () => {
    const input = { attemptId: started.attemptId };
    const ctx = as(student(world), db, { clock });
    expect(await extendOwnAttempt({ ctx, input })).toEqual({ deadlineAt: "2026-03-02T09:15:00.000Z" });
    expect(await key(extendOwnAttempt({ ctx, input }))).toBe("attempts.noExtension");
    expect(await key(extendAttempt({ ctx, input: { ...input, minutes: 30 } }))).toBe("notFound.attempt");
    expect(
      await key(extendAttempt({ ctx: as(world.otherTeacher, db), input: { ...input, minutes: 30 } })),
    ).toBe("notFound.attempt");
    expect(
      await extendAttempt({ ctx: as(world.teacher, db, { clock }), input: { ...input, minutes: 30 } }),
    ).toEqual({
      deadlineAt: "2026-03-02T09:45:00.000Z",
    });
  });

  it("ends the attempt when it has passed and not a millisecond earlier, with a collection of its home", async () => {
    await db.insert(homes).values({
      id: systemCtx("test", { db }).newId(),
      userId: student(world).id,
      taskId: world.taskId,
      hostId: systemCtx("test", { db }).newId(),
      sizeMb: 128,
      createdAt: clock.now(),
      usedAt: clock.now(),
    });
    const early = systemCtx("test", { db, clock: fixedClock("2026-03-02T09:44:59.999Z") });
    expect(await endIfDue({ ctx: early, input: { attemptId: started.attemptId } })).toBe(false);
    const due = systemCtx("test", { db, clock: fixedClock("2026-03-02T09:45:00Z") });
    const done = await Promise.all(
      Array.from({ length: 5 }, () => endIfDue({ ctx: due, input: { attemptId: started.attemptId } })),
    );
    expect(done.filter(Boolean)).toHaveLength(1);
    expect((await attemptOf(started.attemptId))?.endReason).toBe("deadline");
    expect((await workspaceOf(started.workspaceId))?.state).toBe("stopping");
    const collected = await db.select().from(collections).where(eq(collections.final, started.attemptId));
    expect(collected.map((row) => row.state)).toEqual(["pending"]);
  });

  it("is kept by the reconciler alone, when no job remembers the attempt", async () => {
    const other = await startTask({
      ctx: as(student(world, 1), db, { clock }),
      input: { taskId: world.taskId },
    });
    await boot(other.workspaceId, clock);
    const ctx = systemCtx("reconcile", { db, clock: fixedClock("2026-03-02T12:00:00Z") });
    await reconcileAttempts({ ctx });
    expect((await attemptOf(other.attemptId))?.endReason).toBe("deadline");
    expect((await workspaceOf(other.workspaceId))?.desired).toBe("stopped");
  });
});
