import { expect, test } from "vitest";
import { withControl } from "./control-key";

test("Ctrl turns letters and a few signs into control characters, and leaves the rest", () => {
  expect(["c", "C", "[", "@", " ", "?", "_"].map(withControl)).toEqual([
    "\u0003",
    "\u0003",
    "\u001b",
    "\u0000",
    "\u0000",
    "\u007f",
    "\u001f",
  ]);
  expect(["验", "🦊", "1", "", "ab"].map(withControl)).toEqual(["验", "🦊", "1", "", "ab"]);
});
