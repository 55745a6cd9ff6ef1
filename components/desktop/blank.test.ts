import { expect, test } from "vitest";
import { isOneColour } from "./blank";

test.each([
  ["black", [0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255], true],
  ["not drawn at all", [0, 0, 0, 0, 0, 0, 0, 0], true],
  ["a plain colour", [16, 32, 43, 255, 16, 32, 43, 255], true],
  ["one pixel a shade lighter", [0, 0, 0, 255, 0, 0, 0, 255, 0, 1, 0, 255], false],
])("%s", (_, pixels, expected) => expect(isOneColour(Uint8ClampedArray.from(pixels))).toBe(expected));
