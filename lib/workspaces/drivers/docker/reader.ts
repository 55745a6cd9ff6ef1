import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { z } from "zod";
import { limit, unavailable } from "@/lib/platform/errors";
import { log } from "@/lib/platform/log";
import type { HomeRef } from "../driver";
import { answered, asHostError, engine, engineStreams, orMissing } from "./connection";
import { readerBody } from "./container";
import { type Frame, readFrames } from "./frames";
import { askMounter } from "./mounter";
import { checkedId, readerName } from "./names";
import { Shares } from "./shares";
import { demultiplex } from "./stream";

const nothing = z.object({});

/** Eight digits of the time, by which the helper knows what is left over, and eight of chance. */
const newNonce = (): string =>
  Math.floor(Date.now() / 1000)
    .toString(16)
    .padStart(8, "0") + randomBytes(4).toString("hex");

// Each is a container: a page, or a script, that asks for a thousand files must not make a thousand.
const readers = { atOnce: 24, ofOne: 4 };
const mostWaiting = 32;
const longestWaitMs = 30_000;
/** Whoever takes nothing for so long has stopped reading; their container is wanted by others. */
const stalledMs = 60_000;
const shared = globalThis as typeof globalThis & { labyardReaderTurns?: Map<string, Shares> };

/** A turn for one more reader of this home; `limit homefiles.busy` when too many wait, or it takes too long. */
async function turnFor(home: HomeRef): Promise<() => void> {
  shared.labyardReaderTurns ??= new Map();
  const { endpoint } = home.host;
  const turns = shared.labyardReaderTurns.get(endpoint) ?? new Shares(readers);
  shared.labyardReaderTurns.set(endpoint, turns);
  if (turns.waiting(home.id) >= mostWaiting) throw limit("homefiles.busy");
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(limit("homefiles.busy")), longestWaitMs);
  try {
    return await turns.take(home.id, patience.signal);
  } finally {
    clearTimeout(timer);
  }
}

export type Reader = { frames: AsyncGenerator<Frame>; input: Duplex; close: () => Promise<void> };

/**
 * Starts the container that reads (`ro`) or writes (`rw`) one home and gives its frames, at the caller's pace;
 * what is written goes to `input`. `close` must be called in every case; it takes container and mount away and
 * may be called twice. Throws `homefiles.busy`; the rescue of work takes no turn, so that nobody can delay it,
 * and may take its time.
 */
export async function openReader(
  home: HomeRef,
  command: readonly string[],
  { mode = "ro", isRescue = false }: { mode?: "ro" | "rw"; isRescue?: boolean } = {},
): Promise<Reader> {
  const { endpoint } = home.host;
  const giveBack = isRescue ? () => {} : await turnFor(home);
  const nonce = newNonce();
  let stream: Duplex | undefined;
  let closing: Promise<void> | undefined;

  const close = () => {
    closing ??= (async () => {
      stream?.destroy();
      await orMissing(engine(endpoint).getContainer(readerName(nonce)).remove({ force: true }));
      await askMounter(endpoint, ["unview", checkedId(home.id), nonce], nothing);
    })()
      .catch((error) => {
        // What is left is found by its label and taken away by the next sweep.
        log().warn({ err: error, home: home.id }, "reader was not cleaned up");
      })
      .finally(giveBack);
    return closing;
  };

  try {
    await askMounter(endpoint, ["view", checkedId(home.id), nonce, mode], nothing);
    const docker = engine(endpoint);
    await docker.createContainer(readerBody(home, nonce, command, mode));
    const attached = engineStreams(endpoint).getContainer(readerName(nonce));
    const writes = mode === "rw";
    const attaching = attached.attach({
      stream: true,
      stdout: true,
      stderr: true,
      stdin: writes,
      hijack: writes,
    });
    stream = (await answered(attaching)) as unknown as Duplex;
    await docker.getContainer(readerName(nonce)).start();
  } catch (error) {
    void close();
    throw asHostError(error);
  }
  const frames = watched(stream);
  return { frames: isRescue ? frames : untilStalled(frames, close), input: stream, close };
}

async function* untilStalled(frames: AsyncGenerator<Frame>, close: () => void): AsyncGenerator<Frame> {
  let stalled: NodeJS.Timeout | undefined;
  try {
    for await (const frame of frames) {
      stalled = setTimeout(close, stalledMs).unref();
      yield frame;
      clearTimeout(stalled);
    }
  } finally {
    clearTimeout(stalled);
  }
}

async function* watched(stream: Duplex): AsyncGenerator<Frame> {
  let errors = "";
  const output = demultiplex(stream, (text) => {
    errors += text;
  });
  try {
    yield* readFrames(output);
  } catch (error) {
    throw unavailable("hostError", new Error(`file reader: ${errors.slice(-500)}`, { cause: error }));
  }
}
