import { toAppError } from "@/lib/platform/errors";
import { log } from "@/lib/platform/log";
import type { Shell } from "@/lib/workspaces";
import { limits, type ServiceMessage, type TerminalView } from "./protocol";
import { recordTerminal, type TerminalRecorder } from "./record";
import { Scrollback } from "./scrollback";

/** A browser that shows a workspace's terminals; one that watches never types. */
export type Viewer = {
  readonly mode: "use" | "watch";
  tell(message: ServiceMessage): void;
  output(id: number, bytes: Buffer): void;
};

export type OpenShell = (wish: { cols: number; rows: number }) => Promise<Shell>;

/** How far one browser is: sent, shown by it, and when it last got on (monotonic ms). */
type Progress = { sent: number; acked: number; movedAt: number };

/** A browser that shows nothing for so long, a sleeping laptop, no longer holds the program back. */
const stalledMs = 5_000;
/** What a program may print while nobody follows: 1 MB a second, so that a flood costs next to nothing. */
const slotMs = 250;
const slotBytes = 256 * 1024;
const pieceBytes = 32 * 1024;

/** Back to a plain screen after a program that left it otherwise; 1049 would move the cursor too. */
const plain =
  "\u001b[?1047l\u001b[?1l\u001b[?7h\u001b[?25h\u001b[?1000l\u001b[?1002l\u001b[?1003l\u001b[?1004l\u001b[?1006l\u001b[?2004l\u001b[0m";

