import type { Readable } from "node:stream";
import { ZipFile } from "yazl";
import { openFile } from "@/lib/platform/files";
import type { ArchiveEntry } from "./queries";

/**
 * A streamed ZIP of collected files; each is opened only when its turn comes. A file that the store cannot
 * read breaks the download off, rather than leaving it out silently.
 */
export function zipOf(entries: readonly ArchiveEntry[]): Readable {
  const zip = new ZipFile();
  const out = zip.outputStream as unknown as Readable;
  const taken = new Map<string, number>();
  let reading: Readable | undefined;
  for (const entry of entries) {
    const name = uniqueName(`${entry.folder}/${safePath(entry.path)}`, taken);
    zip.addReadStreamLazy(
      name,
      { size: entry.size, mode: entry.executable ? 0o100755 : 0o100644, compress: true },
      (callback) => {
        reading = openFile(entry.sha256);
        reading.on("error", (error) => out.destroy(error));
        callback(null, reading);
      },
    );
  }
  zip.on("error", (error: Error) => out.destroy(error));
  // A download that was given up must not keep its file open.
  out.on("close", () => reading?.destroy());
  zip.end();
  return out;
}

/** No way out of the folder it is unpacked in, whatever a student's file was called. */
export const safePath = (path: string): string =>
  path
    .split("/")
    .map((part) => part.replace(/[\\\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "_"))
    .filter((part) => part !== "" && part !== "." && part !== "..")
    .join("/") || "_";

/**
 * `name`, or with a number behind it where it is taken already; case does not tell names apart. `taken` remembers
 * for each name the number that is next: 50,000 that differ in case only would otherwise be counted through each time.
 */
export function uniqueName(name: string, taken: Map<string, number>): string {
  const folded = name.toLowerCase();
  let n = taken.get(folded);
  if (n === undefined) {
    taken.set(folded, 2);
    return name;
  }
  while (taken.has(`${folded}~${n}`)) n++;
  taken.set(folded, n + 1);
  taken.set(`${folded}~${n}`, 2);
  return `${name}~${n}`;
}
