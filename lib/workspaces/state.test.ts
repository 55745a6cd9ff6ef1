import { describe, expect, it } from "vitest";
import { workspaceStates } from "@/db/schema/workspaces";
import { finalStates, isFinal, liveStates, moves, renewMoves, warmMoves } from "./state";

describe("a workspace's moves", () => {
  it("lets every live state but stopping itself go to stopping: stop always wins", () => {
    for (const state of liveStates) {
      if (state !== "stopping") expect(moves[state]).toContain("stopping");
    }
  });

  it("reaches a final state only from stopping, when nothing is left outside", () => {
    for (const state of workspaceStates) {
      const ends = moves[state].filter(isFinal);
      expect(ends).toEqual(state === "stopping" ? [...finalStates] : []);
    }
  });

  it("never leaves a final state", () => {
    for (const state of finalStates) expect(moves[state]).toEqual([]);
  });

  it("neither for warm ones nor for a clean disk, whose only further moves these are", () => {
    expect(warmMoves).toEqual({ booting: ["paused", "provisioning"], paused: ["booting"] });
    expect(renewMoves).toEqual({ ready: ["provisioning"], paused: ["provisioning"] });
  });

  it("never goes back otherwise", () => {
    const order = workspaceStates;
    for (const from of order) {
      for (const to of moves[from]) {
        if (from === "paused" && to === "ready") continue;
        expect(order.indexOf(to), `${from} → ${to}`).toBeGreaterThan(order.indexOf(from));
      }
    }
  });
});
