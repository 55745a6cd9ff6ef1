import { expect, test } from "vitest";
import { fileNameOf, numberedName } from "./file-name";

test.each([
  ["data.csv", "data.csv"],
  ["C:\\Users\\王\\数据 集.csv", "数据 集.csv"],
  ["../../etc/passwd", "passwd"],
  ["a<b>:c|d?.txt", "a_b__c_d_.txt"],
  ["-rf", "_rf"],
  ["  name. ", "name"],
  [".gitignore", ".gitignore"],
  ["$(id).sh", "$(id).sh"],
])("%j is kept as %j", (typed, kept) => {
  expect(fileNameOf(typed)).toBe(kept);
});

test.each(["", ".", "..", "a/", "  ", "pic\u202Egpj.exe", "a\u0000b", "a\nb", "a\u200Bb", "\uFEFFa"])(
  "%j is refused",
  (typed) => {
    expect(() => fileNameOf(typed)).toThrow("invalid");
  },
);

test("a long Chinese name is cut in its stem, within what a file system takes", () => {
  const name = fileNameOf(`${"数".repeat(300)}.tar.gz`);
  expect(name.endsWith("数.tar.gz")).toBe(true);
  expect(Buffer.byteLength(name)).toBeLessThanOrEqual(240);
});

test("a second one gets a number before its ending", () => {
  expect(numberedName("data.csv", 2)).toBe("data (2).csv");
  expect(numberedName("a.tar.gz", 3)).toBe("a (3).tar.gz");
  expect(numberedName("README", 2)).toBe("README (2)");
});
