import { z } from "zod";

/**
 * What browser and service say about terminals over one WebSocket a page. Text frames are the JSON below; a binary
 * frame is two bytes of a terminal's number (big-endian) and then bytes: output to the browser, input to the
 * service. Output has a position, counted from the terminal's first byte; the browser acknowledges what it has shown.
 */
export const limits = {
  terminals: 8,
  viewers: 24,
  /** Bytes of one text and one binary frame from a browser. */
  text: 16 * 1024,
  frame: 64 * 1024,
  /** Sent and not yet acknowledged, for one terminal and browser. */
  window: 128 * 1024,
  /** What of a terminal's output is kept for who comes (back). */
  scrollback: 256 * 1024,
  /** Typed or pasted and not yet read by the program. */
  input: 1024 * 1024,
  /** Sent and not taken by the network, of all terminals; more only has who acknowledges without reading. */
  unread: 4 * 1024 * 1024,
} as const;

/**
 * A browser answers the `beat` that keeps it and the way to it alive, or is gone: after 45 s at the latest. An object,
 * because tests have less time.
 */
export const heart = { beatMs: 15_000, silentMs: 30_000 };

const number = z.number().int().min(1).max(0xffff);
const position = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const size = { cols: z.number().int().min(2).max(500), rows: z.number().int().min(1).max(300) };

export const enterMessage = z.object({
  type: z.literal("enter"),
  ticket: z.string().max(100),
  mode: z.enum(["use", "watch"]),
  /** What the browser has already shown, when it comes back. */
  epoch: z.string().max(40).optional(),
  seen: z.record(z.string().regex(/^\d{1,5}$/), position).default({}),
});

export const browserMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("open"), ...size }),
  /** A new shell in a terminal whose shell has ended. */
  z.object({ type: z.literal("again"), id: number, ...size }),
  z.object({ type: z.literal("resize"), id: number, ...size }),
  /** Without `force` a terminal in which a program runs is left, and `busy` names the program. */
  z.object({ type: z.literal("close"), id: number, force: z.boolean() }),
  z.object({ type: z.literal("ack"), id: number, position }),
  z.object({ type: z.literal("beat") }),
]);
export type BrowserMessage = z.infer<typeof browserMessage>;

export type TerminalView = {
  id: number;
  cols: number;
  rows: number;
  /** `ended`: its shell has ended; `code` is its exit code where known. */
  state: "running" | "ended";
  code: number | null;
};

export type ServiceMessage =
  /** `epoch` changes when the service restarts: then no shell of before is left. */
  | { type: "entered"; epoch: string; terminals: TerminalView[] }
  | { type: "terminals"; terminals: TerminalView[] }
  | { type: "opened"; id: number }
  /**
   * Bytes from `position` to `until` follow that were printed before: what they ask of the terminal was answered
   * then. With a `prefix` everything shown is cleared first; it is written before them and has no position.
   */
  | { type: "replay"; id: number; position: number; until: number; prefix?: string }
  | { type: "busy"; id: number; program: string }
  | { type: "failed"; code: string; key: string; params?: Record<string, string | number>; id?: number }
  | { type: "beat" };

/** Why the service closes, as WebSocket codes: like those of the workspace proxy. */
export const closeCodes = { refused: 1008, tooMuch: 1009, restart: 1012, later: 1013 } as const;

export function outputFrame(id: number, bytes: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(2 + bytes.length);
  frame.writeUInt16BE(id, 0);
  frame.set(bytes, 2);
  return frame;
}
