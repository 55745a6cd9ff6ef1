import { expect, test } from "vitest";
import { addDays, dayOf, periodOf, startOf } from "./day";

const zone = "Asia/Shanghai";

test.each([
  ["Asia/Shanghai", "2026-09-10", "2026-09-09T16:00:00.000Z"],
  ["UTC", "2026-09-10", "2026-09-10T00:00:00.000Z"],
  ["America/New_York", "2026-03-08", "2026-03-08T05:00:00.000Z"],
  ["America/New_York", "2026-03-09", "2026-03-09T04:00:00.000Z"],
  ["America/New_York", "2026-11-02", "2026-11-02T05:00:00.000Z"],
])("in %s the day %s begins at %s", (place, day, at) => {
  expect(startOf(day, place).toISOString()).toBe(at);
  expect(dayOf(new Date(at), place)).toBe(day);
  expect(dayOf(new Date(Date.parse(at) - 1), place)).toBe(addDays(day, -1));
});

const now = new Date("2026-09-10T17:00:00Z"); // the 11th there
test.each<[string, { from?: string; until?: string }, string, string, number]>([
  ["nothing asked: 30 days", {}, "2026-08-13", "2026-09-11", 30],
  ["from a day until today", { from: "2026-09-09" }, "2026-09-09", "2026-09-11", 3],
  ["mixed up", { from: "2026-09-03", until: "2026-09-01" }, "2026-09-01", "2026-09-03", 3],
  ["a year at most", { from: "2020-01-01", until: "2026-01-01" }, "2020-01-01", "2020-12-31", 366],
])("%s", (_name, asked, first, last, days) => {
  const period = periodOf(asked, now, zone);
  expect([period.first, period.last, period.days.length]).toEqual([first, last, days]);
  expect(period.until.getTime() - period.from.getTime()).toBe(days * 86_400_000);
});
