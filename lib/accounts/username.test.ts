import { expect, test } from "vitest";
import { normalUsername, plainText } from "./username";

test.each([
  ["Bob", "bob"],
  ["bob ", "bob"],
  ["ｂｏｂ", "bob"],
  ["ＢＯＢ２０", "bob20"],
  ["张三", "张三"],
  ["2026-001", "2026-001"],
  ["a.b@uni.edu", "a.b@uni.edu"],
  ["bob\u200b", undefined],
  ["b\u00adob", undefined],
  ["\u202ebob", undefined],
  ["b ob", undefined],
  ["bо\u0062", undefined], // a Cyrillic о
  ["", undefined],
  ["-rf", undefined],
  ["=1+1", undefined],
  ["a".repeat(65), undefined],
])("%j is %j", (typed, name) => {
  expect(normalUsername(typed)).toBe(name);
});

test("names lose what cannot be seen and keep what can", () => {
  expect(plainText("  张\u200b三\t四 ")).toBe("张三 四");
  expect(plainText("ab\u0007\u202ec")).toBe("abc");
});
