import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, statfsSync, statSync } from "node:fs";
import { mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gunzipSync, gzipSync } from "node:zlib";
import { and, eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { attempts, auditLog, experiments, recordingConsents, recordings, workspaces } from "@/db/schema";
import { as, createWorld, type World } from "@/e2e/world";
import { startTask } from "@/lib/attempts";
import { issueTicket, withdrawRecordingConsent } from "@/lib/consoles";
import { systemCtx } from "@/lib/platform/context";
import { toAppError } from "@/lib/platform/errors";
import { pathOf } from "@/lib/platform/files";
import { newId } from "@/lib/platform/ids";
import {
  agreeToRecording,
  beginRecording,
  reconcileRecordings,
  recordingBytes,
  recordingCounts,
  recordingPage,
  recordingsOf,
} from ".";
import { partOf, recordingsRoot } from "./paths";

const db = database();
const system = systemCtx("test", { db });
const run = (command: string, ...args: string[]) => execFileSync(command, args);
let home: string;
let world: World;
let workspaceId: string;
let attemptId: string;

const why = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "done",
    (error: unknown) => toAppError(error).key,
  );
const student = () => as(world.students[0] as (typeof world.students)[0], db);
const begin = () => beginRecording({ ctx: system, input: { workspaceId, kind: "terminal" } });
const rowOf = async (id: string) => {
  const [row] = await db.select().from(recordings).where(eq(recordings.id, id));
  if (!row) throw new Error("no recording");
  return row;
};
const text = async (id: string, ctx = student()) => {
  const { stream } = await recordingBytes({ ctx, recordingId: id });
  return gunzipSync(await buffer(stream)).toString();
};
const record = async (content: string) => {
  const recording = await begin();
  if (!recording) throw new Error("not recorded");
  recording.write(content);
  await recording.end();
  return recording.id;
};

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "labyard-recordings-"));
  process.env.LABYARD_HOME = home;
  world = await createWorld(db);
  ({ workspaceId, attemptId } = await startTask({ ctx: student(), input: { taskId: world.taskId } }));
  await db.update(workspaces).set({ state: "ready" }).where(eq(workspaces.id, workspaceId));
});
afterAll(async () => {
  await closeDatabase();
  await rm(home, { recursive: true, force: true });
});

test("nothing is recorded before the experiment says so and its student agrees; then nothing opens without", async () => {
  const ticket = (kind: "web" | "desktop" | "terminal") =>
    why(issueTicket({ ctx: student(), input: { workspaceId, kind, mode: "use" } }));
  expect(await begin()).toBeNull();
  expect(await ticket("desktop")).toBe("done");

  await db.update(experiments).set({ recording: true }).where(eq(experiments.id, world.experimentId));
  expect(await begin()).toBeNull();
  expect(await Promise.all([ticket("desktop"), ticket("terminal"), ticket("web")])).toEqual([
    "consoles.consent",
    "consoles.consent",
    "done",
  ]);
  const agree = (actor: World["teacher"]) =>
    why(agreeToRecording({ ctx: as(actor, db), input: { workspaceId } }));
  expect(await agree(world.stranger), "a stranger").toBe("notFound.workspace");
  expect(await agree(world.teacher), "not for somebody else").toBe("notFound.workspace");
  expect(await Promise.all([1, 2].map(() => agree(student().actor as World["teacher"])))).toEqual([
    "done",
    "done",
  ]);
  const ofExperiment = eq(recordingConsents.experimentId, world.experimentId);
  expect(await db.select().from(recordingConsents).where(ofExperiment)).toHaveLength(1);
  expect(await ticket("desktop")).toBe("done");
  const recording = await begin();
  expect(recording).not.toBeNull();
  await recording?.end();
});

test("consent is taken back: nothing opens, what runs is recorded no further, and it can be given again", async () => {
  const owner = () => student().actor as World["teacher"];
  const withdraw = (actor: World["teacher"]) =>
    why(withdrawRecordingConsent({ ctx: as(actor, db), input: { workspaceId } }));
  const recording = await begin();
  recording?.write("before");
  expect(await withdraw(world.stranger)).toBe("notFound.workspace");
  expect(await withdraw(world.teacher)).toBe("notFound.workspace");
  expect([await withdraw(owner()), await withdraw(owner())]).toEqual(["done", "done"]);
  const input = { workspaceId, kind: "terminal", mode: "use" } as const;
  expect(await why(issueTicket({ ctx: student(), input }))).toBe("consoles.consent");
  expect(await begin()).toBeNull();
  await vi.waitFor(() => expect(recording?.isOver()).toBe(true), 20_000);
  await recording?.end();
  expect(await text(recording?.id ?? "")).toBe("before");
  const rows = await db.select().from(auditLog).where(eq(auditLog.action, "recording.withdraw"));
  expect(rows.filter(({ targetId }) => targetId === world.experimentId)).toHaveLength(1);
  await agreeToRecording({ ctx: student(), input: { workspaceId } });
  expect(await why(issueTicket({ ctx: student(), input }))).toBe("done");
}, 30_000);

