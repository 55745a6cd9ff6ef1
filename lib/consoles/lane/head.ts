/** The lines of a head between its first one and the empty one: names and values, raw and by lower-case name. */
export type Fields = { raw: string[]; of: Record<string, string> };

const name = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const value = /^[\t\x20-\x7e]*$/;
const aroundValue = /^[\t ]+|[\t ]+$/g;

/**
 * Reads a head's lines, each ended by CRLF, as strictly as they can be read: no folded line, no blank before
 * the colon, visible ASCII alone. Null for what any other reader might understand otherwise, and for a name of
 * `single` that comes twice.
 */
export function readFields(lines: string, single: (name: string) => boolean): Fields | null {
  if (!lines.endsWith("\r\n")) return null;
  const raw: string[] = [];
  const of: Record<string, string> = Object.create(null);
  for (const line of lines.slice(0, -2).split("\r\n")) {
    const colon = line.indexOf(":");
    const written = line.slice(0, colon);
    const said = line.slice(colon + 1).replace(aroundValue, "");
    if (colon < 1 || !name.test(written) || !value.test(said)) return null;
    const lower = written.toLowerCase();
    if (of[lower] !== undefined && single(lower)) return null;
    of[lower] ??= said;
    raw.push(written, said);
  }
  return { raw, of };
}
