import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/mysql2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDatabase, database, pool } from "@/db/client";
import { collectedFiles, collections } from "@/db/schema";
import { as, createWorld, type World } from "@/e2e/world";
import {
  archiveOfAttempt,
  archiveOfExperiment,
  getCollectedFile,
  getCollection,
  retryCollections,
} from "@/lib/collections";
import { type Ctx, systemCtx, type UserActor } from "@/lib/platform/context";
import { newId } from "@/lib/platform/ids";
import { moveWorkspace, stopWorkspaces, workspaceLogs, workspaceStats } from "@/lib/workspaces";
import {
  endAttempt,
  endAttempts,
  extendAttempts,
  liveList,
  ownTasks,
  recordReady,
  type Started,
  startTask,
  workspaceScreen,
} from "./index";

const db = database();
afterAll(closeDatabase);

/** A context whose database counts the statements that it is asked. */
function counting(actor: UserActor) {
  const statements: string[] = [];
  const counted = drizzle(pool(), { logger: { logQuery: (query) => void statements.push(query) } });
  return { ctx: as(actor, counted), statements };
}

async function start(world: World, index: number, ready = true): Promise<Started> {
  const student = world.students[index];
  if (!student) throw new Error("no such student in this world");
  const started = await startTask({ ctx: as(student, db), input: { taskId: world.taskId } });
  if (!ready) return started;
  const ctx = systemCtx("test", { db });
  await moveWorkspace(ctx, db, started.workspaceId, { to: "provisioning", reason: "placed" });
  await moveWorkspace(ctx, db, started.workspaceId, { to: "booting", reason: "created" });
  await recordReady({ ctx, input: { workspaceId: started.workspaceId } });
  return started;
}

const refused = (code: string) => expect.objectContaining({ code });
const student = (world: World, index: number): UserActor => {
  const found = world.students[index];
  if (!found) throw new Error("no such student in this world");
  return found;
};

describe("the class at work", () => {
  it("asks as often for 40 students as for 3", async () => {
    const asked: number[] = [];
    for (const students of [3, 40]) {
      const world = await createWorld(db, { students });
      await start(world, 0);
      await start(world, 1, false);
      for (let i = 2; i < students; i += 3) await start(world, i);
      const { ctx, statements } = counting(world.teacher);
      const { rows } = await liveList({ ctx, input: { experimentId: world.experimentId } });
      expect(rows).toHaveLength(students);
      asked.push(statements.length);
    }
    expect(asked[1]).toBe(asked[0]);
  });

  it("tells where each student is, and keeps who has left the class while something of theirs is open", async () => {
    const world = await createWorld(db, { students: 3 });
    const first = await start(world, 0);
    await start(world, 1, false);
    const { rows } = await liveList({
      ctx: as(world.assistant, db),
      input: { experimentId: world.experimentId },
    });
    const of = (index: number) => rows.find((row) => row.userId === student(world, index).id);
    expect(of(0)).toMatchObject({ used: 1, workspace: { id: first.workspaceId, state: "ready" } });
    expect(of(1)).toMatchObject({ used: 0, workspace: { state: "requested" } });
    // Its position is told by the pass that finds no room for it.
    expect(of(1)?.workspace).toMatchObject({ queuePosition: null, queueUntil: null });
    expect(of(2)).toMatchObject({ attempt: null, workspace: null });
  });

  it("is nobody's who does not teach the course", async () => {
    const world = await createWorld(db, { students: 1 });
    for (const actor of [world.otherTeacher, world.stranger, student(world, 0)]) {
      await expect(
        liveList({ ctx: as(actor, db), input: { experimentId: world.experimentId } }),
      ).rejects.toEqual(refused("not_found"));
    }
  });
});

describe("one's own tasks", () => {
  it("are one's own: attempts of others neither count nor show", async () => {
    const world = await createWorld(db, { students: 2 });
    await start(world, 0);
    const [mine, theirs] = await Promise.all(
      [0, 1].map((index) => ownTasks({ ctx: as(student(world, index), db), taskIds: [world.taskId] })),
    );
    expect(mine?.get(world.taskId)).toMatchObject({ used: 1, open: { workspace: { state: "ready" } } });
    expect(theirs?.get(world.taskId)).toEqual({ taskId: world.taskId, used: 0, open: null, attempts: [] });
  });
});

