import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { putFile } from "@/lib/platform/files";
import { safePath, uniqueName, zipOf } from "./archive";
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

describe("the same name again", () => {
  const named = (...names: string[]) => {
    const taken = new Map<string, number>();
    return names.map((name) => uniqueName(name, taken));
  };

  it("has the first free number behind it, in whatever order they come", () => {
    expect(named("a", "A", "a~2", "a", "A~2", "b~2", "b", "B", "B")).toEqual([
      "a",
      "A~2",
      "a~2~2",
      "a~3",
      "A~2~3",
      "b~2",
      "b",
      "B~3",
      "B~4",
    ]);
    expect(named("ΑΣ", "ας", "ΑΣ~2")).toEqual(["ΑΣ", "ας~2", "ΑΣ~2~2"]);
  });

  it("costs no more for the last of 20,000 than for the first", () => {
    let asked = 0;
    class Counted extends Map<string, number> {
      override has(name: string) {
        asked++;
        return super.has(name);
      }
    }
    const taken = new Counted();
    const cased = (n: number) =>
      [..."abcdefghijklmno"].map((letter, bit) => ((n >> bit) & 1 ? letter.toUpperCase() : letter)).join("");
    const names = Array.from({ length: 20_000 }, (_, n) => uniqueName(cased(n), taken));
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(20_000);
    expect(asked).toBeLessThan(60_000);
  });
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
