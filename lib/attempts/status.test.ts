import { describe, expect, it } from "vitest";
import type { workspaceStates } from "@/db/schema/workspaces";
import { groupOf, taskStatus } from "./status";

const at = (time: string) => new Date(`2026-03-02T${time}:00Z`);
const base = {
  now: at("10:00"),
  window: { opensAt: at("08:00"), closesAt: at("12:00") },
  maxAttempts: 2,
  used: 0,
  open: null,
};
type Input = Parameters<typeof taskStatus>[0];
const open = (state: (typeof workspaceStates)[number] | null, deadlineAt: Date | null = at("11:00")) => ({
  deadlineAt,
  workspace: state && { state },
});

describe("what a student sees of a task", () => {
  it.each<[string, Partial<Input>, string, string, string]>([
    ["never started", {}, "notStarted", "start", "todo"],
    ["opens later", { now: at("07:00") }, "notOpen", "none", "later"],
    ["closed without a try", { now: at("12:00") }, "closed", "none", "done"],
    ["closed after a try", { now: at("13:00"), used: 1 }, "ended", "none", "done"],
    ["one try left", { used: 1 }, "ended", "start", "todo"],
    ["no try left", { used: 2 }, "used", "none", "done"],
    ["as many as one likes", { used: 9, maxAttempts: null }, "ended", "start", "todo"],
    ["ready", { open: open("ready") }, "ready", "enter", "running"],
    ["the last attempt runs", { used: 2, open: open("ready") }, "ready", "enter", "running"],
    ["waits for room", { open: open("queued") }, "queued", "enter", "running"],
    ["stopping", { open: open("stopping") }, "stopping", "resume", "running"],
    ["stopped, time left", { open: open("stopped") }, "stopped", "resume", "running"],
    ["failed, time left", { open: open("failed") }, "failed", "resume", "running"],
    ["stopped, time over", { open: open("stopped", at("09:00")) }, "stopped", "none", "done"],
    [
      "extended past the close",
      { now: at("12:30"), open: open("ready", at("12:45")) },
      "ready",
      "enter",
      "running",
    ],
  ])("%s", (_name, over, status, action, group) => {
    const result = taskStatus({ ...base, ...over });
    expect(result).toEqual({ status, action });
    expect(groupOf(result)).toBe(group);
  });
});