test("what was written is kept compressed, and replayed by its student and by staff, each time on record", async () => {
  const id = await record("实验 🦊 Ω");
  const row = await rowOf(id);
  expect(row).toMatchObject({ state: "done", attemptId, kind: "terminal" });
  expect(row.expiresAt?.getTime()).toBeGreaterThan(Date.now() + 29 * 24 * 3600_000);
  expect(statSync(pathOf(row.sha256 ?? "")).size).toBe(row.bytes);
  expect(await text(id)).toBe("实验 🦊 Ω");
  expect(await text(id, as(world.assistant, db))).toBe("实验 🦊 Ω");
  for (const actor of [world.stranger, world.otherTeacher, world.students[1] as World["teacher"]]) {
    expect(await why(recordingBytes({ ctx: as(actor, db), recordingId: id }))).toBe("notFound.workspace");
    expect(await why(recordingPage({ ctx: as(actor, db), recordingId: id }))).toBe("notFound.workspace");
    expect(await why(recordingsOf({ ctx: as(actor, db), attemptId }))).toBe("notFound.workspace");
  }
  const seen = await db
    .select({ actor: auditLog.actor })
    .from(auditLog)
    .where(and(eq(auditLog.action, "recording.view"), eq(auditLog.targetId, id)));
  expect(seen.map(({ actor }) => actor).sort()).toEqual(
    [
      `user:${student().actor.type === "user" ? world.students[0]?.id : ""}`,
      `user:${world.assistant.id}`,
    ].sort(),
  );
  const page = await recordingPage({ ctx: as(world.teacher, db), recordingId: id });
  expect(page).toMatchObject({ mine: false, owner: { name: "student1" }, recording: { id, state: "done" } });
  expect((await recordingCounts(system, [attemptId])).get(attemptId)).toBeGreaterThan(0);
});

test("what runs cannot be replayed yet; ending twice is ending once", async () => {
  const recording = await begin();
  const id = recording?.id ?? "";
  expect(await why(recordingBytes({ ctx: student(), recordingId: id }))).toBe("recordings.running");
  recording?.write("x");
  await Promise.all([recording?.end("cut"), recording?.end()]);
  recording?.write("too late");
  expect(await rowOf(id)).toMatchObject({ state: "cut" });
  expect(await text(id)).toBe("x");
});

test("what a killed service left is kept as far as it had been written", async () => {
  const whole = Array.from({ length: 20_000 }, (_, i) => `${i},${Math.sin(i)}\n`).join("");
  const zipped = gzipSync(whole);
  const orphan = async (bytes: Buffer, beatAt = new Date(Date.now() - 60_000)) => {
    const id = newId();
    const userId = world.students[0]?.id ?? "";
    await db.insert(recordings).values({
      id,
      workspaceId,
      attemptId,
      userId,
      kind: "terminal",
      state: "recording",
      startedAt: beatAt,
      beatAt,
      durationMs: 7_000,
    });
    await writeFile(partOf(id), bytes);
    return id;
  };
  const [cut, empty, alive] = [
    await orphan(zipped.subarray(0, zipped.length / 2)),
    await orphan(Buffer.alloc(0)),
    await orphan(zipped, new Date()),
  ];
  await reconcileRecordings({ ctx: system });
  expect(await rowOf(cut)).toMatchObject({ state: "cut", durationMs: 7_000 });
  const kept = await text(cut);
  expect(kept.length).toBeGreaterThan(whole.length / 4);
  expect(whole.startsWith(kept)).toBe(true);
  expect(await rowOf(empty)).toMatchObject({ state: "expired" });
  expect(await rowOf(alive)).toMatchObject({ state: "recording" });
  await expect(readFile(partOf(cut))).rejects.toThrow("ENOENT");
  // Kept, and the process died before it had removed where it came from.
  await writeFile(partOf(cut), "left over");
  await utimes(partOf(cut), new Date(0), new Date(0));
  await utimes(partOf(alive), new Date(0), new Date(0));
  await reconcileRecordings({ ctx: system });
  await expect(readFile(partOf(cut))).rejects.toThrow("ENOENT");
  expect(await readFile(partOf(alive))).toEqual(zipped);
  await db.delete(recordings).where(eq(recordings.id, alive));
});

test("a flood is cut before it takes what the database needs, and nothing begins where there is no room", async () => {
  const disk = recordingsRoot();
  run("mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk);
  try {
    const recording = await begin();
    if (!recording) throw new Error("not recorded");
    let sent = 0;
    for (; sent < 200 && !recording.isOver(); sent++) {
      recording.write(randomBytes(1024 ** 2));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(sent).toBeLessThan(80);
    const { bavail, bsize } = statfsSync(disk);
    expect(bavail * bsize, "the disk was not filled").toBeGreaterThan(0);
    await recording.end();
    expect(await rowOf(recording.id)).toMatchObject({ state: "cut" });
    await writeFile(`${disk}/filler`, Buffer.alloc(61 * 1024 ** 2));
    expect(await why(begin())).toBe("fileStoreFull");
  } finally {
    run("umount", "-l", disk);
  }
  expect(await text(await record("goes on"))).toBe("goes on");
});

test("after its days the recording is gone, and the row says so", async () => {
  const id = await record("soon gone");
  const { sha256 } = await rowOf(id);
  await db
    .update(recordings)
    .set({ expiresAt: new Date(Date.now() - 1_000) })
    .where(eq(recordings.id, id));
  await reconcileRecordings({ ctx: system });
  expect(existsSync(pathOf(sha256 ?? ""))).toBe(false);
  expect(await rowOf(id)).toMatchObject({ state: "expired", sha256: null });
  expect(await why(recordingBytes({ ctx: student(), recordingId: id }))).toBe("notFound.recording");
  expect(await db.select().from(attempts).where(eq(attempts.id, attemptId))).toHaveLength(1);
});
