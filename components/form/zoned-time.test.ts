import { expect, test } from "vitest";
import { fromZonedInput, toZonedInput } from "./zoned-time";

test("a deadline typed in Shanghai time is the same moment in UTC, and comes back as typed", () => {
  expect(fromZonedInput("2026-11-21T09:30", "Asia/Shanghai")).toBe("2026-11-21T01:30:00.000Z");
  expect(toZonedInput("2026-11-21T01:30:00.000Z", "Asia/Shanghai")).toBe("2026-11-21T09:30");
});

test("zones with summer time keep the wall time on both sides of the change", () => {
  for (const wall of ["2026-03-29T01:30", "2026-03-29T03:30", "2026-10-25T04:00", "2026-07-01T12:00"]) {
    const iso = fromZonedInput(wall, "Europe/Berlin");
    expect(toZonedInput(iso, "Europe/Berlin")).toBe(wall);
  }
});

test("nothing stays nothing", () => {
  expect(toZonedInput(null, "Asia/Shanghai")).toBe("");
  expect(fromZonedInput("", "Asia/Shanghai")).toBeNull();
  expect(fromZonedInput("abc", "Asia/Shanghai")).toBeNull();
});
