import { expect, test } from "vitest";
import en from "@/messages/en/desktop.json";
import zh from "@/messages/zh-CN/desktop.json";
import { closingOf, comesBack, waitBefore } from "./closing";

test("every Guacamole status has a sentence in both languages", () => {
  const statuses = [
    0, 0x100, 0x200, 0x201, 0x202, 0x203, 0x204, 0x205, 0x206, 0x207, 0x208, 0x209, 0x20a, 0x20b, 0x300,
    0x301, 0x303, 0x308, 0x30d, 0x30f, 0x31d, 0x7777,
  ];
  for (const status of statuses) {
    expect(zh.closed[closingOf(status)].title).toBeTruthy();
    expect(en.closed[closingOf(status)].title).toBeTruthy();
  }
});

test("a socket that ended without a word is the network's fault, one that spoke the desktop's", () => {
  expect(closingOf(0x207, false)).toBe("network");
  expect(closingOf(0x207, true)).toBe("desktop");
});

test("only what may mend itself is tried again, the first time at once, then ever later", () => {
  expect(comesBack("network")).toBe(true);
  expect(comesBack("conflict")).toBe(false);
  expect(comesBack("ended")).toBe(false);
  expect([1, 2, 3, 4, 5, 6, 60].map(waitBefore)).toEqual([0, 1000, 2000, 4000, 8000, 15000, 15000]);
});
