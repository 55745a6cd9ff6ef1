import { expect, test } from "vitest";
import { scaleTo, wantedSize } from "./fit";

test("a desktop has the size of its room, in even numbers", () => {
  expect(wantedSize({ width: 1281, height: 733 }, 1)).toEqual({ width: 1280, height: 732, dpi: 96 });
});

test("on a dense screen it has a pixel for each of the screen's, and draws larger; or shows more", () => {
  const room = { width: 1280, height: 720 };
  expect(wantedSize(room, 1.5)).toEqual({ width: 1920, height: 1080, dpi: 144 });
  expect(wantedSize(room, 2)).toEqual({ width: 2560, height: 1440, dpi: 192 });
  expect(wantedSize(room, 2, true)).toEqual({ width: 2560, height: 1440, dpi: 96 });
});

test("a phone's desktop is wide enough for programs, in the shape of the phone", () => {
  const size = wantedSize({ width: 390, height: 650 }, 1.5);
  expect(size).toEqual({ width: 800, height: 1332, dpi: 96 });
  expect(scaleTo({ width: 390, height: 650 }, size)).toBeCloseTo(0.488, 2);
  expect(wantedSize({ width: 390, height: 650 }, 3)).toEqual({ width: 1170, height: 1950, dpi: 140 });
});

test("no screen asks for more than 4K, nor for less than one of its pixels a point", () => {
  expect(wantedSize({ width: 3840, height: 2000 }, 2)).toEqual({ width: 3840, height: 2000, dpi: 96 });
  expect(wantedSize({ width: 2560, height: 1440 }, 2)).toEqual({ width: 3840, height: 2160, dpi: 144 });
  expect(wantedSize({ width: 1600, height: 900 }, 0.8)).toEqual({ width: 1600, height: 900, dpi: 96 });
});

test("one that does not follow is seen whole", () => {
  expect(scaleTo({ width: 1000, height: 500 }, { width: 1000, height: 1000 })).toBe(0.5);
  expect(scaleTo({ width: 1000, height: 500 }, { width: 0, height: 0 })).toBe(1);
});
