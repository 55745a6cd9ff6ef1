import { Parser, SessionRecording, Tunnel } from "guacamole-common-js";
import type { KeyPress } from "../playback";
import { idleSpans } from "../playback";
import { readRecording, type Source } from "./source";

/** A frame with more than this in it is no blinking cursor and no clock that ticks. */
const actChars = 3_000;

/** A recorded desktop, read from its address; resolves once it is read to its end. */
export async function openDesktop(url: string, place: HTMLElement, signal: AbortSignal): Promise<Source> {
  const presses: KeyPress[] = [];
  const acts: number[] = [];
  let first: number | null = null;
  let chars = 0;
  let moved = false;
  const tunnel = new RecordingTunnel(url, signal, (opcode, args) => {
    for (const arg of args) chars += arg.length;
    if (opcode === "mouse" || opcode === "move") moved = true;
    if (opcode === "key") {
      const at = Number(args[2]) - (first ?? Number(args[2]));
      acts.push(at);
      if (args[1] === "1") presses.push({ at, keysym: Number(args[0]) });
    }
    if (opcode !== "sync") return;
    const at = Number(args[0]);
    first ??= at;
    if (moved || chars > actChars) acts.push(at - first);
    chars = 0;
    moved = false;
  });
  const recording = new SessionRecording(tunnel);
  // Without it the position of the library stays at 0.
  recording.onseek = () => undefined;
  await new Promise<void>((resolve, reject) => {
    recording.onload = resolve;
    recording.onerror = (message) => reject(new Error(message));
    tunnel.failed = reject;
    recording.connect("");
  });
  const display = recording.getDisplay();
  place.replaceChildren(display.getElement());
  const fit = () => {
    const [width, height] = [display.getWidth(), display.getHeight()];
    if (!width || !height || !place.clientWidth || !place.clientHeight) return;
    display.scale(Math.min(place.clientWidth / width, place.clientHeight / height));
  };
  display.onresize = fit;
  const observer = new ResizeObserver(fit);
  observer.observe(place);
  const duration = recording.getDuration();
  return {
    duration,
    idle: idleSpans(
      acts.toSorted((a, b) => a - b),
      duration,
    ),
    presses,
    seek: (at) =>
      new Promise<void>((resolve) => {
        recording.seek(at, () => display.flush(() => resolve()));
      }),
    close: () => {
      observer.disconnect();
      recording.abort();
      place.replaceChildren();
    },
  };
}

/** Reads a recording as the library wants to be given it: as a tunnel that nobody answers. */
class RecordingTunnel extends Tunnel {
  failed: (error: Error) => void = () => undefined;

  constructor(url: string, signal: AbortSignal, seen: (opcode: string, args: string[]) => void) {
    super();
    const read = async () => {
      const parser = new Parser();
      parser.oninstruction = (opcode, args) => {
        seen(opcode, args);
        this.oninstruction?.(opcode, args);
      };
      const reader = (await readRecording(url, signal)).getReader();
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        parser.receive(value);
      }
    };
    this.connect = () => {
      this.setState(Tunnel.State.OPEN);
      read().then(
        () => this.setState(Tunnel.State.CLOSED),
        (error: unknown) => this.failed(error instanceof Error ? error : new Error(String(error))),
      );
    };
    this.disconnect = () => undefined;
    this.sendMessage = () => undefined;
  }
}
