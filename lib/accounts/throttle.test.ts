import { expect, test } from "vitest";
import { throttleKeys, waitSeconds } from "./throttle";

test("a few slips cost nothing, guessing costs ever more, and never more than a minute", () => {
  const [account, here] = throttleKeys("bob", "10.0.0.1", false);
  if (!account || !here) throw new Error("two keys");
  expect([1, 5, 6, 7, 8, 11, 12, 500].map((count) => waitSeconds(count, here))).toEqual([
    0, 0, 2, 4, 8, 60, 60, 60,
  ]);
  expect([20, 21, 26, 500].map((count) => waitSeconds(count, account))).toEqual([0, 2, 60, 60]);
});

test("two people behind one address do not share a key, and a known place has none that strangers fill", () => {
  const keys = (name: string, known = false) => throttleKeys(name, "10.0.0.1", known).map(({ key }) => key);
  expect(keys("bob").some((key) => keys("eve").includes(key))).toBe(false);
  expect(keys("bob", true)).toEqual(keys("bob").slice(1));
});
