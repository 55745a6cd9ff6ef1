import { describe, expect, it } from "vitest";
import { idleLeadMinutes, idlePhase, idleStopAt } from "./idle-rule";

const at = (time: string) => new Date(`2026-03-02T${time}:00Z`);
const quiet = (warned: string | null = null, idleMinutes = 60) => ({
  idleMinutes,
  lastActAt: at("08:00"),
  warnedAt: warned === null ? null : at(warned),
});

it.each([
  [1, 1],
  [5, 1],
  [10, 3],
  [15, 5],
  [600, 5],
])("of %s minutes the last %s are warned of", (idle, lead) => expect(idleLeadMinutes(idle)).toBe(lead));

describe("idlePhase", () => {
  it.each<[string, string | null, string]>([
    ["08:54", null, "active"],
    ["08:55", null, "near"],
    ["08:59", "08:55", "warned"],
    ["09:00", "08:55", "over"],
    ["09:00", "07:55", "near"], // a warning that was answered by an act
    ["23:00", null, "near"], // a clock that jumped, or a service that was away: first the warning
    ["23:00", "22:58", "warned"],
    ["23:03", "22:58", "over"],
  ])("at %s, warned at %s: %s", (now, warned, phase) =>
    expect(idlePhase(quiet(warned), at(now))).toBe(phase),
  );
});

it("tells the stop from the warning", () => {
  expect(idleStopAt(quiet())).toBeNull();
  expect(idleStopAt(quiet("08:56"))).toEqual(at("09:01"));
});
