import { expect, test } from "vitest";
import { fitHeight } from "./drawer-height";

test("a drawer leaves room above it, and keeps its own", () => {
  expect(fitHeight(300, 800)).toBe(300);
  expect(fitHeight(790, 800)).toBe(680);
  expect(fitHeight(10, 800)).toBe(120);
  // A room too small for both: the drawer was asked for, so it is there.
  expect(fitHeight(300, 200)).toBe(120);
});
