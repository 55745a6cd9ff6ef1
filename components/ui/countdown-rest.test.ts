import { expect, test } from "vitest";
import { countdownLevel, crossedMark, splitRest } from "./countdown-rest";

const minute = 60_000;

test("quiet, then warn from 15 minutes, danger from 5, over at 0", () => {
  expect([16, 15, 6, 5, 1, 0, -1].map((m) => countdownLevel(m * minute))).toEqual([
    "quiet",
    "warn",
    "warn",
    "danger",
    "danger",
    "over",
    "over",
  ]);
});

test("minutes above ten, seconds below", () => {
  expect(splitRest(90 * minute)).toEqual({ hours: 1, minutes: 30, seconds: 0, precise: false });
  expect(splitRest(10 * minute)).toEqual({ hours: 0, minutes: 10, seconds: 0, precise: false });
  expect(splitRest(10 * minute - 1_000)).toEqual({ hours: 0, minutes: 9, seconds: 59, precise: true });
  expect(splitRest(500)).toEqual({ hours: 0, minutes: 0, seconds: 1, precise: true });
});

test("each mark is announced once, the nearest when a sleeping laptop skipped some", () => {
  expect(crossedMark(Number.POSITIVE_INFINITY, 4 * minute)).toBeNull();
  expect(crossedMark(15 * minute + 1, 15 * minute)).toBe(15);
  expect(crossedMark(15 * minute, 14 * minute)).toBeNull();
  expect(crossedMark(20 * minute, 30_000)).toBe(1);
  expect(crossedMark(1_000, -5)).toBe(0);
});
