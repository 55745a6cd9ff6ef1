import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { assignments, attempts, changes, collections, hosts, outbox, tasks, workspaces } from "@/db/schema";
import { as, createWorld, type World } from "@/e2e/world";
import { removeStudent } from "@/lib/courses";
import { systemClock } from "@/lib/platform/clock";
import { systemCtx, type UserActor } from "@/lib/platform/context";
import { seal } from "@/lib/platform/crypto";
import { newId } from "@/lib/platform/ids";
import { judgeIdle, moveWorkspace, recordActivity, sweepIdle } from "@/lib/workspaces";
import { closeNow } from "./close-now";
import { extendStudents, previewExtension, undoExtension } from "./extend-students";
import {
  extendOwnAttempt,
  lookAtClock,
  ownWarnings,
  reconcileAttempts,
  recordReady,
  rescheduleAttempt,
  startTask,
} from "./index";

const db = database();
afterAll(closeDatabase);

const ctx = () => systemCtx("test", { db });
const now = () => systemClock.now().getTime();
const ago = (minutes: number) => new Date(now() - minutes * 60_000);
const student = (world: World, index = 0): UserActor => {
  const found = world.students[index];
  if (!found) throw new Error("no such student in this world");
  return found;
};
const attemptOf = async (id: string) => {
  const [row] = await db.select().from(attempts).where(eq(attempts.id, id));
  if (!row) throw new Error("no such attempt");
  return row;
};
const workspaceOf = async (id: string) => {
  const [row] = await db.select().from(workspaces).where(eq(workspaces.id, id));
  if (!row) throw new Error("no such workspace");
  return row;
};
const told = async (topic: string, kind: string) =>
  (
    await db
      .select()
      .from(changes)
      .where(and(eq(changes.topic, topic), eq(changes.kind, kind)))
  ).length;

/** A student at work: started `minutes` ago, as if it had been ready at once. */
async function atWork(world: World, index = 0, minutes = 0) {
  const started = await startTask({
    ctx: as(student(world, index), db),
    input: { taskId: world.taskId },
  });
  const { workspaceId, attemptId } = started;
  await moveWorkspace(ctx(), db, workspaceId, { to: "provisioning", reason: "placed" });
  await moveWorkspace(ctx(), db, workspaceId, { to: "booting", reason: "created" });
  await recordReady({ ctx: ctx(), input: { workspaceId } });
  if (minutes > 0) {
    await db
      .update(attempts)
      .set({ startedAt: ago(minutes) })
      .where(eq(attempts.id, attemptId));
  }
  const { deadlineAt } = await rescheduleAttempt({ ctx: ctx(), input: { attemptId } });
  return { ...started, deadlineAt: deadlineAt ?? "" };
}

