import { expect, test } from "vitest";
import { fixedClock, systemClock } from "@/lib/platform/clock";
import { noteCopies } from "@/lib/platform/copies";
import { env } from "@/lib/platform/env";
import { blockCalls, takeCall } from "./budget";

const most = env().CLOUD_CALLS_PER_SECOND;
const clock = fixedClock("2026-11-02T08:00:20.000Z");
const taken = (key: string, action = "RunInstances") =>
  takeCall(clock, key, action).then(
    () => true,
    () => false,
  );
const many = async (key: string, n: number) =>
  (await Promise.all(Array.from({ length: n }, () => taken(key)))).filter(Boolean).length;

test("no more than the budget in any second; each API and region has its own", async () => {
  expect(await many("one", most + 5)).toBe(most);
  expect(await taken("one", "DescribeInstances")).toBe(true);
  expect(await taken("another")).toBe(true);
  clock.advance(999);
  expect(await taken("one")).toBe(false);
  clock.advance(1);
  expect(await many("one", most + 5)).toBe(most);
});

test("a block lasts until the cloud's next minute; then one a second, then all again", async () => {
  expect(blockCalls(clock, "blocked", "RunInstances").getTime() % 60_000).toBe(0);
  expect(await taken("blocked")).toBe(false);
  clock.advance(60_000);
  expect(await many("blocked", 3)).toBe(1);
  clock.advance(1_000);
  expect(await many("blocked", 3)).toBe(1);
  clock.advance(60_000);
  expect(await many("blocked", most)).toBe(most);
});

test("several copies of the service share it; each has at least one call in some seconds", async () => {
  noteCopies(3);
  expect(await many("three", most + 5)).toBe(Math.floor(most / 3));
  noteCopies(most * 4);
  expect(await many("crowd", 5)).toBe(1);
  clock.advance(3_999);
  expect(await many("crowd", 5)).toBe(0);
  clock.advance(1);
  expect(await many("crowd", 5)).toBe(1);
  noteCopies(1);
  expect(await many("alone again", most + 5)).toBe(most);
});

test("on a clock that goes, who finds no call left waits for the next one", async () => {
  const calls = Array.from({ length: most + 2 }, () => takeCall(systemClock, "real", "RunInstances"));
  await expect(Promise.all(calls)).resolves.toHaveLength(most + 2);
});
