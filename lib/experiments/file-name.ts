import { invalid } from "@/lib/platform/errors";

const bytes = (text: string) => new TextEncoder().encode(text).length;

/**
 * The name under which students find an attachment: fit for Linux and Windows, as short as a file system takes it.
 * Control and direction characters are refused, not removed: `exe.gpj` must not read as a picture.
 */
export function fileNameOf(typed: string): string {
  const last = typed.normalize("NFC").split(/[/\\]/).at(-1) ?? "";
  if (/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u.test(last)) {
    throw invalid("invalid", { name: "teach.field.fileName" });
  }
  const plain = last
    .replace(/[<>:"|?*]/g, "_")
    .replace(/\s+/gu, " ")
    .trim()
    .replace(/[. ]+$/, "")
    .replace(/^-/, "_");
  if (plain === "" || /^\.+$/.test(plain)) throw invalid("invalid", { name: "teach.field.fileName" });
  const [stem, extension] = split(plain);
  return shorten(stem, extension);
}

/** The same name with a number, before the ending: what a second `data.csv` is called. */
export function numberedName(name: string, number: number): string {
  const [stem, extension] = split(name);
  return shorten(stem, ` (${number})${extension}`);
}

function split(name: string): [stem: string, extension: string] {
  const match = /^(.+?)((?:\.tar)?\.[\p{L}\p{N}]{1,10})$/u.exec(name);
  return match ? [match[1] ?? name, match[2] ?? ""] : [name, ""];
}

/** File systems count bytes: 255, and a Chinese character has three. */
function shorten(stem: string, ending: string): string {
  const characters = [...stem];
  while (characters.length > 1 && (bytes(characters.join("") + ending) > 240 || characters.length > 150)) {
    characters.pop();
  }
  return characters.join("") + ending;
}
