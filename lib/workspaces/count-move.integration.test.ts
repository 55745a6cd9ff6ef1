import { eq, inArray } from "drizzle-orm";
import { afterAll, expect, test } from "vitest";
import { closeDatabase, database, transact } from "@/db/client";
import { templateVersions } from "@/db/schema/templates";
import { homes, hosts, type WorkspaceState, workspaceEvents, workspaces } from "@/db/schema/workspaces";
import { as, createWorld } from "@/e2e/world";
import { startTask } from "@/lib/attempts";
import { fixedClock, systemClock } from "@/lib/platform/clock";
import { systemCtx } from "@/lib/platform/context";
import { newId } from "@/lib/platform/ids";
import { metrics } from "@/lib/platform/metrics";
import { moveWorkspace } from "./state";

const db = database();
const clock = fixedClock("2026-03-02T00:00:00.000Z");
const ctx = systemCtx("test", { clock });
afterAll(closeDatabase);

async function put(state: WorkspaceState, purpose: "attempt" | "warm" = "attempt"): Promise<string> {
  const id = newId();
  const at = clock.now();
  await db.insert(workspaces).values({
    id,
    purpose,
    templateVersionId: newId(),
    label: `wcount${id.slice(-12).toLowerCase()}`,
    desired: "running",
    state,
    memoryMb: 1,
    requestedAt: at,
    stateAt: at,
  });
  return id;
}

const move = (id: string, to: WorkspaceState, reason = "test") =>
  transact(db, (tx) => moveWorkspace(ctx, tx, id, { to, reason }));

async function figures() {
  const lines = (await metrics().text()).split("\n").filter((line) => line && !line.startsWith("#"));
  const all = new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]),
  );
  const of = (name: string) => all.get(`labyard_workspace_${name}`) ?? 0;
  return {
    ready: of("ready_total"),
    seconds: of('ready_seconds_sum{start="cold"}'),
    idle: of("idle_stops_total"),
    exited: of('failed_total{cause="exited"}'),
    other: of('failed_total{cause="other"}'),
  };
}

test("moves are counted when they are committed, once each, and for students alone", async () => {
  const before = await figures();
  const student = await put("booting");
  const warm = await put("booting", "warm");
  clock.advance(7_000);
  expect(await move(student, "ready")).toBe(true);
  expect(await move(student, "ready"), "it is there already").toBe(false);
  await move(warm, "ready");
  expect(await figures()).toMatchObject({ ready: before.ready + 1, seconds: before.seconds + 7 });
  // Resumed is not started.
  await move(student, "paused");
  await move(student, "ready");
  expect((await figures()).ready).toBe(before.ready + 1);

  await move(student, "stopping", "idle");
  expect((await figures()).idle).toBe(before.idle + 1);
  await move(student, "failed", "exited");
  await move(warm, "stopping");
  await move(warm, "failed", `workspace ${warm} of somebody`);
  const after = await figures();
  expect(after).toMatchObject({ exited: before.exited + 1, other: before.other + 1 });
  expect(await metrics().text(), "no id becomes a label").not.toContain(warm);
  await db.delete(workspaces).where(eq(workspaces.id, student));
  await db.delete(workspaces).where(eq(workspaces.id, warm));
});

test("what is rolled back was not, and is not counted", async () => {
  const before = await figures();
  const id = await put("booting");
  const broken = transact(db, async (tx) => {
    await moveWorkspace(ctx, tx, id, { to: "ready", reason: "test" });
    throw new Error("the rest failed");
  });
  await expect(broken).rejects.toThrow("the rest failed");
  expect(await figures()).toEqual(before);
  expect(await db.select().from(workspaceEvents).where(eq(workspaceEvents.workspaceId, id))).toEqual([]);
  await db.delete(workspaces).where(eq(workspaces.id, id));
});

test("a start, and the claim of a warm one, are counted", async () => {
  const world = await createWorld(db, { students: 2 });
  const [first, second] = world.students;
  if (!first || !second) throw new Error("no students");
  const hostId = newId();
  const at = systemClock.now();
  await db.insert(hosts).values({
    id: hostId,
    name: `counting-${hostId.slice(-6)}`,
    endpoint: "unix:///nowhere.sock",
    cpus: 2,
    memoryMb: 4_096,
    diskMb: 10_000,
    createdAt: at,
  });
  const [version] = await db
    .select({ id: templateVersions.id })
    .from(templateVersions)
    .where(eq(templateVersions.templateId, world.templateId));
  const warm = await put("paused", "warm");
  await db
    .update(workspaces)
    .set({ hostId, templateVersionId: version?.id, memoryMb: 512, locale: "zh-CN" })
    .where(eq(workspaces.id, warm));
  const counted = async () => {
    const m = metrics();
    const values = await Promise.all([m.workspaceStarts.get(), m.warmClaims.get()]);
    return values.map((metric) => metric.values[0]?.value ?? 0);
  };
  const [starts = 0, claims = 0] = await counted();
  const started = await startTask({ ctx: as(first, db), input: { taskId: world.taskId } });
  expect(started.workspaceId).toBe(warm);
  expect(await counted()).toEqual([starts + 1, claims + 1]);
  const other = await startTask({ ctx: as(second, db), input: { taskId: world.taskId } });
  expect(await counted()).toEqual([starts + 2, claims + 1]);
  // Pressed again: what runs already is no start.
  await startTask({ ctx: as(second, db), input: { taskId: world.taskId } });
  expect(await counted()).toEqual([starts + 2, claims + 1]);
  await db.delete(workspaces).where(inArray(workspaces.id, [warm, other.workspaceId]));
  await db.delete(homes).where(eq(homes.hostId, hostId));
  await db.delete(hosts).where(eq(hosts.id, hostId));
});
