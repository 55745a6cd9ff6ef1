import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { experiments, recordingConsents, recordings, workspaces } from "@/db/schema";
import { type ScriptedGuacd, startScriptedGuacd } from "@/e2e/guacd/scripted";
import { as, createWorld, type World } from "@/e2e/world";
import { startTask } from "@/lib/attempts";
import { recordingBytes } from "@/lib/recordings";
import { enterGuacd, type GuacdUser } from "./guacd";
import { decode, encode } from "./instruction";
import { recordDesktop } from "./record";
import { InstructionScanner } from "./scanner";

const db = database();
const screen = { width: 1024, height: 768, dpi: 96, audio: [], image: ["image/png"], timezone: "Etc/UTC" };
let home: string;
let world: World;
let workspaceId: string;
let guacd: ScriptedGuacd;
let owner: GuacdUser;

const rows = () => db.select().from(recordings).where(eq(recordings.workspaceId, workspaceId));
const last = async () => (await rows()).toSorted((a, b) => (a.id < b.id ? -1 : 1)).at(-1);
/** What was kept of the last recording, instruction by instruction. */
async function kept(): Promise<string[][]> {
  const found: string[][] = [];
  const scanner = new InstructionScanner(1 << 20, (data, start, end) => found.push(decode(data, start, end)));
  const ctx = as(world.teacher, db);
  const { stream } = await recordingBytes({ ctx, recordingId: (await last())?.id ?? "" });
  scanner.scan(gunzipSync(await buffer(stream)));
  return found;
}
const at = () => ({ host: "127.0.0.1", port: guacd.port });
const begin = async () => {
  const before = guacd.users.length;
  const recorder = recordDesktop(workspaceId, owner.connectionId, at());
  const joined = () => guacd.users[before];
  await expect.poll(() => joined()?.said.some(([opcode]) => opcode === "sync")).toBe(true);
  return { recorder, user: joined() as ScriptedGuacd["users"][number] };
};

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "labyard-record-"));
  process.env.LABYARD_HOME = home;
  world = await createWorld(db);
  const { student } = world;
  ({ workspaceId } = await startTask({ ctx: as(student, db), input: { taskId: world.taskId } }));
  await db.update(workspaces).set({ state: "ready" }).where(eq(workspaces.id, workspaceId));
  await db.update(experiments).set({ recording: true }).where(eq(experiments.id, world.experimentId));
  await db
    .insert(recordingConsents)
    .values({ experimentId: world.experimentId, userId: student.id, agreedAt: new Date() });
  guacd = await startScriptedGuacd();
  owner = await enterGuacd({
    guacd: at(),
    select: "vnc",
    parameters: {},
    readOnly: false,
    screen,
    name: "student",
  });
});
afterAll(async () => {
  owner.socket.destroy();
  await guacd.close();
  await closeDatabase();
  await rm(home, { recursive: true, force: true });
});

test("the picture and the keys are kept; texts and other streams are not; the end has its time", async () => {
  const { recorder, user } = await begin();
  expect(user.select).toBe(owner.connectionId);
  expect(user.values["read-only"]).toBe("true");
  recorder.key("97", "1");
  recorder.key("97", "0");
  user.socket.write(
    Buffer.concat([
      encode("clipboard", 7, "text/plain"),
      encode("blob", 7, "c2VjcmV0"),
      encode("end", 7),
      encode("name", "实验"),
      encode("img", 2, 15, 0, "image/png", 1, 1),
      encode("blob", 2, "iVBORw0KGgo="),
      encode("end", 2),
      encode("sync", 1500),
    ]),
  );
  await expect.poll(() => user.said).toContainEqual(["sync", "1500"]);
  recorder.stop();
  await expect.poll(async () => (await last())?.state).toBe("done");
  const instructions = await kept();
  const opcodes = instructions.map(([opcode]) => opcode);
  expect(opcodes.slice(0, 5)).toEqual(["size", "img", "blob", "end", "sync"]);
  expect(opcodes).toContain("key");
  expect(instructions.filter(([opcode]) => opcode === "blob")).toEqual([
    ["blob", "1", "iVBORw0KGgo="],
    ["blob", "2", "iVBORw0KGgo="],
  ]);
  expect(opcodes).not.toContain("clipboard");
  expect(opcodes).not.toContain("name");
  const syncs = instructions.filter(([opcode]) => opcode === "sync").map(([, time]) => Number(time));
  expect(syncs.slice(0, 2)).toEqual([1000, 1500]);
  expect(syncs.at(-1)).toBeGreaterThanOrEqual(1500);
});

test("a guacd that dies leaves what it had shown", async () => {
  const { user } = await begin();
  user.socket.destroy();
  await expect.poll(async () => (await last())?.state).toBe("cut");
  expect((await kept()).map(([opcode]) => opcode)).toEqual(["size", "img", "blob", "end", "sync", "sync"]);
});
