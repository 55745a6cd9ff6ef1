import { expect, test } from "vitest";
import { scaleTo, wantedSize } from "./fit";

test("a desktop has the size of its room, in even numbers", () => {
  expect(wantedSize({ width: 1281, height: 733 }, 1)).toEqual({ width: 1280, height: 732 });
  expect(wantedSize({ width: 1280, height: 720 }, 1.5)).toEqual({ width: 1920, height: 1080 });
});

test("a phone's desktop is wide enough for programs, in the shape of the phone", () => {
  const size = wantedSize({ width: 390, height: 650 }, 1.5);
  expect(size).toEqual({ width: 800, height: 1332 });
  expect(scaleTo({ width: 390, height: 650 }, size)).toBeCloseTo(0.488, 2);
});

test("no screen asks for more than 4K", () => {
  expect(wantedSize({ width: 3840, height: 2000 }, 2)).toEqual({ width: 3840, height: 2000 });
});

test("one that does not follow is seen whole", () => {
  expect(scaleTo({ width: 1000, height: 500 }, { width: 1000, height: 1000 })).toBe(0.5);
  expect(scaleTo({ width: 1000, height: 500 }, { width: 0, height: 0 })).toBe(1);
});