describe("warnings", () => {
  it("come once a mark, again after an extension, and to pages opened later", async () => {
    const world = await createWorld(db, { task: { durationMinutes: 60, selfExtensions: 1 } });
    const { attemptId, workspaceId, deadlineAt } = await atWork(world, 0, 46);
    const own = as(student(world), db);
    expect(await ownWarnings({ ctx: own })).toEqual([]);

    const look = () => lookAtClock({ ctx: ctx(), input: { attemptId, deadlineAt } });
    const { next } = await look();
    expect(new Date(next ?? "").getTime()).toBe(new Date(deadlineAt).getTime() - 5 * 60_000);
    expect((await attemptOf(attemptId)).warnedMinutes).toBe(15);
    await look();
    expect(await told(`workspace:${workspaceId}`, "attempt.warning")).toBe(1);
    const [warning] = await ownWarnings({ ctx: own });
    expect(warning).toMatchObject({
      attemptId,
      workspaceId,
      deadline: { minutes: 15, extensionsLeft: 1 },
      idle: null,
    });

    const { deadlineAt: longer } = await extendOwnAttempt({ ctx: own, input: { attemptId } });
    expect((await attemptOf(attemptId)).warnedMinutes).toBeNull();
    expect(await ownWarnings({ ctx: own })).toEqual([]);
    // The run that watched the former deadline is over.
    expect(await look()).toEqual({ next: null });
    await db
      .update(attempts)
      .set({ startedAt: ago(73) })
      .where(eq(attempts.id, attemptId));
    await rescheduleAttempt({ ctx: ctx(), input: { attemptId } });
    // No job at all: the reconciler warns.
    await reconcileAttempts({ ctx: ctx() });
    expect((await attemptOf(attemptId)).warnedMinutes).toBe(5);
    expect(longer).not.toBe(deadlineAt);
  });

  it("never speaks of more time than there was, and ends what is due", async () => {
    const world = await createWorld(db, { task: { durationMinutes: 10 } });
    const { attemptId, deadlineAt } = await atWork(world, 0, 1);
    await lookAtClock({ ctx: ctx(), input: { attemptId, deadlineAt } });
    expect((await attemptOf(attemptId)).warnedMinutes).toBeNull();
    await db
      .update(attempts)
      .set({ startedAt: ago(11) })
      .where(eq(attempts.id, attemptId));
    const over = await rescheduleAttempt({ ctx: ctx(), input: { attemptId } });
    const input = { attemptId, deadlineAt: over.deadlineAt ?? "" };
    expect(await lookAtClock({ ctx: ctx(), input })).toEqual({ next: null });
    expect(await attemptOf(attemptId)).toMatchObject({ state: "ended", endReason: "deadline" });
  });
});

describe("more time for a class", () => {
  const closesAt = () => new Date(Math.floor(now() / 1_000) * 1_000 + 40 * 60_000);

  it("reaches who runs by the attempt and who has not started by the assignment, and is undone", async () => {
    const close = closesAt();
    const world = await createWorld(db, { students: 4, closesAt: close, task: { durationMinutes: 30 } });
    const [running, cut] = [await atWork(world, 0, 10), await atWork(world, 1)];
    await startTask({ ctx: as(student(world, 2), db), input: { taskId: world.taskId } });
    // The second one's close is nearer than its duration.
    await db.update(tasks).set({ durationMinutes: 60 }).where(eq(tasks.id, world.taskId));
    for (const { attemptId } of [running, cut]) await rescheduleAttempt({ ctx: ctx(), input: { attemptId } });
    const before = [await attemptOf(running.attemptId), await attemptOf(cut.attemptId)];
    expect(before.map((row) => row.deadlineAt)).toEqual([close, close]);

    const staff = as(world.assistant, db);
    const input = { experimentId: world.experimentId, minutes: 15, to: { classId: world.classId } };
    const later = new Date(close.getTime() + 15 * 60_000);
    const reach = { running: 2, waiting: 2, unlimited: 0, done: 0, closesAt: later };
    expect(await previewExtension({ ctx: staff, input })).toEqual(reach);
    const { extensionId, ...done } = await extendStudents({ ctx: staff, input });
    expect(done).toEqual(reach);
    expect((await attemptOf(running.attemptId)).deadlineAt).toEqual(later);
    expect((await attemptOf(cut.attemptId)).deadlineAt).toEqual(later);
    const assigned = () =>
      db.select().from(assignments).where(eq(assignments.experimentId, world.experimentId));
    expect((await assigned()).map((row) => row.closesAt)).toEqual([later]);
    expect(await told(`user:${student(world, 3).id}`, "experiments.changed")).toBe(1);

    const undo = { experimentId: world.experimentId, extensionId };
    expect(await undoExtension({ ctx: staff, input: undo })).toEqual({ undone: 3, kept: 0 });
    expect((await assigned()).map((row) => row.closesAt)).toEqual([null]);
    expect((await attemptOf(running.attemptId)).deadlineAt).toEqual(close);
    expect((await attemptOf(cut.attemptId)).deadlineAt).toEqual(close);
    expect(await undoExtension({ ctx: staff, input: undo })).toMatchObject({ undone: 0 });
  });

  it("gives single students a close of their own, without opening it earlier", async () => {
    const [opensAt, close] = [new Date(Math.floor(now() / 1_000) * 1_000 - 60_000), closesAt()];
    const world = await createWorld(db, { students: 2, opensAt, closesAt: close });
    const { id } = student(world);
    const input = { experimentId: world.experimentId, minutes: 20, to: { userIds: [id] } };
    await extendStudents({ ctx: as(world.teacher, db), input });
    const [own] = await db
      .select()
      .from(assignments)
      .where(and(eq(assignments.experimentId, world.experimentId), eq(assignments.targetType, "student")));
    expect(own).toMatchObject({ targetId: id, opensAt, closesAt: new Date(close.getTime() + 20 * 60_000) });
    await expect(extendStudents({ ctx: as(world.otherTeacher, db), input })).rejects.toMatchObject({
      code: "not_found",
    });
    await expect(extendStudents({ ctx: as(student(world), db), input })).rejects.toMatchObject({
      code: "not_found",
    });
  });
});

