import { expect, test } from "vitest";
import { sorted } from "./sorted";

const file = (path: string, size = 0, modifiedAt = "2026-01-01T00:00:00Z") =>
  ({ path, kind: "file", size, modifiedAt }) as const;
const entries = [
  file("b10.txt", 5, "2026-01-03T00:00:00Z"),
  file("b2.txt", 9, "2026-01-02T00:00:00Z"),
  { ...file("资料"), kind: "directory" } as const,
  file("a.txt", 5),
  { ...file("data"), kind: "directory" } as const,
];
const names = (by: "name" | "size" | "modified", down = false) =>
  sorted(entries, { by, down }).map(({ path }) => path);

test("folders come first, numbers in names count as numbers", () => {
  const [first, second, ...files] = names("name");
  expect([first, second].sort()).toEqual(["data", "资料"]);
  expect(files).toEqual(["a.txt", "b2.txt", "b10.txt"]);
});

test("by size and time, equal ones by name", () => {
  expect(names("size").slice(2)).toEqual(["a.txt", "b10.txt", "b2.txt"]);
  expect(names("size", true).slice(2)).toEqual(["b2.txt", "a.txt", "b10.txt"]);
  expect(names("modified", true).slice(2)).toEqual(["b10.txt", "b2.txt", "a.txt"]);
});
