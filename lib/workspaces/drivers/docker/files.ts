import { Readable } from "node:stream";
import { conflict, notFound, toAppError, unavailable } from "@/lib/platform/errors";
import type { Collected, CollectLimits, HomeEntry, HomeRef } from "../driver";
import { answered } from "./connection";
import { collectedHeader, entryHeader, type Frame, fileHeader, parseFrame, trailerError } from "./frames";
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
async function openIfMade(home: HomeRef, command: readonly string[]): Promise<Reader | null> {
  try {
    return await openReader(home, command);
  } catch (error) {
    if (toAppError(error).key === "notFound.home") return null;
    throw error;
  }
}

export async function listFiles(home: HomeRef, path: string): Promise<HomeEntry[]> {
  const reader = await openIfMade(home, ["list", checkedPath(path)]);
  if (!reader) return [];
  try {
    const entries: HomeEntry[] = [];
    for (;;) {
      const frame = await next(reader);
      if (frame.kind === "Z") return entries;
      if (frame.kind === "E") throw refused(trailerError(frame) ?? "unreadable");
      if (frame.kind !== "H") throw malformed();
      entries.push(parseFrame(entryHeader, frame));
    }
  } finally {
    // Nobody has to wait for the cleaning.
    void reader.close();
  }
}

export async function readFile(home: HomeRef, path: string): Promise<{ size: number; content: Readable }> {
  const reader = await openReader(home, ["read", checkedPath(path)]);
  try {
    const first = await next(reader);
    if (first.kind === "E") throw refused(trailerError(first) ?? "unreadable");
    if (first.kind !== "H") throw malformed();
    const { size } = parseFrame(fileHeader, first);
    const { content } = openBody(reader, size);
    // Also when it is dropped before its first byte.
    content.once("close", () => void reader.close());
    return { size, content };
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
  const reader = await openIfMade(home, command);
  if (!reader) return;
  try {
    for (;;) {
      const frame = await next(reader);
      if (frame.kind === "Z") return;
      if (frame.kind === "E") throw refused(trailerError(frame) ?? "unreadable");
      if (frame.kind !== "H") throw malformed();
      const header = parseFrame(collectedHeader, frame);
      if ("skipped" in header) {
        yield header;
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
