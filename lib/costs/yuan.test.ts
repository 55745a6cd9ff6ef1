import { expect, test } from "vitest";
import { microYuan, yuanOf } from "./yuan";

test.each([
  [0, 0],
  [4_999, 0],
  [5_000, 0.01],
  [1_005_000, 1.01],
  [1_004_999, 1],
  [8_575_000, 8.58],
  [123_456_789_012_345, 123_456_789.01],
])("%i micro-yuan are %d yuan", (micro, yuan) => {
  expect(yuanOf(micro)).toBe(yuan);
});

test("what is typed comes back", () => {
  for (const yuan of [0.01, 0.29, 1.13, 999.99, 10_000_000]) expect(yuanOf(microYuan(yuan))).toBe(yuan);
});
