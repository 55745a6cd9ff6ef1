import { describe, expect, it } from "vitest";
import { stepsOf, wakeNoteOf } from "./steps";

const at = (second: number) => new Date(Date.UTC(2026, 2, 2, 8, 0, second));
const move = (from: string | null, to: string, second: number, reason = "x") => ({
  from,
  to,
  reason,
  at: at(second),
});
const states = (moves: ReturnType<typeof move>[]) => stepsOf(moves).map((step) => step.state);

describe("steps of a start", () => {
  const asked = move(null, "requested", 0);
  const queued = move("requested", "queued", 1);
  const placed = move("queued", "provisioning", 3, "placed");
  const turn = move("provisioning", "provisioning", 5, "step:home");
  const container = move("provisioning", "provisioning", 7, "step:container");
  const booting = move("provisioning", "booting", 9);
  const ready = move("booting", "ready", 12);

  it("waits for room, also in the queue, and for its turn to boot", () => {
    expect(states([asked])).toEqual(["now", "waiting", "waiting", "waiting"]);
    expect(states([asked, queued])).toEqual(["now", "waiting", "waiting", "waiting"]);
    expect(states([asked, queued, placed])).toEqual(["now", "waiting", "waiting", "waiting"]);
    expect(states([asked, queued, placed, turn])).toEqual(["done", "now", "waiting", "waiting"]);
  });

  it("tells how long each step took", () => {
    const steps = stepsOf([asked, queued, placed, turn, container, booting, ready]);
    expect(steps.map(({ state }) => state)).toEqual(["done", "done", "done", "done"]);
    expect(steps.map(({ startedAt }) => startedAt)).toEqual([at(0), at(5), at(7), at(9)]);
    expect(steps.map(({ endedAt }) => endedAt)).toEqual([at(5), at(7), at(9), at(12)]);
  });

  it("knows no time of a step that left no row", () => {
    const steps = stepsOf([asked, placed, turn, booting]);
    expect(steps[1]).toMatchObject({ state: "done", endedAt: at(9) });
    expect(steps[2]).toMatchObject({ state: "done", startedAt: null });
  });

  it("begins with the claim of a warm one, whose boot was nobody's start; or anew when it does not wake", () => {
    const booted = [
      move(null, "provisioning", 0, "warm"),
      move("provisioning", "booting", 1),
      move("booting", "paused", 4, "frozen"),
    ];
    const claimed = move("paused", "booting", 30, "claimed");
    expect(states([...booted, claimed])).toEqual(["done", "done", "done", "now"]);
    expect(stepsOf([...booted, claimed])[0]?.startedAt).toBeNull();
    const cold = move("booting", "provisioning", 36, "placed");
    expect(states([...booted, claimed, cold])).toEqual(["now", "waiting", "waiting", "waiting"]);
    const homed = move("provisioning", "provisioning", 37, "step:home");
    expect(states([...booted, claimed, cold, homed])).toEqual(["done", "now", "waiting", "waiting"]);
  });

  it("begins anew, with its place, when what runs gets a clean disk", () => {
    const renewed = move("ready", "provisioning", 60, "renew");
    const moves = [asked, placed, turn, container, booting, ready, renewed];
    expect(states(moves)).toEqual(["done", "now", "waiting", "waiting"]);
    const again = move("provisioning", "provisioning", 70, "step:container");
    expect(states([...moves, again])).toEqual(["done", "done", "now", "waiting"]);
    expect(stepsOf([...moves, again])[1]?.startedAt).toEqual(at(60));
  });

  it("tells why it did not wake, until it is asked again, sleeps anew or is up", () => {
    const of = (...reasons: string[]) => wakeNoteOf(reasons.map((reason) => ({ reason })));
    expect(of("answers", "pause", "wake", "wake:cloud.noStock")).toBe("cloud.noStock");
    expect(of("pause", "wake", "wake:cloud.noStock", "wake")).toBeNull();
    expect(of("wake:cloud.noStock", "wake", "resume", "step:home")).toBeNull();
    expect(of()).toBeNull();
  });

  it("shows where it was stopped", () => {
    const steps = stepsOf([asked, placed, turn, container, move("provisioning", "stopping", 20)]);
    expect(steps.map(({ state }) => state)).toEqual(["done", "done", "failed", "waiting"]);
    expect(steps[2]?.endedAt).toEqual(at(20));
  });

  it("a workspace that was ready has no failed step", () => {
    expect(states([asked, placed, turn, container, booting, ready, move("ready", "stopping", 30)])).toEqual([
      "done",
      "done",
      "done",
      "done",
    ]);
  });
});
