import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { leaving, onLeaving } from "./leaving";

beforeEach(() => vi.stubGlobal("window", new EventTarget()));
afterEach(() => vi.unstubAllGlobals());

test("with nobody to ask it goes at once", () => {
  const go = vi.fn();
  leaving(go);
  expect(go).toHaveBeenCalledOnce();
});

test("only the first of two forms asks, and it goes when that one says so", () => {
  const go = vi.fn();
  const first = vi.fn<(go: () => void) => void>();
  const second = vi.fn();
  const stops = [onLeaving(first), onLeaving(second)];
  leaving(go);
  expect(go).not.toHaveBeenCalled();
  expect(second).not.toHaveBeenCalled();
  first.mock.calls[0]?.[0]();
  expect(go).toHaveBeenCalledOnce();
  for (const stop of stops) stop();
  leaving(go);
  expect(go).toHaveBeenCalledTimes(2);
});
