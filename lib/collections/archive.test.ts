import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { putFile } from "@/lib/platform/files";
import { safePath, zipOf } from "./archive";
import { folderOf } from "./folder";

let home = "";
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "labyard-zip-"));
  process.env.LABYARD_HOME = home;
});
afterAll(() => rm(home, { recursive: true, force: true }));

const stored = async (text: string) =>
  putFile(
    (async function* () {
      yield Buffer.from(text);
    })(),
    { maxBytes: 1_000 },
  );

describe("names in an archive", () => {
  it.each([
    ["a/b.txt", "a/b.txt"],
    ["../../etc/passwd", "etc/passwd"],
    ["/abs", "abs"],
    ["..\\win.txt", ".._win.txt"],
    ["./.", "_"],
    ["evil\u202egpj.exe", "evil_gpj.exe"],
  ])("%s stays inside as %s", (path, safe) => expect(safePath(path)).toBe(safe));

  it.each([
    [{ number: "2023001", name: "张三" }, "2023001_张三"],
    [{ number: null, name: "李 四" }, "李 四"],
    [{ number: "../x", name: "a/b\u202e" }, "__x_a_b_"],
    [{ number: null, name: "" }, "_"],
  ])("%j is the folder %s", (person, folder) => expect(folderOf(person)).toBe(folder));
});

describe("zipOf", () => {
  it("holds every file under its folder, the same name twice as two", async () => {
    const { sha256, size } = await stored("hello");
    const entry = { folder: "1_张三", path: "a.txt", sha256, size, executable: false };
    const zip = await buffer(zipOf([entry, { ...entry, path: "A.txt" }]));
    expect(zip.subarray(0, 4).toString("latin1")).toBe("PK\u0003\u0004");
    expect(zip.includes(Buffer.from("1_张三/a.txt"))).toBe(true);
    expect(zip.includes(Buffer.from("1_张三/A.txt~2"))).toBe(true);
  });

  it("breaks off when the store has lost a file, and crashes nobody", async () => {
    const lost = "0".repeat(64);
    const entry = { folder: "x", path: "a", sha256: lost, size: 1, executable: false };
    await expect(buffer(zipOf([entry]))).rejects.toThrow(/ENOENT/);
  });
});
