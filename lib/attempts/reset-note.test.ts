import { describe, expect, it } from "vitest";
import { resetNoteOf } from "./reset-note";

const note = (...reasons: string[]) => resetNoteOf(reasons.map((reason) => ({ reason })));

describe("what a page says of a reset", () => {
  it("is nothing where there was none, and the last word where there was one", () => {
    expect(note("start", "placed", "step:container")).toBeNull();
    expect(note("start", "reset:done", "created")).toEqual({ kind: "done" });
    expect(note("reset:refused")).toEqual({ kind: "refused" });
    expect(note("reset:done", "reset:filled:12:3")).toEqual({ kind: "filled", written: 12, refused: 3 });
  });
});
