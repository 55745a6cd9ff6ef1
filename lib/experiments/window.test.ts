import { describe, expect, test } from "vitest";
import { phaseOf, windowOf } from "./window";

const at = (day: number) => new Date(Date.UTC(2026, 8, day));
const experiment = { opensAt: at(1), closesAt: at(10) };

describe("window of a student", () => {
  test.each([
    ["nobody assigned", [], null],
    ["as the experiment", [{ opensAt: null, closesAt: null }], { opensAt: at(1), closesAt: at(10) }],
    ["own close", [{ opensAt: null, closesAt: at(20) }], { opensAt: at(1), closesAt: at(20) }],
    [
      "own earlier close counts in place of the experiment's",
      [{ opensAt: null, closesAt: at(5) }],
      { opensAt: at(1), closesAt: at(5) },
    ],
    [
      "class and direct: earliest open, latest close",
      [
        { opensAt: at(3), closesAt: at(4) },
        { opensAt: at(2), closesAt: at(3) },
        { opensAt: null, closesAt: null },
      ],
      { opensAt: at(1), closesAt: at(10) },
    ],
    [
      "two classes with own windows",
      [
        { opensAt: at(3), closesAt: at(4) },
        { opensAt: at(6), closesAt: at(7) },
      ],
      { opensAt: at(3), closesAt: at(7) },
    ],
  ])("%s", (_name, rows, expected) => {
    expect(windowOf(experiment, rows)).toEqual(expected);
  });

  test("an open side stays open, whatever another row says", () => {
    const open = { opensAt: null, closesAt: null };
    expect(windowOf(open, [open, { opensAt: at(2), closesAt: at(3) }])).toEqual(open);
  });
});

test("phase: the close itself is closed", () => {
  expect(phaseOf(experiment, new Date(at(1).getTime() - 1))).toBe("before");
  expect(phaseOf(experiment, at(1))).toBe("open");
  expect(phaseOf(experiment, at(10))).toBe("after");
  expect(phaseOf({ opensAt: null, closesAt: null }, at(1))).toBe("open");
});
