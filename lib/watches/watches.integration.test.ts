import { asc, eq } from "drizzle-orm";
import { afterAll, beforeEach, expect, test } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { auditLog, changes, watches, workspaces } from "@/db/schema";
import { as, createWorld, type World } from "@/e2e/world";
import { startTask } from "@/lib/attempts";
import { systemCtx } from "@/lib/platform/context";
import { toAppError } from "@/lib/platform/errors";
import {
  answerControl,
  askControl,
  beatWatch,
  endControl,
  endWatch,
  liveWatches,
  startWatch,
  sweepWatches,
} from ".";

const db = database();
const system = systemCtx("test", { db });
let world: World;
let workspaceId: string;

const ctxOf = (actor: World["teacher"]) => as(actor, db);
const student = () => ctxOf(world.students[0] as World["teacher"]);
const why = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: unknown) => toAppError(error).key,
  );
const start = async (actor = world.teacher) =>
  (await startWatch({ ctx: ctxOf(actor), input: { workspaceId } })).watchId;
const stateOf = async (watchId: string) =>
  (await db.select().from(watches).where(eq(watches.id, watchId)))[0]?.state;
const audited = async () =>
  (
    await db
      .select({ action: auditLog.action })
      .from(auditLog)
      .where(eq(auditLog.targetId, workspaceId))
      .orderBy(asc(auditLog.id))
  )
    .map(({ action }) => action)
    .filter((action) => action.startsWith("watch."));

beforeEach(async () => {
  world = await createWorld(db);
  ({ workspaceId } = await startTask({ ctx: student(), input: { taskId: world.taskId } }));
  await db.update(workspaces).set({ state: "ready" }).where(eq(workspaces.id, workspaceId));
});
afterAll(() => closeDatabase());

test("staff of the course watches, nobody else; its student is told by name", async () => {
  for (const actor of [world.otherTeacher, world.stranger, world.students[0], world.students[1]])
    expect(await why(startWatch({ ctx: ctxOf(actor as World["teacher"]), input: { workspaceId } }))).toBe(
      "notFound.workspace",
    );
  const ids = await Promise.all([start(), start()]);
  expect(new Set(ids).size, "two tabs are one watch").toBe(1);
  await start(world.assistant);
  expect((await liveWatches(system, workspaceId)).map(({ watcher, state }) => [watcher, state])).toEqual([
    ["teacher", "watching"],
    ["assistant", "watching"],
  ]);
  const told = await db
    .select()
    .from(changes)
    .where(eq(changes.topic, `workspace:${workspaceId}`));
  expect(told.filter(({ kind }) => kind === "watch")).toHaveLength(2);
});

test("nothing is watched before it runs", async () => {
  await db.update(workspaces).set({ state: "booting" }).where(eq(workspaces.id, workspaceId));
  expect(await why(start())).toBe("consoles.notReady");
});

test("the controls: asked for, declined, asked for, given, taken back by the student; each step on record", async () => {
  const watchId = await start();
  const input = { watchId };
  const teacher = ctxOf(world.teacher);
  expect(await why(answerControl({ ctx: student(), input: { watchId, accept: true } })), "unasked").toBe(
    "watches.notAsked",
  );
  await askControl({ ctx: teacher, input });
  for (const ctx of [teacher, ctxOf(world.students[1] as World["teacher"]), ctxOf(world.assistant)])
    expect(await why(answerControl({ ctx, input: { watchId, accept: true } }))).toMatch(/^notFound/);
  await answerControl({ ctx: student(), input: { watchId, accept: false } });
  expect(await stateOf(watchId)).toBe("watching");
  await askControl({ ctx: teacher, input });
  await answerControl({ ctx: student(), input: { watchId, accept: true } });
  expect(await stateOf(watchId)).toBe("controlling");
  await endControl({ ctx: student(), input });
  expect(await stateOf(watchId)).toBe("watching");
  expect(await why(endWatch({ ctx: student(), input })), "only who looks ends looking").toBe(
    "notFound.watch",
  );
  await endWatch({ ctx: teacher, input });
  expect(await why(askControl({ ctx: teacher, input }))).toBe("notFound.watch");
  expect(await audited()).toEqual([
    "watch.start",
    "watch.ask",
    "watch.decline",
    "watch.ask",
    "watch.accept",
    "watch.release",
    "watch.end",
  ]);
});

test("one at a time has the controls; a wish can be taken back", async () => {
  const [one, two] = [await start(), await start(world.assistant)];
  await askControl({ ctx: ctxOf(world.teacher), input: { watchId: one } });
  await askControl({ ctx: ctxOf(world.assistant), input: { watchId: two } });
  await answerControl({ ctx: student(), input: { watchId: one, accept: true } });
  expect(await why(answerControl({ ctx: student(), input: { watchId: two, accept: true } }))).toBe(
    "watches.controlled",
  );
  await endControl({ ctx: ctxOf(world.assistant), input: { watchId: two } });
  expect(await stateOf(two)).toBe("watching");
  expect(await stateOf(one)).toBe("controlling");
});

test("a silent browser and the end of the workspace end the watch", async () => {
  const watchId = await start();
  const beat = () => beatWatch({ ctx: ctxOf(world.teacher), input: { watchId } });
  await db
    .update(watches)
    .set({ seenAt: new Date(Date.now() - 31_000) })
    .where(eq(watches.id, watchId));
  expect(await liveWatches(system, workspaceId)).toEqual([]);
  expect(await beat()).toEqual({ goesOn: true });
  expect(await liveWatches(system, workspaceId)).toHaveLength(1);
  await db
    .update(watches)
    .set({ seenAt: new Date(Date.now() - 31_000) })
    .where(eq(watches.id, watchId));
  await sweepWatches({ ctx: system });
  expect(await stateOf(watchId)).toBe("ended");
  expect(await beat()).toEqual({ goesOn: false });

  const other = await start();
  await db.update(workspaces).set({ state: "stopping" }).where(eq(workspaces.id, workspaceId));
  await sweepWatches({ ctx: system });
  expect(await stateOf(other)).toBe("ended");
});
