import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FileBatch } from "./file-batch";
import { putFile } from "./files";

const run = (command: string, ...given: string[]) => execFileSync(command, given);

/** A disk of one megabyte. */
let home = "";
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "labyard-full-"));
  run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", home);
  process.env.LABYARD_HOME = home;
});
afterAll(() => {
  run("umount", home);
  rmSync(home, { recursive: true });
});

const bytes = async function* (byte: string, count: number) {
  for (let i = 0; i < count; i++) yield Buffer.alloc(50_000, byte);
};
const max = { maxBytes: 10_000_000 };

it("says that the disk is full, and leaves nothing behind, whether one file is too much or many small ones are", async () => {
  const batch = new FileBatch();
  await batch.add(bytes("a", 1), max);
  await expect(batch.add(bytes("b", 40), max)).rejects.toMatchObject({ key: "fileStoreFull" });
  const many = async () => {
    for (let i = 0; i < 60; i++) await batch.add(bytes(String.fromCharCode(200 + i), 1), max);
  };
  await expect(many()).rejects.toMatchObject({ key: "fileStoreFull" });
  await batch.discard();
  expect(readdirSync(join(home, "files", "incoming"))).toEqual([]);
  await batch.add(bytes("c", 2), max);
  await batch.finish();
});

it("leaves the twentieth part of a small disk to the database, whoever writes", async () => {
  run("mount", "-o", "remount,size=100m", home);
  const flood = async function* () {
    for (let i = 0; i < 2_400; i++) yield Buffer.alloc(50_000, i);
  };
  const one = async function* (number: number) {
    yield Buffer.alloc(50_000, `${number} `);
  };
  const most = { maxBytes: 1_000_000_000 };
  const free = () => statfsSync(home).bavail * statfsSync(home).bsize;
  const batch = new FileBatch();
  await expect(putFile(flood(), most)).rejects.toMatchObject({ key: "fileStoreFull" });
  await expect(batch.add(flood(), most)).rejects.toMatchObject({ key: "fileStoreFull" });
  const many = async () => {
    for (let i = 0; i < 2_400; i++) await batch.add(one(i), max);
  };
  await expect(many()).rejects.toMatchObject({ key: "fileStoreFull" });
  expect(free()).toBeGreaterThan(0);
  expect(free()).toBeLessThan(5 * 1024 ** 2);
  await expect(putFile(bytes("d", 1), max), "not even a small one").rejects.toMatchObject({
    key: "fileStoreFull",
  });
  await batch.discard();
  await putFile(bytes("d", 1), max);
  expect(readdirSync(join(home, "files", "incoming"))).toEqual([]);
});
