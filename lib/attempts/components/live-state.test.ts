import { expect, it } from "vitest";
import { workspaceStates } from "@/db/schema/workspaces";
import { isRunning, liveGroupOf, liveGroups } from "./live-state";

it("puts every state into one of the groups", () => {
  for (const state of workspaceStates) {
    expect(liveGroups).toContain(liveGroupOf({ attempt: { state: "open" }, workspace: { state } }));
  }
});

it.each([
  [{ attempt: null, workspace: null }, "none", false],
  [{ attempt: { state: "open" as const }, workspace: null }, "stopped", false],
  [{ attempt: { state: "ended" as const }, workspace: { state: "stopped" as const } }, "ended", false],
  [{ attempt: { state: "open" as const }, workspace: { state: "queued" as const } }, "queued", true],
  [{ attempt: { state: "open" as const }, workspace: { state: "failed" as const } }, "failed", false],
])("%j", (row, group, running) => {
  expect(liveGroupOf(row)).toBe(group);
  expect(isRunning(row)).toBe(running);
});
