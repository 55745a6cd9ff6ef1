import { expect, test } from "vitest";
import { csvHead } from "./csv-head";

const whole = { rows: 10, columns: 10, cut: false };

test("reads quotes, separators and both line ends", () => {
  expect(csvHead('\uFEFF姓名,"a,b"\r\n"say ""hi""","two\nlines"\nlast,', ",", whole)).toEqual({
    cells: [
      ["姓名", "a,b"],
      ['say "hi"', "two\nlines"],
      ["last", ""],
    ],
    more: false,
  });
  expect(csvHead("a\tb,c\n", "\t", whole).cells).toEqual([["a", "b,c"]]);
  expect(csvHead("", ",", whole)).toEqual({ cells: [], more: false });
});

test("stops at its limits, and leaves out a row that was cut", () => {
  expect(csvHead("1\n2\n3\n", ",", { ...whole, rows: 2 })).toEqual({ cells: [["1"], ["2"]], more: true });
  expect(csvHead("1,2,3\n", ",", { ...whole, columns: 2 })).toEqual({ cells: [["1", "2"]], more: true });
  expect(csvHead("1,2\n3,", ",", { ...whole, cut: true })).toEqual({ cells: [["1", "2"]], more: true });
});