describe("what belongs to a student", () => {
  let world: World;
  let started: Started;
  let fileId: string;
  beforeAll(async () => {
    world = await createWorld(db, { students: 2 });
    started = await start(world, 0);
    await endAttempt({ ctx: as(student(world, 0), db), input: { attemptId: started.attemptId } });
    const collectionId = newId();
    fileId = newId();
    await db.insert(collections).values({
      id: collectionId,
      attemptId: started.attemptId,
      homeId: newId(),
      state: "done",
      files: 1,
      createdAt: new Date(),
    });
    const sha256 = "a".repeat(64);
    await db.insert(collectedFiles).values({ id: fileId, collectionId, path: "a.txt", size: 1, sha256 });
  });

  const reads: [string, (ctx: Ctx) => Promise<unknown>][] = [
    ["its page", (ctx) => workspaceScreen({ ctx, workspaceId: started.workspaceId })],
    ["its load", (ctx) => workspaceStats({ ctx, workspaceId: started.workspaceId })],
    ["its log", (ctx) => workspaceLogs({ ctx, workspaceId: started.workspaceId })],
    ["its manifest", (ctx) => getCollection({ ctx, input: { attemptId: started.attemptId } })],
    ["one collected file", (ctx) => getCollectedFile({ ctx, fileId })],
    ["its archive", (ctx) => archiveOfAttempt({ ctx, attemptId: started.attemptId })],
  ];
  it.each(reads)("%s: its owner and staff of the course, nobody else", async (_what, read) => {
    for (const actor of [student(world, 0), world.teacher, world.assistant, world.admin]) {
      await expect(read(as(actor, db))).resolves.toBeDefined();
    }
    for (const actor of [student(world, 1), world.stranger, world.otherTeacher]) {
      await expect(read(as(actor, db))).rejects.toEqual(refused("not_found"));
    }
  });

  it("the archive of the class: staff only, and one student's part of it", async () => {
    const { experimentId } = world;
    const archive = (actor: UserActor, userId?: string) =>
      archiveOfExperiment({ ctx: as(actor, db), input: { experimentId, userId } });
    expect((await archive(world.teacher)).entries).toHaveLength(1);
    const one = await archive(world.teacher, student(world, 0).id);
    expect(one.name).toMatch(/_student1$/);
    expect((await archive(world.teacher, student(world, 1).id)).entries).toEqual([]);
    for (const actor of [student(world, 0), world.stranger, world.otherTeacher]) {
      await expect(archive(actor)).rejects.toEqual(refused("not_found"));
    }
  });
});

describe("what could not be saved", () => {
  it("is saved again when its owner or staff says so, and only then", async () => {
    const world = await createWorld(db, { students: 2 });
    const { attemptId } = await start(world, 0);
    await endAttempt({ ctx: as(student(world, 0), db), input: { attemptId } });
    await db.insert(collections).values({
      id: newId(),
      attemptId,
      homeId: newId(),
      state: "failed",
      tries: 5,
      createdAt: new Date(),
    });
    const { experimentId } = world;
    const failed = async () => {
      const { rows } = await liveList({ ctx: as(world.teacher, db), input: { experimentId } });
      return rows[0]?.collected.failed;
    };
    expect(await failed()).toEqual([attemptId]);
    for (const actor of [student(world, 1), world.otherTeacher, world.stranger]) {
      const refusal = await retryCollections({ ctx: as(actor, db), input: { attemptIds: [attemptId] } });
      expect(refusal.failed).toMatchObject([{ id: attemptId, code: "not_found" }]);
    }
    expect(await failed()).toEqual([attemptId]);
    await retryCollections({ ctx: as(world.assistant, db), input: { attemptIds: [attemptId] } });
    expect(await failed()).toEqual([]);
    await db.update(collections).set({ state: "failed" }).where(eq(collections.attemptId, attemptId));
    await retryCollections({ ctx: as(student(world, 0), db), input: { attemptIds: [attemptId] } });
    expect(await failed()).toEqual([]);
  });
});

describe("many at once", () => {
  it("does what may be done and says of each other one why not", async () => {
    const [ours, theirs] = [
      await createWorld(db, { students: 3 }),
      await createWorld(db, { students: 1 }),
    ] as const;
    const mine = [await start(ours, 0), await start(ours, 1), await start(ours, 2, false)];
    const foreign = await start(theirs, 0);
    const ctx = as(ours.teacher, db);
    const attemptIds = [...mine, foreign].map((one) => one.attemptId);

    const extended = await extendAttempts({ ctx, input: { attemptIds, minutes: 5 } });
    expect(extended.done.toSorted()).toEqual(attemptIds.slice(0, 2).toSorted());
    expect(new Set(extended.failed.map(({ id, key }) => `${id} ${key}`))).toEqual(
      new Set([`${attemptIds[2]} attempts.notRunning`, `${attemptIds[3]} notFound.attempt`]),
    );

    const workspaceIds = [...mine, foreign].map((one) => one.workspaceId);
    const stopped = await stopWorkspaces({ ctx, input: { workspaceIds } });
    expect(stopped.done).toHaveLength(3);
    expect(stopped.failed).toMatchObject([{ id: foreign.workspaceId, code: "not_found" }]);

    const ended = await endAttempts({ ctx, input: { attemptIds } });
    expect(ended.done).toHaveLength(3);
    expect(ended.failed).toMatchObject([{ id: foreign.attemptId, code: "not_found" }]);
  });
});
