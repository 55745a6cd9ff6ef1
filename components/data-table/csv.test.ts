import { expect, test } from "vitest";
import { csvText } from "./csv";

test.each([
  ["=HYPERLINK(1)", "'=HYPERLINK(1)"],
  ["+1", "'+1"],
  ["-1", "'-1"],
  ["@SUM(A1)", "'@SUM(A1)"],
  ["＝1", "'＝1"],
  ["\t=1", `"'\t=1"`],
  ["\0=1", "'=1"],
  [" =1", "' =1"],
  ["王, 小明", '"王, 小明"'],
  ['say "hi"', '"say ""hi"""'],
  ["a\nb", '"a\nb"'],
  ["0012", "0012"],
])("%j is written as %j", (cell, written) => {
  expect(csvText([cell], [])).toBe(`\uFEFF${written}\r\n`);
});
