import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { HomedSpec } from "../contract";
import { dockerDriver as driver } from "./driver";
import { inWorkspace, newHome, newSpec, removeEverything, startWorkspace, testHost } from "./testing";

vi.hoisted(() => {
  process.env.DEPLOY_ID = `test-driver-${process.pid}`;
});

const host = testHost();
let greedy: HomedSpec;
let modest: HomedSpec;

beforeAll(async () => {
  greedy = newSpec(newHome(host), { processes: 64, cpus: 0.5, memoryMb: 256 });
  modest = newSpec(newHome(host), { cpus: 1 });
  await startWorkspace(greedy);
  const { address } = await startWorkspace(modest);
  const answers = async () => expect(await driver.probe(address, modest.template, modest.secret)).toBe(true);
  await vi.waitFor(answers, { timeout: 60_000, interval: 300 });
});
afterAll(async () => removeEverything(host));

/** Seconds that a fixed piece of work takes in the other workspace. */
async function worked(): Promise<number> {
  const began = performance.now();
  const { text } = await inWorkspace(modest, "python3 -c 'print(sum(i * i for i in range(3_000_000)))'");
  expect(text.trim()).toBe("8999995500000500000");
  return (performance.now() - began) / 1_000;
}

it("stops a fork bomb at the limit of its own workspace", async () => {
  const before = await worked();
  const bomb = inWorkspace(
    greedy,
    `timeout 8 python3 -c "
import os
while True:
    try: os.fork()
    except OSError: pass"`,
    12_000,
  );
  await vi.waitFor(async () => expect((await driver.stats(greedy)).processes).toBeGreaterThan(60), {
    timeout: 8_000,
    interval: 200,
  });
  expect((await driver.stats(greedy)).processes).toBeLessThanOrEqual(64);
  expect(await worked()).toBeLessThan(Math.max(3 * before, before + 3));
  expect((await driver.observe(modest)).state).toBe("running");
  await bomb;
}, 60_000);

it("kills what takes more memory than its workspace has, and nothing else", async () => {
  const hog = newSpec(newHome(host), { memoryMb: 256 });
  await startWorkspace(hog);
  const { code } = await inWorkspace(hog, "python3 -c 'x = bytearray(2_000_000_000)'");
  expect(code).toBe(137);
  expect((await driver.observe(modest)).state).toBe("running");
  expect((await driver.stats(modest)).memoryBytes).toBeLessThan(384 * 1024 * 1024);
  await worked();
  await driver.destroy(hog);
}, 60_000);

it("removes a workspace whose processes fill every limit", async () => {
  await driver.destroy(greedy);
  expect(await driver.observe(greedy)).toEqual({ state: "missing" });
  expect((await driver.mounts(host)).map((mount) => mount.workspaceId)).not.toContain(greedy.id);
});
