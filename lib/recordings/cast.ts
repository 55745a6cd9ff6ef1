import { z } from "zod";

/** A terminal's recording in asciicast v2, read: times in milliseconds. */
export type Cast = {
  cols: number;
  rows: number;
  duration: number;
  events: { at: number; kind: CastKind; data: string }[];
};

const header = z.object({
  version: z.literal(2),
  width: z.number().int().min(1).max(1000),
  height: z.number().int().min(1).max(1000),
});
const event = z.tuple([z.number().min(0), z.string(), z.string()]);

/** The first line of a terminal's recording. */
export const castHeader = (cols: number, rows: number, at: Date): string =>
  `${JSON.stringify({ version: 2, width: cols, height: rows, timestamp: Math.floor(at.getTime() / 1000) })}\n`;

/** `o` was shown, `i` was typed, `r` is a new size as `80x24`, `m` a mark that only says that time has passed. */
export type CastKind = "o" | "i" | "r" | "m";

export const castEvent = (ms: number, kind: CastKind, data: string): string =>
  `${JSON.stringify([ms / 1000, kind, data])}\n`;

/** Reads a whole recording. A last line that was cut off is left out; no header is an error. */
export function parseCast(text: string): Cast {
  const [first = "", ...lines] = text.split("\n");
  const { width, height } = header.parse(JSON.parse(first));
  const events: Cast["events"] = [];
  for (const line of lines) {
    const parsed = event.safeParse(safeJson(line));
    if (!parsed.success) continue;
    const [seconds, kind, data] = parsed.data;
    if (kind === "o" || kind === "i" || kind === "r" || kind === "m")
      events.push({ at: Math.round(seconds * 1000), kind, data });
  }
  return { cols: width, rows: height, duration: events.at(-1)?.at ?? 0, events };
}

function safeJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
