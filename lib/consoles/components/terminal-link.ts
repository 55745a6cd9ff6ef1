import type { ShownError } from "@/components/error-message";
import type { Size } from "@/components/terminal/open-screen";
import type { BrowserMessage, ServiceMessage, TerminalView } from "../terminal/protocol";

export type LinkState =
  | { kind: "connecting" }
  | { kind: "open" }
  /** The way to the service, or the service, is away; `tries` since it was last there. */
  | { kind: "lost"; tries: number }
  /** It is there, but the workspace does not answer now: paused, or not ready yet. */
  | { kind: "resting" }
  | { kind: "signedOut" }
  | { kind: "refused"; error: ShownError };

export type LinkView = {
  state: LinkState;
  terminals: readonly TerminalView[];
  /** The service's run; its terminals have their numbers within it. */
  epoch: string;
  /** The service was restarted, and the shells of before are gone. */
  restarted: boolean;
};

/** Where a terminal's output goes; `shown` is called when it has been taken in. */
export type Sink = { write(data: string | Uint8Array, shown: () => void): void };

type Told = Extract<ServiceMessage, { type: "opened" | "busy" | "failed" | "entered" }>;

type Feed = {
  sink: Sink | null;
  /** What came before somebody drew it: never more than the service's window. */
  early: (string | Uint8Array)[];
  /** After the last byte that came, and that was shown. */
  position: number;
  shown: number;
  acked: number;
  /** Counts jumps: what was written before one is no news after it. */
  jumps: number;
  /** Up to here the bytes are old: what they ask was answered long ago. */
  replayUntil: number;
};

const firstWaitMs = 500;
const mostWaitMs = 15_000;
const restMs = 3_000;
/** The service says something every 15 s. */
const silentMs = 40_000;
const ackBytes = 32 * 1024;
const ackMs = 50;
const pieceBytes = 32 * 1024;

/**
 * The browser's end of a workspace's terminals: gets a ticket, enters, and when the way is lost enters again
 * with what it has already shown, so that a person goes on where they were.
 */
export class TerminalLink {
  #view: LinkView = { state: { kind: "connecting" }, terminals: [], epoch: "", restarted: false };
  readonly #changed = new Set<() => void>();
  readonly #feeds = new Map<number, Feed>();
  #told: (message: Told) => void = () => undefined;
  #ws: WebSocket | null = null;
  #epoch: string | undefined;
  #tries = 0;
  #again: ReturnType<typeof setTimeout> | undefined;
  #silent: ReturnType<typeof setTimeout> | undefined;
  #ackTimer: ReturnType<typeof setTimeout> | undefined;
  #stopped = true;

  constructor(
    readonly workspaceId: string,
    readonly mode: "use" | "watch",
  ) {}

  readonly subscribe = (changed: () => void): (() => void) => {
    this.#changed.add(changed);
    return () => this.#changed.delete(changed);
  };
  readonly view = (): LinkView => this.#view;

