import { expect, test } from "vitest";
import { csvText } from "./csv";
import { sortRows } from "./sort-rows";

test("numbers inside words sort as numbers, and nothing comes last both ways", () => {
  const rows = ["第 10 组", "第 2 组", null, "第 1 组"];
  expect(sortRows(rows, (row) => row, "asc")).toEqual(["第 1 组", "第 2 组", "第 10 组", null]);
  expect(sortRows(rows, (row) => row, "desc")).toEqual(["第 10 组", "第 2 组", "第 1 组", null]);
});

test("a CSV cell cannot become a formula, and quotes are doubled", () => {
  const text = csvText(
    ["姓名", "备注"],
    [
      ["=HYPERLINK(1)", 'a "b", c'],
      ["张三", null],
    ],
  );
  expect(text).toBe('\uFEFF姓名,备注\r\n\'=HYPERLINK(1),"a ""b"", c"\r\n张三,\r\n');
});
