import { describe, expect, it } from "vitest";
import { Scrollback } from "./scrollback";

const all = (scrollback: Scrollback) => scrollback.read(scrollback.start, 1e9).toString("latin1");

describe("a terminal's scrollback", () => {
  it("keeps the last bytes, whatever pieces they came in", () => {
    for (const limit of [10, 64, 1000, 20_000]) {
      const scrollback = new Scrollback(limit);
      let whole = "";
      for (let step = 0; step < 300; step++) {
        const piece = `${step}-`.repeat((step * 7) % 23);
        whole += piece;
        scrollback.append(Buffer.from(piece));
        expect(scrollback.end).toBe(whole.length);
        expect(scrollback.end - scrollback.start).toBe(Math.min(limit, whole.length));
        expect(all(scrollback)).toBe(whole.slice(-limit));
      }
      expect(scrollback.read(scrollback.start + 3, 4).toString()).toBe(whole.slice(-limit).slice(3, 7));
    }
  });

  it("replays from the start while it has everything", () => {
    const scrollback = new Scrollback(100);
    scrollback.append(Buffer.from("\u001b[?1049hvim"));
    expect(scrollback.replay()).toEqual({ position: 0, prefix: "\u0018\u001bc" });
  });

  it("replays from a line, or else from a whole character", () => {
    const lines = new Scrollback(16);
    lines.append(Buffer.from("first line\nsecond line\n"));
    expect(lines.read(lines.replay().position, 100).toString()).toBe("second line\n");
    for (let cut = 0; cut < 8; cut++) {
      const words = new Scrollback(20);
      words.append(Buffer.from(`${"a".repeat(cut)}🦊实验🦊实验🦊实验`));
      expect(words.read(words.replay().position, 100).toString()).toMatch(/^[🦊实验]+$/u);
    }
  });

  it("remembers modes that it no longer holds, also when their sequence came in pieces", () => {
    const text = "\u001b[?1049;1h\u001b[?25l\u001b[?2004h\u001b[?2026h\u001b[?25h";
    for (let cut = 0; cut <= text.length; cut++) {
      const scrollback = new Scrollback(10);
      scrollback.append(Buffer.from(text.slice(0, cut)));
      scrollback.append(Buffer.from(text.slice(cut)));
      scrollback.append(Buffer.from("0123456789"));
      expect(scrollback.replay().prefix).toBe("\u0018\u001bc\u001b[?1049h\u001b[?1h\u001b[?25h\u001b[?2004h");
    }
  });

  it("forgets modes at a full reset, and counts those that a replay passes over", () => {
    const scrollback = new Scrollback(16);
    scrollback.append(Buffer.from("\u001b[?1049h\u001bc 0123456789012345"));
    expect(scrollback.replay().prefix).toBe("\u0018\u001bc");
    const skipping = new Scrollback(16);
    skipping.append(Buffer.from("xxxxxx \u001b[?1049h\nafter"));
    expect(skipping.replay().prefix).toBe("\u0018\u001bc\u001b[?1049h");
    expect(skipping.read(skipping.replay().position, 100).toString()).toBe("after");
  });
});
