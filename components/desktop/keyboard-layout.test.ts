import { expect, test } from "vitest";
import { keyboardLayout } from "./keyboard-layout";

test("every key is known and every row fills the board", () => {
  const widths: Record<string, number> = keyboardLayout.keyWidths;
  for (const row of keyboardLayout.layout) {
    for (const key of row) expect(Object.keys(keyboardLayout.keys)).toContain(key);
    expect(row.reduce((sum, key) => sum + (widths[key] ?? 1), 0)).toBe(keyboardLayout.width);
  }
});
