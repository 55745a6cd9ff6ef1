import { expect, it, vi } from "vitest";
import { anchorClock, systemClock } from "./clock";

it("takes the database's time as of half-way, and none from an answer that took too long", () => {
  let mark = 1_000;
  const monotonic = vi.spyOn(performance, "now").mockImplementation(() => mark);
  const at = Date.UTC(2026, 2, 2, 8);
  const since = () => systemClock.now().getTime() - at;
  anchorClock(new Date(at), 900);
  expect(since()).toBe(50);
  mark = 61_000;
  // Frozen while it was asking: what the database said then is a minute old.
  anchorClock(new Date(at), 1_000);
  expect(since()).toBe(60_050);
  monotonic.mockRestore();
});
