import { expect, test } from "vitest";
import { FirstSize } from "./first-size";

const size = ["size", ["0", "1402", "816"]] as const;
const cursor = ["size", ["-1", "32", "32"]] as const;
const image = ["img", ["3", "14", "0", "image/png", "0", "0"]] as const;
const onCursor = ["img", ["3", "12", "-1", "image/png", "0", "0"]] as const;
const sync = ["sync", ["27767533"]] as const;

test.each([
  ["a size, then a picture", [cursor, onCursor, size, image], -1],
  ["a picture without a size", [cursor, onCursor, sync, image, sync, size, image], 3],
  ["only the first of them", [image, image], 0],
])("%s", (_, instructions, at) => {
  const first = new FirstSize();
  expect(instructions.map(([opcode, args]) => first.lacks(opcode, args)).indexOf(true)).toBe(at);
  expect(first.lacks(...image)).toBe(false);
});
