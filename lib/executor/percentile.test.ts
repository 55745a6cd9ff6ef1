import { expect, test } from "vitest";
import { percentile } from "./percentile";

const classOf = (ms: number) => Math.floor(4 * Math.log2(ms));

test("nothing measured has no percentile", () => {
  expect(percentile([], 0.5)).toBeNull();
  expect(percentile([{ latency: null, count: 7 }], 0.5)).toBeNull();
});

test.each([
  [0.5, 100],
  [0.95, 5_000],
])("%s of a mixed lot is near the true value", (share, truth) => {
  const lot = [
    { latency: classOf(100), count: 900 },
    { latency: classOf(5_000), count: 100 },
    { latency: null, count: 50 },
  ];
  const found = percentile(lot, share) ?? 0;
  expect(found).toBeGreaterThan(truth * 0.8);
  expect(found).toBeLessThan(truth * 1.25);
});

test("classes that come in parts count together", () => {
  const whole = percentile(
    [
      { latency: 8, count: 10 },
      { latency: 20, count: 2 },
    ],
    0.5,
  );
  const parts = [
    { latency: 20, count: 2 },
    { latency: 8, count: 4 },
    { latency: 8, count: 6 },
  ];
  expect(percentile(parts, 0.5)).toBe(whole);
});
