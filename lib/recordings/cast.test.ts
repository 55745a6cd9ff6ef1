import { expect, test } from "vitest";
import { castEvent, castHeader, parseCast } from "./cast";

test("what is written is read again, and a line that was cut off is left out", () => {
  const text =
    castHeader(80, 24, new Date(0)) +
    castEvent(0, "o", "$ ") +
    castEvent(1_250, "i", "实验 🦊\r") +
    castEvent(1_300, "r", "100x30") +
    '[2.5,"o","half';
  expect(parseCast(text)).toEqual({
    cols: 80,
    rows: 24,
    duration: 1_300,
    events: [
      { at: 0, kind: "o", data: "$ " },
      { at: 1_250, kind: "i", data: "实验 🦊\r" },
      { at: 1_300, kind: "r", data: "100x30" },
    ],
  });
});

test("what is no recording is refused", () => {
  expect(() => parseCast("<html>")).toThrow();
});