  /** Connects and stays connected until the returned function is called. */
  start(told: (message: Told) => void): () => void {
    this.#told = told;
    this.#stopped = false;
    const online = () => this.retry();
    window.addEventListener("online", online);
    void this.#connect();
    return () => {
      this.#stopped = true;
      window.removeEventListener("online", online);
      clearTimeout(this.#again);
      this.#drop();
    };
  }

  /** Tries at once; what is open stays. */
  readonly retry = (): void => {
    if (this.#stopped || this.#ws) return;
    clearTimeout(this.#again);
    void this.#connect();
  };

  /** From now on this is where the terminal is drawn. */
  attach(id: number, sink: Sink): () => void {
    const feed = this.#feed(id);
    feed.sink = sink;
    for (const data of feed.early.splice(0)) this.#show(id, feed, data);
    return () => {
      feed.sink = null;
      if (this.#feeds.get(id) === feed) this.#feeds.delete(id);
    };
  }

  input(id: number, data: Uint8Array): void {
    const feed = this.#feeds.get(id);
    if (this.mode !== "use" || !feed || feed.shown < feed.replayUntil) return;
    for (let at = 0; at < data.length; at += pieceBytes) {
      const piece = data.subarray(at, at + pieceBytes);
      const frame = new Uint8Array(2 + piece.length);
      new DataView(frame.buffer).setUint16(0, id);
      frame.set(piece, 2);
      if (this.#ws?.readyState === WebSocket.OPEN) this.#ws.send(frame);
    }
  }

  readonly open = (size: Size): void => this.#say({ type: "open", ...size });
  again(id: number, size: Size): void {
    this.#say({ type: "again", id, ...size });
  }
  resize(id: number, size: Size): void {
    const now = this.#view.terminals.find((one) => one.id === id);
    if (now && (now.cols !== size.cols || now.rows !== size.rows)) this.#say({ type: "resize", id, ...size });
  }
  close(id: number, force: boolean): void {
    this.#say({ type: "close", id, force });
  }
  readonly forgetRestart = (): void => this.#set({ restarted: false });

  async #connect(): Promise<void> {
    this.#drop();
    if (this.#view.state.kind !== "lost" && this.#view.state.kind !== "resting")
      this.#set({ state: { kind: "connecting" } });
    const entry = await askTicket(this.workspaceId, this.mode);
    if (this.#stopped || this.#ws) return;
    if (entry.kind === "lost") return this.#later();
    if (entry.kind === "resting") return this.#later(true);
    if (entry.kind !== "ticket") return this.#set({ state: entry });
    const ws = new WebSocket(`/api/consoles/terminal/${this.workspaceId}`);
    ws.binaryType = "arraybuffer";
    this.#ws = ws;
    this.#listen();
    ws.onopen = () => {
      const seen = Object.fromEntries([...this.#feeds].map(([id, feed]) => [id, feed.position]));
      const epoch = this.#epoch;
      ws.send(JSON.stringify({ type: "enter", ticket: entry.ticket, mode: this.mode, epoch, seen }));
    };
    ws.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      this.#listen();
      if (typeof data === "string") this.#hear(JSON.parse(data) as ServiceMessage);
      else this.#output(new DataView(data).getUint16(0), new Uint8Array(data, 2));
    };
    ws.onclose = () => {
      if (this.#ws !== ws) return;
      this.#drop();
      if (!this.#stopped) this.#later();
    };
  }

  #hear(message: ServiceMessage): void {
    if (message.type === "beat") this.#say({ type: "beat" });
    else if (message.type === "terminals") this.#set({ terminals: message.terminals });
    else if (message.type === "replay") this.#jump(message);
    else if (message.type !== "failed" || this.#view.state.kind === "open") {
      if (message.type === "entered") this.#enter(message);
      this.#told(message);
    }
    // Not let in: a new ticket helps, or nothing does.
    else if (message.key.startsWith("terminal.")) this.#refuse(message);
  }

  #jump({ id, position, until, prefix }: Extract<ServiceMessage, { type: "replay" }>): void {
    const feed = this.#feed(id);
    feed.jumps++;
    Object.assign(feed, { position, shown: position, acked: position, replayUntil: until });
    if (prefix === undefined) return;
    feed.early = [];
    this.#show(id, feed, prefix);
  }

  #enter({ epoch, terminals }: Extract<ServiceMessage, { type: "entered" }>): void {
    this.#tries = 0;
    const isNew = this.#epoch !== epoch;
    const restarted = this.#view.restarted || (isNew && this.#feeds.size > 0);
    if (isNew) this.#feeds.clear();
    this.#epoch = epoch;
    this.#set({ state: { kind: "open" }, terminals, epoch, restarted });
  }

  #refuse({ code, key, params }: ShownError): void {
    this.#drop();
    this.#set({ state: { kind: "refused", error: { code, key, params } } });
  }

  #output(id: number, bytes: Uint8Array): void {
    const feed = this.#feed(id);
    feed.position += bytes.length;
    this.#show(id, feed, bytes);
  }

  #show(id: number, feed: Feed, data: string | Uint8Array): void {
    if (!feed.sink) {
      feed.early.push(data);
      return;
    }
    const { jumps } = feed;
    feed.sink.write(data, () => {
      // A prefix has no position.
      if (typeof data === "string" || feed.jumps !== jumps || this.#feeds.get(id) !== feed) return;
      feed.shown += data.length;
      if (feed.shown - feed.acked >= ackBytes) this.#acknowledge();
      else this.#ackTimer ??= setTimeout(() => this.#acknowledge(), ackMs);
    });
  }

  #acknowledge(): void {
    clearTimeout(this.#ackTimer);
    this.#ackTimer = undefined;
    for (const [id, feed] of this.#feeds) {
      if (feed.shown <= feed.acked) continue;
      feed.acked = feed.shown;
      this.#say({ type: "ack", id, position: feed.shown });
    }
  }

  #feed(id: number): Feed {
    const known = this.#feeds.get(id);
    if (known) return known;
    const feed: Feed = { sink: null, early: [], position: 0, shown: 0, acked: 0, jumps: 0, replayUntil: 0 };
    this.#feeds.set(id, feed);
    return feed;
  }

  #say(message: BrowserMessage): void {
    if (this.#ws?.readyState === WebSocket.OPEN) this.#ws.send(JSON.stringify(message));
  }

  #listen(): void {
    clearTimeout(this.#silent);
    const ws = this.#ws;
    this.#silent = setTimeout(() => ws?.close(), silentMs);
  }

  #later(resting = false): void {
    this.#tries++;
    this.#set({ state: resting ? { kind: "resting" } : { kind: "lost", tries: this.#tries } });
    const wait = Math.min(mostWaitMs, firstWaitMs * 2 ** Math.min(this.#tries - 1, 6));
    clearTimeout(this.#again);
    this.#again = setTimeout(this.retry, resting ? restMs : wait * (0.75 + Math.random() / 2));
  }

  #drop(): void {
    clearTimeout(this.#silent);
    const ws = this.#ws;
    this.#ws = null;
    if (!ws) return;
    ws.onmessage = null;
    ws.onclose = null;
    ws.close();
  }

  #set(change: Partial<LinkView>): void {
    this.#view = { ...this.#view, ...change };
    for (const changed of this.#changed) changed();
  }
}

type Entry =
  | { kind: "ticket"; ticket: string }
  | Extract<LinkState, { kind: "resting" | "signedOut" | "refused" }>
  | { kind: "lost" };

async function askTicket(workspaceId: string, mode: "use" | "watch"): Promise<Entry> {
  const answer = await fetch("/api/consoles/tickets", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ workspaceId, mode, kind: "terminal" }),
  }).catch(() => null);
  if (!answer || answer.status >= 500) return { kind: "lost" };
  if (answer.status === 401) return { kind: "signedOut" };
  const body = (await answer.json().catch(() => null)) as { ticket?: string; error?: ShownError } | null;
  if (answer.ok && body?.ticket) return { kind: "ticket", ticket: body.ticket };
  if (body?.error?.key === "consoles.notReady") return { kind: "resting" };
  return { kind: "refused", error: body?.error ?? { code: "internal", key: "internal" } };
}
