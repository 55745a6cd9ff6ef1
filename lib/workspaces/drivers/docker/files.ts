import { Readable } from "node:stream";
import { conflict, notFound, toAppError, unavailable } from "@/lib/platform/errors";
import type { Collected, CollectLimits, HomeListing, HomeRef, Packed } from "../driver";
import { answered } from "./connection";
import {
  collectedHeader,
  entryHeader,
  type Frame,
  fileHeader,
  packedHeader,
  parseFrame,
  spaceHeader,
  trailerError,
} from "./frames";
import { openReader, type Reader } from "./reader";

const malformed = () => unavailable("hostError", new Error("file reader: frames out of order"));

const refused = (reason: string) =>
  reason === "not_found"
    ? notFound("file")
    : reason === "changed"
      ? conflict("fileChanged")
      : unavailable("fileUnreadable");

const checkedPath = (path: string): string => {
  if (path.length > 4096 || path.includes("\0")) throw notFound("file");
  return path;
};

async function next(reader: Reader): Promise<Frame> {
  // The reader writes as it walks: a minute of silence means that the host is gone.
  const step = await answered(reader.frames.next(), 60_000);
  if (step.done) throw malformed();
  return step.value;
}

/** A reader, or null of a home that was never mounted: there is nothing in it. */
async function openIfMade(
  home: HomeRef,
  command: readonly string[],
  options?: { isRescue: boolean },
): Promise<Reader | null> {
  try {
    return await openReader(home, command, options);
  } catch (error) {
    if (toAppError(error).key === "notFound.home") return null;
    throw error;
  }
}

export async function listFiles(home: HomeRef, path: string): Promise<HomeListing> {
  const reader = await openIfMade(home, ["browse", checkedPath(path)]);
  if (!reader) return { entries: [], space: null, more: false };
  try {
    const first = await next(reader);
    if (first.kind === "E") throw refused(trailerError(first) ?? "unreadable");
    if (first.kind !== "H") throw malformed();
    const { more, ...space } = parseFrame(spaceHeader, first);
    const listing: HomeListing = { entries: [], space, more };
    for (;;) {
      const frame = await next(reader);
      if (frame.kind === "Z") return listing;
      if (frame.kind !== "H") throw malformed();
      listing.entries.push(parseFrame(entryHeader, frame));
    }
  } finally {
    // Nobody has to wait for the cleaning.
    void reader.close();
  }
}

export async function readFile(
  home: HomeRef,
  path: string,
  part?: { start: number; length: number },
): Promise<{ size: number; version: string; content: Readable }> {
  const range = part ? [String(part.start), String(part.length)] : [];
  const reader = await openReader(home, ["read", checkedPath(path), ...range]);
  try {
    const first = await next(reader);
    if (first.kind === "E") throw refused(trailerError(first) ?? "unreadable");
    if (first.kind !== "H") throw malformed();
    const { size, version } = parseFrame(fileHeader, first);
    const { start, length } = part ?? { start: 0, length: size };
    const { content } = openBody(reader, Math.max(0, Math.min(length, size - start)));
    // Also when it is dropped before its first byte.
    content.once("close", () => void reader.close());
    return { size, version, content };
  } catch (error) {
    await reader.close();
    throw error;
  }
}

type Body = { content: Readable; finish: () => Promise<void> };

/**
 * The bytes of the file whose header was just read: exactly `size` of them and the trailer, or an error.
 * `finish` passes over what the caller left unread, so that the next header is found.
 */
function openBody(reader: Reader, size: number): Body {
  let left = size;
  let ended = false;
  let turn: Promise<unknown> = Promise.resolve();

  const takeOne = async (): Promise<Buffer | null> => {
    if (ended) return null;
    const frame = await next(reader);
    if (frame.kind === "D" && frame.data.length <= left) {
      left -= frame.data.length;
      return frame.data;
    }
    ended = true;
    if (frame.kind !== "E") throw malformed();
    const error = trailerError(frame);
    if (error) throw refused(error);
    if (left !== 0) throw malformed();
    return null;
  };
  // The caller's stream and `finish` may both want frames: one at a time.
  const take = () => {
    const mine = turn.then(takeOne);
    turn = mine.catch(() => undefined);
    return mine;
  };

  async function* bytes() {
    for (let piece = await take(); piece; piece = await take()) yield piece;
  }
  const content = Readable.from(bytes(), { objectMode: false });
  content.on("error", () => undefined);
  const finish = async () => {
    while (!ended)
      await take().catch((error) => {
        if (!ended) throw error;
      });
  };
  return { content, finish };
}

export async function* collect(home: HomeRef, limits: CollectLimits): AsyncGenerator<Collected> {
  const command = ["collect", JSON.stringify({ include: [], exclude: [], ...limits })];
  const reader = await openIfMade(home, command, { isRescue: true });
  if (reader) yield* walked(reader, (frame) => parseFrame(collectedHeader, frame));
}

export async function* packFiles(
  home: HomeRef,
  paths: readonly string[],
  limits: { totalBytes: number; files: number },
): AsyncGenerator<Packed> {
  const command = ["pack", JSON.stringify({ paths: paths.map(checkedPath), ...limits })];
  yield* walked(await openReader(home, command), (frame) => parseFrame(packedHeader, frame));
}

type Told = { skipped: string } | { folder: true } | { size: number };

/** Each header with the bytes that follow it, where it is a file's. */
async function* walked<T extends Told>(reader: Reader, parse: (frame: Frame) => T) {
  try {
    for (;;) {
      const frame = await next(reader);
      if (frame.kind === "Z") return;
      if (frame.kind === "E") throw refused(trailerError(frame) ?? "unreadable");
      if (frame.kind !== "H") throw malformed();
      const header = parse(frame);
      if ("skipped" in header || "folder" in header) {
        yield header as Exclude<T, { size: number; executable: boolean }>;
        continue;
      }
      const { content, finish } = openBody(reader, header.size);
      yield { ...header, content };
      await finish();
    }
  } finally {
    await reader.close();
  }
}
