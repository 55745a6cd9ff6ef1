import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FileBatch } from "./file-batch";
import { openFile, pathOf, putFile } from "./files";

let home = "";
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "labyard-batch-"));
  process.env.LABYARD_HOME = home;
});
afterAll(() => rm(home, { recursive: true, force: true }));

async function* bytes(...parts: Buffer[]) {
  yield* parts;
}
const incoming = () => readdir(join(home, "files", "incoming"));
const max = { maxBytes: 10_000_000 };

it("gives names when it settles and not before, small and large", async () => {
  const batch = new FileBatch();
  const small = await batch.add(bytes(Buffer.from("small")), max);
  const part = Buffer.alloc(200_000, "l");
  const large = await batch.add(bytes(part, part, part), max);
  expect([small.size, large.size]).toEqual([5, 600_000]);
  expect([existsSync(pathOf(small.sha256)), existsSync(pathOf(large.sha256))]).toEqual([false, false]);
  expect(await incoming()).toHaveLength(2);
  await batch.finish();
  expect((await buffer(openFile(small.sha256))).toString()).toBe("small");
  expect((await buffer(openFile(large.sha256))).equals(Buffer.concat([part, part, part]))).toBe(true);
  expect(await incoming()).toEqual([]);
});

it("writes nothing twice, whether it came a moment ago or is in the store", async () => {
  const known = await putFile(bytes(Buffer.from("known")), max);
  const { ino } = await stat(pathOf(known.sha256));
  const batch = new FileBatch();
  expect(await batch.add(bytes(Buffer.from("known")), max)).toEqual(known);
  expect(await incoming()).toEqual([]);
  await batch.add(bytes(Buffer.from("twice")), max);
  await batch.add(bytes(Buffer.from("twice")), max);
  expect(await incoming()).toHaveLength(1);
  await batch.finish();
  expect((await stat(pathOf(known.sha256))).ino).toBe(ino);
});

it("leaves nothing of what is too large, breaks off or is given up", async () => {
  const batch = new FileBatch();
  const part = Buffer.alloc(300_000);
  await expect(batch.add(bytes(part, part), { maxBytes: 400_000 })).rejects.toMatchObject({
    key: "fileTooLarge",
  });
  async function* broken() {
    yield part;
    throw new Error("torn off");
  }
  await expect(batch.add(broken(), max)).rejects.toThrow("torn off");
  expect(await incoming()).toEqual([]);
  const { sha256 } = await batch.add(bytes(Buffer.from("given up")), max);
  await batch.discard();
  await batch.finish();
  expect([existsSync(pathOf(sha256)), await incoming()]).toEqual([false, []]);
});

it("asks to be settled before too much piles up", async () => {
  const batch = new FileBatch();
  for (let i = 0; i < 999; i++) await batch.add(bytes(Buffer.from(`file ${i}`)), max);
  expect(batch.isDue).toBe(false);
  await batch.add(bytes(Buffer.from("the last")), max);
  expect(batch.isDue).toBe(true);
  await batch.settle();
  expect(batch.isDue).toBe(false);
});
