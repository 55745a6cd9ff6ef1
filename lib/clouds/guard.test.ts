import { expect, test } from "vitest";
import { guardText, guardTime } from "./guard";

const at = (text: string) => new Date(`2026-11-02T${text}Z`);

test.each([
  ["long before its end", "08:00:00", "09:30:00", "09:50:00"],
  ["never earlier than the cloud takes", "08:00:00", "08:05:00", "08:35:00"],
  ["an end that is past", "08:00:00", "07:00:00", "08:35:00"],
  ["whole minutes, upwards", "08:00:01", "08:05:00", "08:36:00"],
])("%s", (_name, now, deadline, guard) => {
  const set = guardTime(at(now), at(deadline));
  expect(set).toEqual(at(guard));
  expect(guardText(set)).toBe(`2026-11-02T${guard}Z`);
});
