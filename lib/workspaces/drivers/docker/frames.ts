import { z } from "zod";

/** A frame as homefiles.py writes it. Everything in it was made near a student's files: bounds on every length. */
export type Frame = { kind: "H" | "D" | "E" | "Z"; data: Buffer };

const longest = { H: 32 * 1024, D: 1 << 20, E: 1024, Z: 0 } as const;

const isKind = (letter: string): letter is Frame["kind"] => letter in longest;

const headSize = 5;

/** Cuts a stream of bytes into frames; throws where it is no such stream or ends without `Z`. */
export async function* readFrames(stream: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  // Pieces wait as they came: joined at every one, a long frame would be copied over and over.
  let waiting: Buffer[] = [];
  let have = 0;
  let need = headSize;
  for await (const piece of stream) {
    waiting.push(piece);
    have += piece.length;
    if (have < need) continue;
    let rest = waiting.length === 1 ? piece : Buffer.concat(waiting, have);
    for (;;) {
      need = headSize;
      if (rest.length < need) break;
      const kind = rest.toString("latin1", 0, 1);
      const length = rest.readUInt32BE(1);
      if (!isKind(kind) || length > longest[kind]) throw new Error("malformed answer of the file reader");
      need = headSize + length;
      if (rest.length < need) break;
      const data = rest.subarray(headSize, need);
      rest = rest.subarray(need);
      yield { kind, data };
      if (kind === "Z") return;
    }
    waiting = rest.length > 0 ? [rest] : [];
    have = rest.length;
  }
  throw new Error("the file reader ended early");
}

const pathText = z.string().min(1).max(8192);
const size = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const reasonText = z.string().regex(/^[a-z_]{1,24}$/);

const momentText = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

export const entryHeader = z.object({
  path: pathText,
  kind: z.enum(["file", "directory"]),
  size,
  modifiedAt: momentText,
});
export const spaceHeader = z.object({ total: size, free: size, more: z.boolean() });
export const fileHeader = z.object({ path: pathText, size, version: z.string().regex(/^[0-9a-f-]{1,40}$/) });
export const packedHeader = z.union([
  z.object({ path: pathText, folder: z.literal(true) }),
  z.object({ path: pathText, skipped: reasonText }),
  z.object({ path: pathText, size, executable: z.boolean(), modifiedAt: momentText }),
]);
export const changedHeader = z.union([
  z.object({ done: pathText }),
  z.object({ files: size, folders: size, bytes: size }),
  z.object({ refused: reasonText }),
]);
export const collectedHeader = z.union([
  z.object({
    path: pathText,
    size,
    skipped: reasonText,
    count: z
      .number()
      .int()
      .min(0)
      .max(2 ** 31 - 1),
  }),
  z.object({ path: pathText, size, executable: z.boolean() }),
]);
export const writtenHeader = z.union([
  z.object({ path: z.string().max(8192), written: pathText }),
  z.object({ path: z.string().max(8192), refused: reasonText }),
]);
const trailer = z.object({ error: reasonText.optional() });

export const parseFrame = <T extends z.ZodType>(schema: T, frame: Frame): z.infer<T> =>
  schema.parse(JSON.parse(frame.data.toString("utf8")));

/** The reason in a trailer, or undefined when all went well. */
export const trailerError = (frame: Frame): string | undefined => parseFrame(trailer, frame).error;

/** A frame as homefiles.py reads it. */
export function frameOf(kind: Frame["kind"], data: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.write(kind, "latin1");
  head.writeUInt32BE(data.byteLength, 1);
  return Buffer.concat([head, data]);
}

export const jsonFrame = (kind: "H" | "E", fields: object): Buffer =>
  frameOf(kind, Buffer.from(JSON.stringify(fields)));