describe("close now", () => {
  it("ends who runs and who waits, collects from those who had begun, and lets nobody start", async () => {
    const world = await createWorld(db, { students: 3 });
    const running = await atWork(world, 0, 5);
    const waiting = await startTask({ ctx: as(student(world, 1), db), input: { taskId: world.taskId } });
    await db
      .update(attempts)
      .set({ closesAt: new Date(now() + 3_600_000) })
      .where(eq(attempts.id, running.attemptId));
    const input = { experimentId: world.experimentId };
    await expect(closeNow({ ctx: as(world.assistant, db), input })).rejects.toMatchObject({
      code: "forbidden",
    });
    expect(await closeNow({ ctx: as(world.teacher, db), input })).toEqual({ ended: 2 });
    expect(await attemptOf(running.attemptId)).toMatchObject({ state: "ended", endReason: "teacher" });
    expect(await workspaceOf(running.workspaceId)).toMatchObject({ desired: "stopped" });
    expect(await workspaceOf(waiting.workspaceId)).toMatchObject({ desired: "stopped" });
    expect(
      await db.select().from(collections).where(eq(collections.attemptId, waiting.attemptId)),
    ).toHaveLength(0);
    await expect(
      startTask({ ctx: as(student(world, 2), db), input: { taskId: world.taskId } }),
    ).rejects.toMatchObject({ key: "attempts.closed" });
  });
});

