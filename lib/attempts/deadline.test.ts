import { describe, expect, it } from "vitest";
import { deadlineOf, extended, type Limits } from "./deadline";

const at = (time: string) => new Date(`2026-03-02T${time}:00Z`);
const limits = (over: Partial<Limits> = {}): Limits => ({
  startedAt: at("08:00"),
  durationMinutes: 60,
  extensionMinutes: 0,
  windowClosesAt: at("12:00"),
  closesAt: null,
  ...over,
});

describe("deadlineOf", () => {
  it.each<[string, Partial<Limits>, Date | null]>([
    ["start + duration", {}, at("09:00")],
    ["extensions count", { extensionMinutes: 30 }, at("09:30")],
    ["the close cuts", { startedAt: at("11:30") }, at("12:00")],
    ["no duration: the close", { durationMinutes: null }, at("12:00")],
    ["no window: the duration", { windowClosesAt: null }, at("09:00")],
    ["nothing limits it", { windowClosesAt: null, durationMinutes: null }, null],
    ["before the clock starts: the close", { startedAt: null }, at("12:00")],
    ["an own later close", { durationMinutes: null, closesAt: at("13:00") }, at("13:00")],
    [
      "the window was moved past the own close",
      { durationMinutes: null, closesAt: at("11:00") },
      at("12:00"),
    ],
    [
      "an own close without a window limits nothing",
      { windowClosesAt: null, closesAt: at("08:10") },
      at("09:00"),
    ],
  ])("%s", (_name, over, expected) => {
    expect(deadlineOf(limits(over))).toEqual(expected);
  });
});

describe("extended", () => {
  it.each<[string, Partial<Limits>, Date | null]>([
    ["inside the window", {}, at("09:15")],
    ["past the close moves the close", { startedAt: at("11:00") }, at("12:15")],
    ["where the close is nearer, it counts from the close", { startedAt: at("11:30") }, at("12:15")],
    ["without duration", { durationMinutes: null }, at("12:15")],
    ["a second one", { startedAt: at("11:30"), extensionMinutes: 45, closesAt: at("12:15") }, at("12:30")],
    ["nothing limits it", { durationMinutes: null, windowClosesAt: null }, null],
  ])("%s", (_name, over, expected) => {
    const before = limits(over);
    expect(deadlineOf({ ...before, ...extended(before, 15) })).toEqual(expected);
  });
});
