/** A stretch of a recording, in milliseconds from its beginning. */
export type Span = { from: number; to: number };
/** A key that went down, as the keysym that X and Guacamole know it by, or text that a terminal was sent. */
export type KeyPress = { at: number; keysym: number } | { at: number; text: string };
/** What was typed in one go, readable: `ls -la ⏎`. */
export type KeyLine = { at: number; text: string };

/** Shorter than this is reading, not idling. */
const idleMs = 5_000;
/** How much of an idle stretch is still shown at its ends. */
const edgeMs = 1_000;
const pauseMs = 3_000;
const mostInLine = 60;

/** The stretches in which nothing was done: between any two acts, and at both ends. */
export function idleSpans(acts: readonly number[], duration: number): Span[] {
  const spans: Span[] = [];
  let last = 0;
  for (const at of [...acts, duration]) {
    if (at - last > idleMs) spans.push({ from: last + edgeMs, to: at - edgeMs });
    last = Math.max(last, at);
  }
  return spans;
}

/** Where playback goes on from a position: over the idle stretch that it is in. */
export const skipIdle = (position: number, spans: readonly Span[]): number =>
  spans.find(({ from, to }) => position >= from && position < to)?.to ?? position;

const names: Record<number, string> = {
  65288: "⌫",
  65289: "⇥",
  65293: "⏎",
  65421: "⏎",
  65307: "Esc",
  65535: "Del",
  65360: "Home",
  65361: "←",
  65362: "↑",
  65363: "→",
  65364: "↓",
  65365: "PgUp",
  65366: "PgDn",
  65367: "End",
  65507: "Ctrl",
  65508: "Ctrl",
  65513: "Alt",
  65514: "Alt",
  65515: "Super",
};
/** Shift and the locks say nothing that the letter does not. */
const silent = (keysym: number) =>
  keysym === 0xffe1 || keysym === 0xffe2 || keysym === 0xffe5 || keysym === 0xff7f || keysym === 0xfe03;

/** What a key reads as; null where it is not worth a sign. */
export function keyText(keysym: number): string | null {
  if (silent(keysym)) return null;
  const name = names[keysym];
  if (name) return name.length > 1 ? ` ${name} ` : name;
  if (keysym >= 0xffbe && keysym <= 0xffc9) return ` F${keysym - 0xffbd} `;
  const point = keysym >= 0x1000000 ? keysym - 0x1000000 : keysym < 0x100 ? keysym : null;
  if (point === null || point < 0x20 || point > 0x10ffff) return null;
  return String.fromCodePoint(point);
}

const controls: Record<string, string> = { "\r": "⏎", "\n": "⏎", "\t": "⇥", "\x7f": "⌫", "\x1b": " Esc " };

/** What a terminal was sent, readable. */
const sentText = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what keys send
  text.replace(/\x1b\[[\d;]*[A-Za-z~]/g, " · ").replace(/[\x00-\x1f\x7f]/g, (sign) => {
    return controls[sign] ?? ` ^${String.fromCharCode(sign.charCodeAt(0) + 64)} `;
  });

/** Key presses as lines: a new one after a pause, after Enter, and when one gets long. */
export function keyLines(presses: readonly KeyPress[]): KeyLine[] {
  const lines: KeyLine[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const press of presses) {
    const text = "text" in press ? sentText(press.text) : keyText(press.keysym);
    if (text === null || text === "") continue;
    const line = lines.at(-1);
    if (line && press.at - last < pauseMs && !line.text.endsWith("⏎") && line.text.length < mostInLine)
      line.text += text;
    else lines.push({ at: press.at, text });
    last = press.at;
  }
  return lines.map(({ at, text }) => ({ at, text: text.replace(/ {2,}/g, " ").trim() || "␣" }));
}

/** `1:02:03` or `2:03`, of milliseconds. */
export function clockText(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, "0"));
  const hours = Math.floor(seconds / 3_600);
  return hours > 0 ? `${hours}:${parts.join(":")}` : `${Number(parts[0])}:${parts[1]}`;
}
