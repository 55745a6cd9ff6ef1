import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";

let home = "";
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "labyard-files-"));
  process.env.LABYARD_HOME = home;
});
afterAll(() => rm(home, { recursive: true, force: true }));

async function* chunks(...parts: string[]) {
  for (const part of parts) yield Buffer.from(part);
}

test("what goes in comes out under its hash, once", async () => {
  const { putFile, openFile, pathOf, removeFile } = await import("./files");
  const stored = await putFile(chunks("数据", "科学"), { maxBytes: 100 });
  expect(stored).toEqual({ sha256: createHash("sha256").update("数据科学").digest("hex"), size: 12 });
  expect(await putFile(chunks("数据科学"), { maxBytes: 100 })).toEqual(stored);
  expect((await buffer(openFile(stored.sha256))).toString()).toBe("数据科学");
  await removeFile(stored.sha256);
  expect(existsSync(pathOf(stored.sha256))).toBe(false);
});

test("what a kill cut off is swept when its process is gone, or when it is old", async () => {
  const { putFile, sweepIncoming } = await import("./files");
  const incoming = join(home, "files", "incoming");
  let mine = "";
  async function* slow() {
    yield Buffer.from("x");
    [mine = ""] = await readdir(incoming);
    const [machine] = mine.split("-");
    await writeFile(join(incoming, `${machine}-999999999-dead`), "half");
    await writeFile(join(incoming, "00000000-999999999-elsewhere"), "half");
    await writeFile(join(incoming, "old"), "half");
    await utimes(join(incoming, "old"), new Date(0), new Date(0));
    expect(await sweepIncoming()).toBe(2);
    expect((await readdir(incoming)).sort()).toEqual(["00000000-999999999-elsewhere", mine].sort());
    yield Buffer.from("y");
  }
  expect(await putFile(slow(), { maxBytes: 10 })).toMatchObject({ size: 2 });
  expect(await readdir(incoming)).toEqual(["00000000-999999999-elsewhere"]);
  await rm(join(incoming, "00000000-999999999-elsewhere"));
});

test("a stream past the cap is refused while it flows and leaves nothing", async () => {
  const { putFile } = await import("./files");
  await expect(putFile(chunks("12345", "67890", "x"), { maxBytes: 10 })).rejects.toMatchObject({
    code: "limit",
    key: "fileTooLarge",
  });
  expect(await readdir(join(home, "files", "incoming"))).toEqual([]);
});

test("a broken stream leaves nothing, and keeps its own error", async () => {
  const { putFile } = await import("./files");
  async function* broken() {
    yield Buffer.from("half");
    throw new Error("the browser went away");
  }
  await expect(putFile(broken(), { maxBytes: 10 })).rejects.toThrow("the browser went away");
  expect(await readdir(join(home, "files", "incoming"))).toEqual([]);
});

test("a name that is no hash opens nothing", async () => {
  const { openFile } = await import("./files");
  expect(() => openFile("../../etc/passwd")).toThrow("notFound.file");
});
