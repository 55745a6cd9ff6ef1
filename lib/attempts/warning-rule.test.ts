import { describe, expect, it } from "vitest";
import { dueMark, markAt, nextLook, warnedAfterMove } from "./warning-rule";

const at = (time: string) => new Date(`2026-03-02T${time}Z`);
const hour = (warnedMinutes: number | null = null) => ({
  startedAt: at("08:00:00"),
  deadlineAt: at("09:00:00"),
  warnedMinutes,
});

describe("markAt", () => {
  it.each<[string, number | null]>([
    ["08:44:59", null],
    ["08:45:00", 15],
    ["08:54:59", 15],
    ["08:55:00", 5],
    ["08:59:00", 1],
    ["08:59:59", 1],
    ["09:00:00", null],
    ["10:00:00", null],
  ])("%s of an hour that ends at nine: %s", (now, mark) => expect(markAt(hour(), at(now))).toBe(mark));

  it("never speaks of more time than there was", () => {
    const short = { ...hour(), startedAt: at("08:50:00") };
    expect(markAt(short, at("08:50:01"))).toBeNull();
    expect(markAt(short, at("08:55:00"))).toBe(5);
    const exact = { ...hour(), startedAt: at("08:45:00") };
    expect(markAt(exact, at("08:45:01"))).toBeNull();
  });
});

describe("dueMark", () => {
  it.each<[string, number | null, number | null]>([
    ["08:45:00", null, 15],
    ["08:46:00", 15, null],
    ["08:55:00", 15, 5],
    ["08:59:30", 15, 1],
    ["08:59:30", 1, null],
    ["08:56:00", null, 5],
  ])("at %s after %s: %s", (now, warned, due) => expect(dueMark(hour(warned), at(now))).toBe(due));
});

describe("nextLook", () => {
  it.each<[string, string]>([
    ["08:00:00", "08:45:00"],
    ["08:45:00", "08:55:00"],
    ["08:58:00", "08:59:00"],
    ["08:59:00", "09:00:00"],
  ])("at %s: %s", (now, next) => expect(nextLook(hour(), at(now))).toEqual(at(next)));

  it("skips marks before the start", () => {
    expect(nextLook({ ...hour(), startedAt: at("08:50:00") }, at("08:50:00"))).toEqual(at("08:55:00"));
  });
});

describe("warnedAfterMove", () => {
  const moved = (deadline: string, warnedMinutes: number | null) => ({
    ...hour(warnedMinutes),
    deadlineAt: at(deadline),
  });
  it.each<[string, string, number | null, number | null]>([
    ["never warned, never said so", "09:30:00", null, null],
    ["far past all marks: all come again", "09:30:00", 1, null],
    ["past the five: it comes again, the fifteen does not", "09:08:00", 1, 15],
    ["past the one only", "09:02:00", 1, 5],
    ["the last minute lies ahead again", "08:59:40", 1, 5],
    ["not past any", "08:58:40", 1, 1],
    ["nearer: what was given stays, what is due comes", "08:58:30", 15, 15],
  ])("%s", (_name, deadline, warned, expected) => {
    expect(warnedAfterMove(moved(deadline, warned), at("08:58:00"))).toBe(expected);
  });
});
