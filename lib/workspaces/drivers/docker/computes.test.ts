import { expect, test } from "vitest";
import { judge } from "./computes";

const minute = 60_000;
/** CPU time in ns of so many cores for so many minutes. */
const used = (cores: number, minutes: number) => cores * minutes * minute * 1e6;

test("a tenth of a core over the last minutes is a program that computes; one look says nothing", () => {
  expect(judge("still", 0, 0)).toBeNull();
  expect(judge("still", used(0.02, 1), minute)).toBe(false);
  expect(judge("works", used(3, 60), 0)).toBeNull();
  expect(judge("works", used(3, 60) + 1, 100)).toBeNull();
  expect(judge("works", used(3, 60) + used(0.9, 1), minute)).toBe(true);
});

test("a burst is outlived by the minutes around it, and a long ago is forgotten", () => {
  judge("burst", 0, 0);
  expect(judge("burst", used(1, 0.2), 3 * minute)).toBe(false);
  expect(judge("burst", used(1, 0.2), 20 * minute)).toBeNull();
});

test("a container that began anew is another one", () => {
  judge("anew", used(1, 60), 0);
  expect(judge("anew", 0, minute)).toBeNull();
  expect(judge("anew", used(1, 1), 2 * minute)).toBe(true);
});
