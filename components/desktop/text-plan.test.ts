import { expect, test } from "vitest";
import { keysymOf, planText } from "./text-plan";

test("a character's keysym: Latin as it is, the rest with Unicode's mark, whole beyond the BMP", () => {
  expect([..."aÿ实🦊\n\t"].map(keysymOf)).toEqual([0x61, 0xff, 0x1005b9e, 0x101f98a, 0xff0d, 0xff09]);
});

test("short ASCII goes by keys, everything else by the clipboard", () => {
  expect(planText("a\r\nB")).toEqual({ kind: "keys", keysyms: [0x61, 0xff0d, 0x42] });
  expect(planText("实验")).toEqual({ kind: "paste", text: "实验" });
  expect(planText("é")).toEqual({ kind: "paste", text: "é" });
  expect(planText("x".repeat(41))).toEqual({ kind: "paste", text: "x".repeat(41) });
});

test("where the clipboard is somebody else's, everything goes by keys", () => {
  expect(planText("实🦊", false)).toEqual({ kind: "keys", keysyms: [0x1005b9e, 0x101f98a] });
});

test("what no key stands for is left out, and nothing is no plan", () => {
  expect(planText("\u200b实\u0000")).toEqual({ kind: "paste", text: "实" });
  expect(planText("\u200b\u0007")).toBeNull();
});
