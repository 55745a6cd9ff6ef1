import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { HomedSpec } from "../contract";
import { engine } from "./connection";
import { dockerDriver as driver } from "./driver";
import { label } from "./names";
import { inWorkspace, newHome, newSpec, removeEverything, startWorkspace, testHost, whole } from "./testing";

vi.hoisted(() => {
  process.env.DEPLOY_ID = `test-driver-${process.pid}`;
});

const host = testHost();
let flooded: HomedSpec;
let other: HomedSpec;

beforeAll(async () => {
  flooded = newSpec(newHome(host));
  other = newSpec(newHome(host));
  await Promise.all([startWorkspace(flooded), startWorkspace(other)]);
  const made = await inWorkspace(flooded, "cd; echo work > a.txt; head -c 20000000 /dev/urandom > large");
  expect(made).toEqual({ code: 0, text: "" });
  await inWorkspace(other, "cd; echo other > a.txt");
});
afterAll(async () => removeEverything(host));

/** How many containers read or write this home now. */
async function readersOf({ home }: HomedSpec): Promise<number> {
  const filters = { label: [`${label.deploy}=${process.env.DEPLOY_ID}`, label.reader] };
  const all = await engine(host.endpoint).listContainers({ all: true, filters });
  return all.filter(({ Mounts }) => Mounts.some(({ Source }) => Source.includes(home.id))).length;
}
const none = () => vi.waitFor(async () => expect(await readersOf(flooded)).toBe(0), 20_000);
const read = async (spec: HomedSpec, path = "a.txt") =>
  (await whole((await driver.readFile(spec.home, spec.id, path)).content)).toString();
const busy = expect.objectContaining({ code: "limit", key: "homefiles.busy" });

it("reads one home with four containers at most, while another home is served", async () => {
  let most = 0;
  let isOver = false;
  const looking = (async () => {
    while (!isOver) {
      most = Math.max(most, await readersOf(flooded));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  const flood = Array.from({ length: 40 }, () => read(flooded));
  const ended = Promise.allSettled(flood).then((results) => ({ results, at: performance.now() }));
  expect(await read(other)).toBe("other\n");
  const otherAt = performance.now();
  const { results, at } = await ended;
  isOver = true;
  await looking;
  expect(otherAt, "the other did not wait for all of these").toBeLessThan(at);
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(4);
  const refused = results.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  const passed = results.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  expect(refused.length, "four read and 32 wait").toBeGreaterThanOrEqual(4);
  expect(refused).toEqual(refused.map(() => busy));
  expect(new Set(passed)).toEqual(new Set(["work\n"]));
  await none();
}, 180_000);

it("gives every turn back: of what fails, what is dropped and what nobody reads to its end", async () => {
  for (let round = 0; round < 2; round++) {
    await Promise.all(
      Array.from({ length: 4 }, () => expect(read(flooded, "not-there")).rejects.toThrow("notFound.file")),
    );
    const dropped = await Promise.all(
      Array.from({ length: 4 }, () => driver.readFile(flooded.home, flooded.id, "large")),
    );
    for (const { content } of dropped) content.destroy();
    await driver.changeFiles(flooded.home, flooded.id, [{ act: "measure", path: "large" }]);
    for await (const _ of driver.packFiles(flooded.home, flooded.id, ["a.txt", "large"], {
      totalBytes: 1e9,
      files: 10,
    }))
      break;
  }
  await none();
  expect(await Promise.all(Array.from({ length: 8 }, () => read(flooded)))).toEqual(Array(8).fill("work\n"));
}, 120_000);

// A minute and a half of standing still: `--long` alone.
it.skipIf(!process.env.LONG)(
  "collects a home all of whose turns are held, and ends a download that stands still",
  async () => {
    const held = await Promise.all(
      Array.from({ length: 4 }, () => driver.readFile(flooded.home, flooded.id, "large")),
    );
    const waits = expect(read(flooded)).rejects.toEqual(busy);
    const paths: string[] = [];
    for await (const one of driver.collect(flooded.home, { fileBytes: 1e6, totalBytes: 1e7, files: 100 }))
      paths.push(one.path);
    expect(paths).toContain("a.txt");
    expect(await readersOf(flooded)).toBeGreaterThanOrEqual(4);
    // Half a minute in line is enough; the stalled ones have another half minute.
    await waits;
    await vi.waitFor(async () => expect(await readersOf(flooded)).toBe(0), {
      timeout: 60_000,
      interval: 500,
    });
    expect(await read(flooded)).toBe("work\n");
    for (const { content } of held) await expect(content.toArray()).rejects.toThrow("hostError");
  },
  150_000,
);
