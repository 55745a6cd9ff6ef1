/** `学号_姓名`, safe as a file name on every system. */
export const folderOf = ({ number, name }: { number: string | null; name: string }): string =>
  [number, name]
    .filter((part): part is string => Boolean(part))
    .map(safeName)
    .join("_")
    .replace(/^\.+/, "_") || "_";

/** One part of a file name: what a system forbids, or what turns the reading direction, becomes `_`. */
export const safeName = (part: string): string =>
  part
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must go.
    .replace(/[\\/:*?"<>|\u0000-\u001f\u007f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "_")
    .trim();
