import { expect, test } from "vitest";
import { restMs } from "./rest";

const now = new Date("2026-09-10T08:00:00Z");
const at = (minutes: number) => new Date(now.getTime() + minutes * 60_000);
type Given = Parameters<typeof restMs>[0];
const given = (
  startedAt: number | null,
  deadlineAt: number | null,
  durationMinutes: number | null,
  sinceAt: number | null = null,
): Given => ({
  startedAt: startedAt === null ? null : at(startedAt),
  deadlineAt: deadlineAt === null ? null : at(deadlineAt),
  durationMinutes,
  sinceAt: sinceAt === null ? null : at(sinceAt),
});

test.each<[string, Given, number]>([
  ["not started: its duration, a start and an end", given(null, null, 60), 67],
  ["and the window closes first", given(null, 20, 60), 27],
  ["a window of weeks: a day", given(null, 90_000, null), 1447],
  ["boots for three minutes", given(null, null, 60, -3), 64],
  ["boots for long", given(null, null, 60, -30), 62],
  ["nothing limits it: a day", given(-5, null, null, -8), 1442],
  ["runs to its deadline", given(-50, 10, 60, -53), 12],
  ["runs as long as it was given", given(-5, 3_000, 60, -8), 3_002],
  ["just over: its end", given(-61, -1, 60, -63), 1],
  ["long over", given(-90, -30, 60, -93), 0],
])("%s", (_name, clock, minutes) => {
  expect(restMs(clock, now)).toBe(minutes * 60_000);
});
