export type TextPlan = { kind: "keys"; keysyms: number[] } | { kind: "paste"; text: string };

/** More than this goes faster by the clipboard. */
const mostKeys = 40;

const returnKey = 0xff0d;
const tabKey = 0xff09;

/** The X keysym of one character. */
export function keysymOf(character: string): number {
  if (character === "\n") return returnKey;
  if (character === "\t") return tabKey;
  const point = character.codePointAt(0) ?? 0;
  return point < 0x100 ? point : 0x1000000 | point;
}

/**
 * How a text gets into a desktop: short ASCII by keys, everything else by its clipboard. Keys of other characters
 * are lost in RDP and, when they come fast, in VNC. Without `clipboard` it is all keys.
 */
export function planText(text: string, clipboard = true): TextPlan | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const clean = text.replaceAll(/\r\n?/g, "\n").replaceAll(/[\0-\x08\x0b-\x1f\x7f\u200b]/g, "");
  if (!clean) return null;
  if (!clipboard || (clean.length <= mostKeys && /^[\n\t\x20-\x7e]*$/.test(clean)))
    return { kind: "keys", keysyms: [...clean].map(keysymOf) };
  return { kind: "paste", text: clean };
}
