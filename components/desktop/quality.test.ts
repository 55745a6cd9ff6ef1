import { expect, test } from "vitest";
import { qualityOf, smooth } from "./quality";

test("one slow ping is not a bad connection, many are", () => {
  let ms = smooth(null, 20);
  ms = smooth(ms, 500);
  expect(qualityOf(ms)).toBe("fair");
  for (let i = 0; i < 10; i++) ms = smooth(ms, 500);
  expect(qualityOf(ms)).toBe("poor");
  for (let i = 0; i < 20; i++) ms = smooth(ms, 20);
  expect(qualityOf(ms)).toBe("good");
});
