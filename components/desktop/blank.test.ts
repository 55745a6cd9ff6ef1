import { expect, test } from "vitest";
import { contentOf } from "./blank";

test.each([
  ["black", [0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255], "plain"],
  ["not drawn at all", [0, 0, 0, 0, 0, 0, 0, 0], "nothing"],
  ["a plain colour", [16, 32, 43, 255, 16, 32, 43, 255], "plain"],
  ["one pixel a shade lighter", [0, 0, 0, 255, 0, 0, 0, 255, 0, 1, 0, 255], "picture"],
  ["no pixel", [], "nothing"],
] as const)("%s", (_, pixels, expected) => expect(contentOf(Uint8ClampedArray.from(pixels))).toBe(expected));
