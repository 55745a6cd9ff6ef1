/** What a key gives with Ctrl held, for keyboards that have none: `c` → ETX. Others stay as they are. */
export function withControl(text: string): string {
  if (text.length !== 1) return text;
  const code = text.toUpperCase().charCodeAt(0);
  if (code >= 0x40 && code <= 0x5f) return String.fromCharCode(code & 0x1f);
  return text === " " ? "\u0000" : text === "?" ? "\u007f" : text;
}
