import { expect, test } from "vitest";
import { backoff, retryAfter } from "./backoff";

test("the delay grows with the attempt and stays at two hours", () => {
  const seconds = [...Array(12).keys()].map((attempt) => backoff(attempt, () => 0) / 1_000);
  expect(seconds).toEqual([15, 30, 60, 120, 300, 600, 1_200, 2_400, 3_600, 7_200, 7_200, 7_200]);
});

test("jitter adds up to 30 s", () => {
  expect(backoff(0, () => 0.5)).toBe(30_000);
  expect(backoff(0, () => 0.999)).toBeLessThan(45_000);
});

const now = new Date("2026-03-02T00:00:00.000Z");

test.each([
  ["60", 60_000],
  ["0", 1_000],
  ["9999999", 86_400_000],
  ["2026-03-02T00:02:00.000Z", 120_000],
  ["2020-01-01T00:00:00.000Z", 1_000],
])("Retry-After %s waits %d ms", (header, ms) => expect(retryAfter(header, now)).toBe(ms));

test.each([null, "", "soon"])("Retry-After %j says nothing", (header) =>
  expect(retryAfter(header, now)).toBeUndefined(),
);
