import type { Readable } from "node:stream";

const headerSize = 8;
/** Docker cuts its frames at 16 KB; anything far larger is no Docker. */
const longestFrame = 1 << 20;

/**
 * Takes apart the stream of a container without terminal: yields its standard output as it comes, at the
 * reader's pace, and gives the first `errorLimit` bytes of its standard error to `onError`.
 */
export async function* demultiplex(
  stream: Readable,
  onError: (text: string) => void = () => undefined,
  errorLimit = 4096,
): AsyncGenerator<Buffer> {
  let errorLeft = errorLimit;
  let rest: Buffer = Buffer.alloc(0);
  let left = 0;
  let kind = 0;
  for await (const piece of stream) {
    rest = rest.length === 0 ? (piece as Buffer) : Buffer.concat([rest, piece as Buffer]);
    while (rest.length > 0) {
      if (left === 0) {
        if (rest.length < headerSize) break;
        kind = rest.readUInt8(0);
        left = rest.readUInt32BE(4);
        if (kind > 2 || left > longestFrame) throw new Error("malformed stream of the engine");
        rest = rest.subarray(headerSize);
        continue;
      }
      const part = rest.subarray(0, left);
      rest = rest.subarray(part.length);
      left -= part.length;
      if (kind !== 2) yield part;
      else if (errorLeft > 0) {
        onError(part.subarray(0, errorLeft).toString("utf8"));
        errorLeft -= part.length;
      }
    }
  }
}

/** Takes apart a whole answer, such as a log. */
export function demultiplexWhole(data: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + headerSize <= data.length; ) {
    const length = data.readUInt32BE(at + 4);
    parts.push(data.subarray(at + headerSize, at + headerSize + length));
    at += headerSize + length;
  }
  return Buffer.concat(parts).toString("utf8");
}
