import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import { z } from "zod";
import { unavailable } from "@/lib/platform/errors";
import { log } from "@/lib/platform/log";
import type { HomeRef } from "../driver";
import { answered, asHostError, engine, engineStreams, orMissing } from "./connection";
import { readerBody } from "./container";
import { type Frame, readFrames } from "./frames";
import { askMounter } from "./mounter";
import { checkedId, readerName } from "./names";
import { demultiplex } from "./stream";

const nothing = z.object({});

/** Eight digits of the time, by which the helper knows what is left over, and eight of chance. */
const newNonce = (): string =>
  Math.floor(Date.now() / 1000)
    .toString(16)
    .padStart(8, "0") + randomBytes(4).toString("hex");

export type Reader = { frames: AsyncGenerator<Frame>; input: Duplex; close: () => Promise<void> };

/**
 * Starts the container that reads (`ro`) or writes (`rw`) one home and gives its frames, at the caller's pace;
 * what is written goes to `input`. `close` must be called in every case; it takes container and mount away and
 * may be called twice.
 */
export async function openReader(
  home: HomeRef,
  command: readonly string[],
  mode: "ro" | "rw" = "ro",
): Promise<Reader> {
  const { endpoint } = home.host;
  const nonce = newNonce();
  let stream: Duplex | undefined;
  let closing: Promise<void> | undefined;

  const close = () => {
    closing ??= (async () => {
      stream?.destroy();
      await orMissing(engine(endpoint).getContainer(readerName(nonce)).remove({ force: true }));
      await askMounter(endpoint, ["unview", checkedId(home.id), nonce], nothing);
    })().catch((error) => {
      // What is left is found by its label and taken away by the next sweep.
      log().warn({ err: error, home: home.id }, "reader was not cleaned up");
    });
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
  return { frames: watched(stream), input: stream, close };
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
