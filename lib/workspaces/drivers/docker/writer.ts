import type { Duplex } from "node:stream";
import { unavailable } from "@/lib/platform/errors";
import { log } from "@/lib/platform/log";
import type { HomeFile, HomeRef, OnConflict, Written } from "../driver";
import { frameOf, jsonFrame, parseFrame, writtenHeader } from "./frames";
import { openReader, type Reader } from "./reader";

const longestFrame = 256 * 1024;
const patienceMs = 60_000;

type Progress = { bytes: number };

/** Files go in as they are read, one at a time; what became of each comes back in their order. */
export async function* writeFiles(
  home: HomeRef,
  files: AsyncIterable<HomeFile>,
  onConflict: OnConflict,
): AsyncGenerator<Written> {
  const writer = await openReader(home, ["write", onConflict], { mode: "rw" });
  const progress: Progress = { bytes: 0 };
  let feedError: unknown;
  const feeding = feed(writer.input, files, progress).catch((error: unknown) => {
    // Without its last frame the container gives up; what it says then is less than this.
    feedError = error;
    writer.input.destroy();
  });
  try {
    for (;;) {
      const frame = await nextFrame(writer, progress);
      if (frame.kind === "Z") break;
      if (frame.kind !== "H") throw unavailable("hostError", new Error("file writer: frames out of order"));
      yield parseFrame(writtenHeader, frame);
    }
    await feeding;
  } catch (error) {
    throw feedError ?? error;
  } finally {
    await writer.close();
  }
}

/** The next answer. A long file gives none for a while: only a writer that takes nothing any more is gone. */
async function nextFrame({ frames }: Reader, progress: Progress) {
  const coming = frames.next();
  for (;;) {
    const before = progress.bytes;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), patienceMs);
    });
    const step = await Promise.race([coming, late]).finally(() => clearTimeout(timer));
    if (step === "late") {
      if (progress.bytes === before) throw unavailable("hostUnreachable");
      continue;
    }
    if (step.done) throw unavailable("hostError", new Error("file writer: ended early"));
    return step.value;
  }
}

async function feed(input: Duplex, files: AsyncIterable<HomeFile>, progress: Progress): Promise<void> {
  const send = async (data: Buffer) => {
    progress.bytes += data.length;
    if (input.destroyed || !input.writable) throw unavailable("hostUnreachable");
    if (!input.write(data)) await drained(input);
  };
  for await (const { content, path, size, executable } of files) {
    await send(jsonFrame("H", { path, size, executable }));
    try {
      for await (const chunk of content) {
        for (let at = 0; at < chunk.byteLength; at += longestFrame)
          await send(frameOf("D", chunk.subarray(at, at + longestFrame)));
      }
      await send(jsonFrame("E", {}));
    } catch (error) {
      if (input.destroyed) throw error;
      // The store lost its bytes: this one is refused as cut, the others go on.
      log().error({ err: error, path }, "a file that was to be written could not be read");
      await send(jsonFrame("E", { error: "unreadable" }));
    }
  }
  await send(frameOf("Z", Buffer.alloc(0)));
}

const drained = (input: Duplex): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      for (const name of ["drain", "close", "error"]) input.off(name, done);
      resolve();
    };
    for (const name of ["drain", "close", "error"]) input.on(name, done);
  });
