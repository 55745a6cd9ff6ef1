import { expect, test } from "vitest";
import { linePath, niceTop } from "./scale";

test.each([
  [0, 1],
  [0.4, 1],
  [3, 5],
  [5, 5],
  [11, 20],
  [99, 100],
  [101, 200],
  [4_200, 5_000],
])("an axis for %s ends at %s", (max, top) => expect(niceTop(max)).toBe(top));

test("a line goes through its points, and stops where there are none", () => {
  expect(linePath([0, 10, null, 5], 10, 300, 100)).toBe("M0.0 100.0L100.0 0.0M300.0 50.0h-3");
  expect(linePath([5, null, 0], 10, 300, 100)).toBe("M0.0 50.0h3M300.0 100.0h-3");
  expect(linePath([], 10, 300, 100)).toBe("");
});
