import { expect, test } from "vitest";
import { clockText, idleSpans, keyLines, keyText, skipIdle } from "./playback";

test("idle is what is long and empty, and keeps its edges", () => {
  const spans = idleSpans([2_000, 20_000, 21_000], 60_000);
  expect(spans).toEqual([
    { from: 3_000, to: 19_000 },
    { from: 22_000, to: 59_000 },
  ]);
  expect([0, 3_000, 10_000, 19_000, 30_000].map((at) => skipIdle(at, spans))).toEqual([
    0, 19_000, 19_000, 19_000, 59_000,
  ]);
  expect(idleSpans([], 60_000)).toEqual([{ from: 1_000, to: 59_000 }]);
  expect(idleSpans([], 4_000)).toEqual([]);
});

test.each([
  [0x61, "a"],
  [0x1000000 + 0x5b9e, "实"],
  [0x1000000 + 0x1f98a, "🦊"],
  [0xff0d, "⏎"],
  [0xffe3, " Ctrl "],
  [0xffbe, " F1 "],
  [0xffe1, null],
  [0xfe50, null],
])("keysym %i reads as %j", (keysym, text) => {
  expect(keyText(keysym)).toBe(text);
});

test("keys become lines at pauses and at Enter", () => {
  const press = (at: number, keysym: number) => ({ at, keysym });
  expect(
    keyLines([
      press(0, 0x6c),
      press(100, 0x73),
      press(200, 0xff0d),
      press(300, 0xffe3),
      press(400, 0x63),
      press(9_000, 0x78),
      { at: 20_000, text: "cd 实验\r" },
      { at: 21_000, text: "\x1b[A\x03" },
    ]),
  ).toEqual([
    { at: 0, text: "ls⏎" },
    { at: 300, text: "Ctrl c" },
    { at: 9_000, text: "x" },
    { at: 20_000, text: "cd 实验⏎" },
    { at: 21_000, text: "· ^C" },
  ]);
});

test("a clock reads as people write it", () => {
  expect([0, 59_999, 60_000, 3_723_000].map(clockText)).toEqual(["0:00", "0:59", "1:00", "1:02:03"]);
});
