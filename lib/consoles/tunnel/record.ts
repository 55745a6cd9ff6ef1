import { systemCtx } from "@/lib/platform/context";
import { log } from "@/lib/platform/log";
import { beginRecording, type Recording } from "@/lib/recordings";
import type { Guacd } from "@/lib/workspaces/drivers";
import { enterGuacd, type GuacdUser } from "./guacd";
import { decode, encode, opcodeAt } from "./instruction";
import { InstructionScanner } from "./scanner";

/** What a picture is made of. Texts, files and sounds of a desktop are not recorded, nor what is not ASCII. */
const drawing = new Set(
  (
    "arc cfill clip close copy cstroke cursor curve dispose distort identity lfill line lstroke mouse move pop " +
    "push rect reset set shade size start transfer transform"
  ).split(" "),
);
const mostBytes = 64 * 1024;
const nopEveryMs = 4_000;
const nop = encode("nop");
const screen = {
  width: 1024,
  height: 768,
  dpi: 96,
  audio: [],
  // Less than a browser takes would be less for the browser: guacd sends all users the same.
  image: ["image/png", "image/jpeg", "image/webp"],
  timezone: "Etc/UTC",
};

export type DesktopRecorder = {
  readonly connectionId: string;
  /** A key that a person pressed or let go. */
  key(keysym: string, pressed: string): void;
  stop(how?: "done" | "cut"): void;
};

/**
 * Records a guacd connection from its beginning to its end, by a read-only user of its own: whichever browsers
 * come and go, this one sees a single stream that begins with the whole picture (docs/adr/0005).
 */
export function recordDesktop(workspaceId: string, connectionId: string, guacd: Guacd): DesktopRecorder {
  let stopped: "done" | "cut" | null = null;
  let film: Film | null = null;
  const run = async () => {
    const ctx = systemCtx("recording");
    const recording = await beginRecording({ ctx, input: { workspaceId, kind: "desktop" } });
    if (!recording) return;
    try {
      const asked = {
        guacd,
        select: connectionId,
        parameters: {},
        readOnly: true,
        screen,
        name: "recording",
      };
      const user = await enterGuacd(asked);
      film = new Film(recording, user);
      if (stopped) film.stop(stopped);
    } catch (error) {
      await recording.end();
      throw error;
    }
  };
  run().catch((error: unknown) => log().error({ err: error, workspaceId }, "a desktop is not recorded"));
  return {
    connectionId,
    key: (keysym, pressed) => film?.key(keysym, pressed),
    stop: (how = "done") => {
      stopped ??= how;
      film?.stop(how);
    },
  };
}

/** One user of guacd that answers for a browser, and writes down what it is shown. */
class Film {
  #images = new Set<string>();
  #kept: Buffer[] = [];
  /** guacd's time of the last frame, and ours when it came. */
  #sync: { at: number; seen: number } | null = null;
  #stopped = false;
  readonly #nop: NodeJS.Timeout;
  readonly #scanner = new InstructionScanner(mostBytes, (data, start, end) => this.#take(data, start, end));

  constructor(
    private readonly recording: Recording,
    private readonly user: GuacdUser,
  ) {
    const { socket, intake, early } = user;
    this.#nop = setInterval(() => socket.write(nop), nopEveryMs);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.stop("cut"));
    intake.listener = (chunk, done) => {
      this.#read(chunk);
      done();
    };
    this.#read(early);
    socket.resume();
  }

  #read(chunk: Buffer): void {
    if (this.#stopped) return;
    try {
      this.#scanner.scan(chunk);
    } catch {
      this.stop("cut");
      return;
    }
    if (this.#kept.length === 0) return;
    this.recording.write(Buffer.concat(this.#kept));
    this.#kept = [];
  }

  #take(data: Buffer, start: number, end: number): void {
    const opcode = opcodeAt(data, start);
    if (opcode === "sync") {
      const [, at = "0"] = decode(data, start, end);
      this.user.socket.write(encode("sync", at));
      this.#sync = { at: Number(at), seen: performance.now() };
    } else if (opcode === "img") {
      this.#images.add(decode(data, start, end)[1] ?? "");
    } else if (opcode === "blob" || opcode === "end") {
      // A blob is up to 8 KB: its stream is in its first bytes.
      const [, stream = ""] = opcode === "end" ? decode(data, start, end) : head(data, start);
      if (!this.#images.has(stream)) return;
      if (opcode === "end") this.#images.delete(stream);
    } else if (opcode === "disconnect" || opcode === "error") {
      queueMicrotask(() => this.stop("done"));
      return;
    } else if (!drawing.has(opcode)) return;
    this.#kept.push(data.subarray(start, end));
  }

  /** Guacamole's player knows keys only after the first frame. */
  key(keysym: string, pressed: string): void {
    const now = this.#now();
    if (now !== null && /^\d{1,10}$/.test(keysym))
      this.recording.write(encode("key", keysym, pressed === "1" ? 1 : 0, now));
  }

  #now(): number | null {
    return this.#sync && Math.round(this.#sync.at + performance.now() - this.#sync.seen);
  }

  stop(how: "done" | "cut"): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#nop);
    // Without a last frame, a still end would be no time at all.
    const now = this.#now();
    if (now !== null) this.recording.write(encode("sync", now));
    const { socket } = this.user;
    if (socket.writable) socket.end(encode("disconnect"));
    setTimeout(() => socket.destroy(), 1_000).unref();
    this.recording.end(how);
  }
}

/** Opcode and first element of a long instruction. */
function head(data: Buffer, start: number): string[] {
  const text = data.toString("latin1", start, start + 24);
  const [opcode = "", stream = ""] = text.split(",", 2);
  return [opcode, stream.slice(stream.indexOf(".") + 1)];
}
