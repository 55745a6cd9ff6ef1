import { expect, test } from "vitest";
import { parseDuration, parseUntil } from "./duration";

test.each([
  ["1s", 1_000],
  ["90m", 5_400_000],
  ["1w2d3h4m5s", 788_645_000],
  ["1.5h", 5_400_000],
  ["250ms", 250],
  ["1m500ms", 60_500],
])("%s is %d ms", (text, ms) => expect(parseDuration(text)).toBe(ms));

test.each(["", "5", "h", "1 h", "-1s", "1y", "1h x", "2026-03-02"])("%j is no duration", (text) =>
  expect(parseDuration(text)).toBeUndefined(),
);

test("a wait ends after a duration or at a time", () => {
  expect(parseUntil("1m")).toEqual({ afterMs: 60_000 });
  expect(parseUntil("2026-03-02T00:00:00.000Z")).toEqual({ at: new Date("2026-03-02T00:00:00.000Z") });
  expect(parseUntil("tomorrow")).toBeUndefined();
  expect(parseUntil("2026-99-99")).toBeUndefined();
});
