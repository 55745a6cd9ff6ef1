/** The value of one cookie; the first one counts, as everywhere. */
export function cookieValue(header: string | undefined, name: string): string | null {
  if (!header) return null;
  for (let at = header.indexOf(name); at >= 0; at = header.indexOf(name, at + 1)) {
    const before = header.slice(0, at).trimEnd();
    if (header[at + name.length] !== "=" || (before !== "" && !before.endsWith(";"))) continue;
    const end = header.indexOf(";", at);
    return header.slice(at + name.length + 1, end < 0 ? undefined : end).trim();
  }
  return null;
}
