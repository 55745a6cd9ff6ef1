import { PassThrough } from "node:stream";
import type { ClientChannel } from "ssh2";
import { expect, test } from "vitest";
import { seeded } from "@/e2e/chance";
import type { Link } from "./ssh";
import { belowOneOf, foldersAbove, limits, listTree } from "./tree";

const parentsOf = (path: string) => {
  const parts = path.split("/");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("/"));
};

test("folders above paths, and what is below one of them", () => {
  const seed = Date.now() % 1_000_000;
  const chance = seeded(seed);
  const below = (n: number) => Math.floor(chance.between(0, n));
  for (let round = 0; round < 500; round++) {
    const paths = Array.from({ length: 1 + below(8) }, () =>
      Array.from({ length: 1 + below(5) }, () => "abc"[below(3)]).join("/"),
    );
    const all = new Set(paths);
    expect([...foldersAbove(paths)].sort(), `seed ${seed}`).toEqual(
      [...new Set(paths.flatMap(parentsOf))].sort(),
    );
    expect(paths.filter(belowOneOf(all)), `seed ${seed}`).toEqual(
      paths.filter((path) => parentsOf(path).some((parent) => all.has(parent))),
    );
  }
});

test("what is known of a folder is asked no second time, however deep it is", () => {
  let asked = 0;
  class Counted extends Set<string> {
    override has(path: string) {
      asked++;
      return super.has(path);
    }
  }
  const folder = Array.from({ length: 50 }, (_, n) => `d${n}`).join("/");
  const paths = Array.from({ length: 20_000 }, (_, n) => `${folder}/${n}`);
  const above = foldersAbove(paths, new Counted());
  expect(above.size).toBe(50);
  expect(asked).toBeLessThan(20_100);
  asked = 0;
  expect(paths.some(belowOneOf(new Counted()))).toBe(false);
  expect(asked).toBe(50);
});

const listed = (records: Iterable<string>) => {
  const channel = Object.assign(new PassThrough(), { stderr: new PassThrough() });
  channel.write("LABYARD-TREE 1\0");
  for (const record of records) channel.write(`${record}\0`);
  channel.end("LABYARD-END 0\0");
  const link = { run: async () => channel as unknown as ClientChannel } as Partial<Link> as Link;
  return listTree(link);
};

test("a file with something below it is a lie, and so is all that it is about", async () => {
  const entry = (kind: string, path: string) => `${kind} 1 1 644 ${path}`;
  const tree = await listed([
    entry("d", "a"),
    entry("f", "a/b"),
    entry("d", "a/b/c"),
    entry("f", "a/b/c/d"),
    entry("f", "ok"),
    entry("d", "fine"),
    entry("f", "fine/x"),
  ]);
  expect([...tree.files.keys()]).toEqual(["ok", "fine/x"]);
  expect(tree.folders).toEqual(["fine"]);
  expect(tree.complete).toBe(false);
  expect(tree.leftOut.map(({ path }) => path).sort()).toEqual(["a/b", "a/b/c/d"]);
});

test("an instance cannot make up more folders than it may list", async () => {
  const deep = "/d".repeat(58);
  const tree = await listed(Array.from({ length: 10_000 }, (_, n) => `f 1 1 644 ${n}${deep}`));
  expect(tree.leftOut).toContainEqual({ path: "…", why: "too_many", unsaved: false });
  expect(tree.complete).toBe(false);
  expect(tree.files.size).toBeLessThan(limits.entries / 50);
});