describe("idle stop", () => {
  let state = "idle";
  let asked = 0;
  let jupyter: Server;
  let address = "";
  const hostId = newId();
  beforeAll(async () => {
    await db.insert(hosts).values({
      id: hostId,
      name: `idle ${hostId}`,
      endpoint: "tcp://127.0.0.1:1",
      status: "disabled",
      cpus: 1,
      memoryMb: 0,
      diskMb: 0,
      createdAt: new Date(now()),
    });
    jupyter = createServer((req, res) => {
      asked++;
      const known = req.headers.authorization === "token inside";
      res.writeHead(known ? 200 : 403);
      res.end(JSON.stringify(known ? [{ id: "k", execution_state: state }] : {}));
    });
    await new Promise<void>((resolve) => jupyter.listen(0, "127.0.0.1", resolve));
    address = `127.0.0.1:${(jupyter.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    jupyter.close();
    await db.delete(hosts).where(eq(hosts.id, hostId));
  });

  async function quiet(minutes: number, task: { idleMinutes: number | null } = { idleMinutes: 30 }) {
    const world = await createWorld(db, { task: { durationMinutes: 600, ...task } });
    const at = await atWork(world);
    await db
      .update(workspaces)
      .set({ activeAt: ago(minutes), stateAt: ago(minutes), address, hostId, secret: seal("inside") })
      .where(eq(workspaces.id, at.workspaceId));
    return { world, ...at, judge: () => judgeIdle({ ctx: ctx(), input: at }) };
  }
  const warnedAgo = (workspaceId: string, minutes: number) =>
    db
      .update(workspaces)
      .set({ idleWarnedAt: ago(minutes) })
      .where(eq(workspaces.id, workspaceId));

  it("warns, asks kernels only near the limit, and stops after the warning", async () => {
    const { world, workspaceId, attemptId, judge } = await quiet(26);
    const early = await quiet(10);
    asked = 0;
    await sweepIdle({ ctx: ctx() });
    expect((await workspaceOf(early.workspaceId)).idleWarnedAt).toBeNull();
    expect(asked).toBe(1);
    expect((await workspaceOf(workspaceId)).idleWarnedAt).not.toBeNull();
    expect(await told(`workspace:${workspaceId}`, "workspace.idle")).toBe(1);
    const events = await db.select().from(outbox).where(eq(outbox.name, "workspace/idle.warned"));
    expect(events.some(({ data }) => JSON.stringify(data).includes(workspaceId))).toBe(true);
    const [warning] = await ownWarnings({ ctx: as(student(world), db) });
    expect(warning).toMatchObject({ attemptId, deadline: null, idle: { minutes: 30 } });
    expect(await judge()).toBe("warned");

    await warnedAgo(workspaceId, 6);
    expect(await judge()).toBe("stopped");
    expect(await workspaceOf(workspaceId)).toMatchObject({ desired: "stopped", stopReason: "idle" });
    expect((await attemptOf(attemptId)).state).toBe("open");
  });

  it("an act takes the warning back, and so does a busy kernel", async () => {
    const { workspaceId, judge } = await quiet(40);
    expect(await judge()).toBe("warned");
    await recordActivity({ ctx: ctx(), workspaceId, at: new Date(now()) });
    expect((await workspaceOf(workspaceId)).idleWarnedAt).toBeNull();
    expect(await told(`workspace:${workspaceId}`, "workspace.idle")).toBe(2);
    expect(await judge()).toBe("active");

    const other = await quiet(40);
    await warnedAgo(other.workspaceId, 6);
    state = "busy";
    expect(await other.judge()).toBe("busy");
    state = "idle";
    expect(await workspaceOf(other.workspaceId)).toMatchObject({ desired: "running", idleWarnedAt: null });
  });

  it("after a jump of the clock everybody is warned first; never means never; unknown is not idle", async () => {
    const jumped = await quiet(60 * 24);
    expect(await jumped.judge()).toBe("warned");
    const never = await quiet(60 * 24, { idleMinutes: null });
    expect(await never.judge()).toBe("active");
    const silent = await quiet(40);
    await warnedAgo(silent.workspaceId, 6);
    await db.update(workspaces).set({ address: "127.0.0.1:1" }).where(eq(workspaces.id, silent.workspaceId));
    expect(await silent.judge()).toBe("active");
    const unseen = await quiet(40);
    await db.update(workspaces).set({ health: "unreachable" }).where(eq(workspaces.id, unseen.workspaceId));
    expect(await unseen.judge()).toBe("active");
  });
});

it("a student taken off the roster has their deadline worked out again, and goes on with what they began", async () => {
  const close = new Date(Math.floor(now() / 1_000) * 1_000 + 20 * 60_000);
  const world = await createWorld(db, { students: 1, closesAt: new Date(close.getTime() + 3_600_000) });
  await db
    .update(assignments)
    .set({ closesAt: close })
    .where(eq(assignments.experimentId, world.experimentId));
  const { attemptId } = await atWork(world);
  expect((await attemptOf(attemptId)).deadlineAt).toEqual(close);
  const events = () => db.select().from(outbox).where(eq(outbox.name, "attempt/deadline.changed"));
  const before = (await events()).length;
  await removeStudent({
    ctx: as(world.teacher, db),
    input: { classId: world.classId, userId: student(world).id },
  });
  expect(await events()).toHaveLength(before + 1);
  await rescheduleAttempt({ ctx: ctx(), input: { attemptId } });
  // No class limits it any more; the experiment's own window and the duration do.
  const { startedAt, deadlineAt, state } = await attemptOf(attemptId);
  expect(state).toBe("open");
  expect(deadlineAt).toEqual(new Date((startedAt?.getTime() ?? 0) + 60 * 60_000));
});