const answer =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what terminals answer begins with an escape.
  /^(?:\u001b\[[?>]?[\d;]*\$?[cnRyt]|\u001b\[[IO]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001bP[^\u001b]*\u001b\\)+$/;

/** What a terminal says by itself when a program asks it something; no key gives it, or nearly none. */
const isAnswer = (bytes: Buffer): boolean =>
  bytes[0] === 0x1b && bytes.length < 500 && answer.test(bytes.toString("latin1"));

/**
 * One terminal: a shell, what it printed, and who sees it. It outlives browsers. The slowest part sets the pace:
 * the program waits while no browser that works in it can take more, and never for one that only watches; memory
 * stays within the scrollback and one window for each browser.
 */
export class Terminal {
  readonly #scrollback = new Scrollback(limits.scrollback);
  readonly #viewers = new Map<Viewer, Progress>();
  #recorder: TerminalRecorder | null = null;
  #shell: Shell | null = null;
  #cols = 80;
  #rows = 24;
  #code: number | null = null;
  #pause: NodeJS.Timeout | undefined;
  #slotAt = 0;
  #slotSpent = 0;
  #inputFull = false;
  #fitting = false;

  constructor(
    readonly workspaceId: string,
    readonly id: number,
    private readonly changed: () => void,
  ) {}

  get running(): boolean {
    return this.#shell !== null;
  }

  view(): TerminalView {
    const { id } = this;
    return {
      id,
      cols: this.#cols,
      rows: this.#rows,
      state: this.running ? "running" : "ended",
      code: this.#code,
    };
  }

  /** Runs a shell in it, the first or the next one; throws what `open` throws. */
  async start(open: OpenShell, cols: number, rows: number): Promise<void> {
    const shell = await open({ cols, rows });
    this.#shell = shell;
    this.#cols = cols;
    this.#rows = rows;
    this.#code = null;
    this.#recorder = recordTerminal(this.workspaceId, cols, rows);
    shell.stream.on("data", (bytes: Buffer) => this.#print(bytes));
    shell.exited.then(
      (code) => this.#ended(code),
      (error: unknown) => this.#ended(null, error),
    );
    this.changed();
  }

  /** From now on the viewer sees it; what it has seen before (a position) is not shown again. */
  attach(viewer: Viewer, seen: number | undefined): void {
    const { start, end } = this.#scrollback;
    const progress: Progress = { sent: 0, acked: 0, movedAt: performance.now() };
    this.#viewers.set(viewer, progress);
    if (seen !== undefined && seen >= start && seen <= end) {
      Object.assign(progress, { sent: seen, acked: seen });
      viewer.tell({ type: "replay", id: this.id, position: seen, until: end });
    } else this.#replay(viewer, progress);
    this.#send(viewer, progress);
    this.#judge();
  }

  detach(viewer: Viewer): void {
    this.#viewers.delete(viewer);
    this.#judge();
  }

  /** The viewer has shown everything up to this position. */
  acknowledge(viewer: Viewer, position: number): void {
    const progress = this.#viewers.get(viewer);
    if (!progress || position <= progress.acked || position > progress.sent) return;
    Object.assign(progress, { acked: position, movedAt: performance.now() });
    this.#send(viewer, progress);
    this.#judge();
  }

  /** Types; true when a person did, false for what the viewer's terminal answers by itself. */
  input(viewer: Viewer, bytes: Buffer): boolean {
    const shell = this.#shell;
    if (viewer.mode !== "use" || !shell) return false;
    const answers = isAnswer(bytes);
    // Every viewer's terminal answers what a program asks; it wants to hear it once.
    if (answers && viewer !== this.#first()) return false;
    if (shell.stream.writableLength + bytes.length > limits.input) {
      if (!this.#inputFull)
        viewer.tell({ type: "failed", code: "limit", key: "terminal.inputFull", id: this.id });
      this.#inputFull = true;
      return true;
    }
    this.#inputFull = false;
    shell.stream.write(bytes);
    this.#recorder?.onInput(bytes);
    return !answers;
  }

  resize(cols: number, rows: number): void {
    if (!this.#shell || (cols === this.#cols && rows === this.#rows)) return;
    this.#cols = cols;
    this.#rows = rows;
    void this.#fit();
    this.#recorder?.onResize(cols, rows);
    this.changed();
  }

  /** One question to the engine at a time, and the last size wins: a window that is dragged asks for many. */
  async #fit(): Promise<void> {
    if (this.#fitting) return;
    this.#fitting = true;
    for (let told = ""; this.#shell && told !== `${this.#cols}x${this.#rows}`; ) {
      told = `${this.#cols}x${this.#rows}`;
      await this.#shell.resize(this.#cols, this.#rows);
    }
    this.#fitting = false;
  }

  /** Name of the program that runs in it, or null while its shell waits. */
  async program(): Promise<string | null> {
    return this.#shell?.foreground() ?? null;
  }

  /** Hangs its shell up. */
  async end(): Promise<void> {
    await this.#shell?.end();
  }

  #first(): Viewer | undefined {
    for (const viewer of this.#viewers.keys()) if (viewer.mode === "use") return viewer;
    return undefined;
  }

  #print(bytes: Buffer): void {
    this.#scrollback.append(bytes);
    this.#slotSpent += bytes.length;
    this.#recorder?.onOutput(bytes);
    for (const [viewer, progress] of this.#viewers) this.#send(viewer, progress);
    this.#judge();
  }

  #send(viewer: Viewer, progress: Progress): void {
    // Too far behind: it goes on with what is kept, as soon as it has shown what is on its way to it.
    if (progress.sent < this.#scrollback.start) {
      if (progress.acked < progress.sent) return;
      this.#replay(viewer, progress);
    }
    if (progress.acked === progress.sent) progress.movedAt = performance.now();
    for (;;) {
      const room = limits.window - (progress.sent - progress.acked);
      const left = this.#scrollback.end - progress.sent;
      if (room <= 0 || left <= 0) return;
      const bytes = this.#scrollback.read(progress.sent, Math.min(room, left, pieceBytes));
      progress.sent += bytes.length;
      viewer.output(this.id, bytes);
    }
  }

  #replay(viewer: Viewer, progress: Progress): void {
    const { position, prefix } = this.#scrollback.replay();
    Object.assign(progress, { sent: position, acked: position });
    viewer.tell({ type: "replay", id: this.id, position, until: this.#scrollback.end, prefix });
  }

  /** Lets the program print on, or holds it back and looks again later. */
  #judge(): void {
    clearTimeout(this.#pause);
    const stream = this.#shell?.stream;
    if (!stream) return;
    const wait = this.#waitMs();
    if (wait <= 0) return void stream.resume();
    stream.pause();
    this.#pause = setTimeout(() => this.#judge(), wait);
    this.#pause.unref();
  }

  #waitMs(): number {
    const now = performance.now();
    const following = [...this.#viewers].filter(
      ([viewer, { sent, acked, movedAt }]) =>
        viewer.mode === "use" && (acked === sent || now - movedAt < stalledMs),
    );
    if (following.length > 0) {
      const room = following.some(([, { sent }]) => this.#scrollback.end - sent < limits.window);
      return room ? 0 : 1_000;
    }
    if (now - this.#slotAt >= slotMs) {
      this.#slotAt = now;
      this.#slotSpent = 0;
    }
    return this.#slotSpent < slotBytes ? 0 : this.#slotAt + slotMs - now + 1;
  }

  #ended(code: number | null, error?: unknown): void {
    clearTimeout(this.#pause);
    this.#shell = null;
    this.#code = code;
    const failed = error === undefined ? null : toAppError(error);
    if (failed && failed.key !== "terminal.noShell") log().warn({ err: error }, "a shell ended oddly");
    // Without a shell all that was printed is the engine's own complaint.
    this.#print(Buffer.from(failed ? "\u001bc" : plain));
    this.#recorder?.onEnd();
    this.#recorder = null;
    if (failed) {
      const { key, params } = failed;
      for (const viewer of this.#viewers.keys())
        viewer.tell({ type: "failed", code: failed.code, key, params, id: this.id });
    }
    this.changed();
  }
}
