import { isUtf8 } from "node:buffer";

const plain = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** How many bytes a character that begins with this one has; 0 where none begins. */
const lengthOf = (lead: number): number =>
  lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;

function characterAt(name: Buffer, at: number): string | null {
  const piece = name.subarray(at, at + lengthOf(name[at] ?? 0xff));
  try {
    return piece.length > 0 ? plain.decode(piece) : null;
  } catch {
    return null;
  }
}

const escaped = (byte: number): string => `\\x${byte.toString(16).padStart(2, "0")}`;

/** A path of an instance as homes have it: what is no plain UTF-8 is written as `\xNN`, and so is the backslash. */
export function shownPath(path: Buffer): string {
  let text = "";
  for (let at = 0; at < path.length; ) {
    const byte = path[at] ?? 0;
    const character = characterAt(path, at);
    const isOdd = character === null || byte < 0x20 || byte === 0x7f || byte === 0x5c;
    text += isOdd ? escaped(byte) : character;
    at += character === null ? 1 : Buffer.byteLength(character);
  }
  return text;
}

/** The bytes of a path that `shownPath`, or a home, wrote. */
export function rawPath(text: string): Buffer {
  const parts: Buffer[] = [];
  let rest = 0;
  for (const { index, 0: whole, 1: hex = "" } of text.matchAll(/\\x([0-9a-f]{2})/g)) {
    parts.push(Buffer.from(text.slice(rest, index)), Buffer.from(hex, "hex"));
    rest = index + whole.length;
  }
  return Buffer.concat([...parts, Buffer.from(text.slice(rest))]);
}

/** The path as SFTP takes it; null where it is no UTF-8, which our client cannot send. */
export const sftpPath = (path: Buffer): string | null => (isUtf8(path) ? path.toString("utf8") : null);

/** A word of a POSIX shell that is these bytes, written in ASCII: `"$(…)"` would lose newlines at the end. */
export const assignedPath = (variable: string, path: Buffer): string => {
  const octal = [...path].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
  return `${variable}=$(printf '${octal}.'); ${variable}=\${${variable}%.}`;
};

const longestPath = 1024;

/** Whether a path that an instance told may be one of a home: below it, no dots, neither deep nor long. */
export function isHomePath(path: Buffer): boolean {
  if (path.length === 0 || path.length > longestPath || path.includes(0)) return false;
  const parts = path.toString("latin1").split("/");
  return (
    parts.length <= 60 &&
    parts.every((part) => part !== "" && part !== "." && part !== ".." && part.length <= 255)
  );
}

/** What belongs to one session or can be made again: neither brought nor fetched. By the first name of a path. */
const ownOfInstance =
  /^(\.cache|thinclient_drives|\.Xauthority|\.ICEauthority|\.xsession-errors(\.old)?|\.xorgxrdp.*|\.gvfs|\.dbus|\.labyard.*)$/;

/** Who may log in is each machine's own affair, and our key is in there. */
const logins = ".ssh/authorized_keys";

export const staysOnInstance = (path: string): boolean =>
  path === logins || ownOfInstance.test(path.split("/", 1)[0] ?? "");
