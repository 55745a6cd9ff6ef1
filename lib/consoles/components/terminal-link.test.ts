import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ServiceMessage, TerminalView } from "../terminal/protocol";
import { TerminalLink } from "./terminal-link";

/** The service's end of a WebSocket. */
class Line {
  static readonly OPEN = 1;
  static all: Line[] = [];
  readyState = 1;
  said: Record<string, unknown>[] = [];
  typed: number[][] = [];
  onopen?: () => void;
  onmessage?: ((event: { data: string | ArrayBuffer }) => void) | null;
  onclose?: (() => void) | null;
  constructor() {
    Line.all.push(this);
  }
  send(data: string | Uint8Array) {
    if (typeof data === "string") this.said.push(JSON.parse(data));
    else this.typed.push([...data]);
  }
  close() {
    this.readyState = 3;
  }
  tell(message: ServiceMessage) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  print(id: number, text: string) {
    const bytes = new TextEncoder().encode(text);
    const frame = new Uint8Array(2 + bytes.length);
    new DataView(frame.buffer).setUint16(0, id);
    frame.set(bytes, 2);
    this.onmessage?.({ data: frame.buffer });
  }
}

let answer: () => Response;
const ticket = () => Response.json({ ticket: "t" });
const one: TerminalView = { id: 1, cols: 80, rows: 24, state: "running", code: null };

beforeEach(() => {
  vi.useFakeTimers();
  Line.all = [];
  answer = ticket;
  vi.stubGlobal("WebSocket", Line);
  vi.stubGlobal("window", new EventTarget());
  vi.stubGlobal("fetch", async () => answer());
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function opened(): Promise<{ link: TerminalLink; line: Line; stop: () => void }> {
  const link = new TerminalLink("w", "use");
  const stop = link.start(() => undefined);
  const line = await next(1);
  line.tell({ type: "entered", epoch: "a", terminals: [one] });
  return { link, line, stop };
}

async function next(count: number): Promise<Line> {
  await vi.advanceTimersByTimeAsync(20_000);
  const line = Line.all[count - 1];
  if (!line) throw new Error("nobody connected");
  line.onopen?.();
  return line;
}

const paper = (shown: string[]) => ({
  write: (data: string | Uint8Array, taken: () => void) => {
    shown.push(typeof data === "string" ? `[${data}]` : new TextDecoder().decode(data));
    taken();
  },
});

test("shows what came before it was drawn, acknowledges, and does not answer what was asked long ago", async () => {
  const { link, line, stop } = await opened();
  const shown: string[] = [];
  line.tell({ type: "replay", id: 1, position: 10, until: 13, prefix: "clear" });
  line.print(1, "ab");
  link.attach(1, paper(shown));
  link.input(1, new Uint8Array([1]));
  line.print(1, "c");
  link.input(1, new Uint8Array([2]));
  expect(shown).toEqual(["[clear]", "ab", "c"]);
  expect(line.typed).toEqual([[0, 1, 2]]);
  await vi.advanceTimersByTimeAsync(100);
  expect(line.said.at(-1)).toEqual({ type: "ack", id: 1, position: 13 });
  stop();
});

test("comes back with what it has shown, and says when the service began anew", async () => {
  const { link, line, stop } = await opened();
  link.attach(1, paper([]));
  line.tell({ type: "replay", id: 1, position: 0, until: 0, prefix: "" });
  line.print(1, "abc");
  line.onclose?.();
  expect(link.view().state).toEqual({ kind: "lost", tries: 1 });
  const second = await next(2);
  expect(second.said[0]).toMatchObject({ type: "enter", epoch: "a", seen: { 1: 3 } });
  second.tell({ type: "entered", epoch: "a", terminals: [one] });
  expect(link.view()).toMatchObject({ state: { kind: "open" }, restarted: false });
  second.onclose?.();
  const third = await next(3);
  third.tell({ type: "entered", epoch: "b", terminals: [] });
  expect(link.view()).toMatchObject({ terminals: [], epoch: "b", restarted: true });
  stop();
});

test("waits for a paused workspace, and gives up where it is not let in", async () => {
  const { link, line, stop } = await opened();
  answer = () => Response.json({ error: { code: "conflict", key: "consoles.notReady" } }, { status: 409 });
  line.onclose?.();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(link.view().state).toEqual({ kind: "resting" });
  answer = () => Response.json({ error: { code: "not_found", key: "notFound.workspace" } }, { status: 404 });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(link.view().state).toMatchObject({ kind: "refused", error: { key: "notFound.workspace" } });
  answer = () => Response.json({}, { status: 401 });
  link.retry();
  await vi.advanceTimersByTimeAsync(1);
  expect(link.view().state).toEqual({ kind: "signedOut" });
  stop();
  expect(Line.all).toHaveLength(1);
});

test("takes a silent service for lost", async () => {
  const { link, line, stop } = await opened();
  line.close = () => line.onclose?.();
  line.tell({ type: "beat" });
  expect(line.said.at(-1)).toEqual({ type: "beat" });
  await vi.advanceTimersByTimeAsync(40_500);
  expect(link.view().state.kind).not.toBe("open");
  stop();
});
