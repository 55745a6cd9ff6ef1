import { randomBytes } from "node:crypto";
import { systemCtx } from "@/lib/platform/context";
import { limit, toAppError } from "@/lib/platform/errors";
import { log } from "@/lib/platform/log";
import { openShell } from "@/lib/workspaces";
import { type BrowserMessage, limits, type TerminalView } from "./protocol";
import { Terminal, type Viewer } from "./terminal";

/** Shells live in this process: after a restart none of before is left, and browsers learn it by this word. */
export const epoch = randomBytes(9).toString("base64url");

/** So long a terminal waits for somebody to come back: a reload, another device, a train in a tunnel. */
const lingerMs = 5 * 60_000;

const rooms = new Map<string, Room>();

/** The terminals of a workspace; the same for all who enter, until nobody has been there for a while. */
export function roomOf(workspaceId: string): Room {
  const room = rooms.get(workspaceId) ?? new Room(workspaceId);
  rooms.set(workspaceId, room);
  return room;
}

/** Hangs up every shell of this process, which ends: nobody could come back to them. Waits 3 s at most. */
export async function endTerminals(): Promise<void> {
  const ended = Promise.all([...rooms.values()].map((room) => room.end()));
  rooms.clear();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, 3_000);
  });
  await Promise.race([ended, late]).finally(() => clearTimeout(timer));
}

/** How many terminals are kept, for metrics and tests. */
export function terminalCount(): number {
  let count = 0;
  for (const room of rooms.values()) count += room.views().length;
  return count;
}

class Room {
  readonly #terminals = new Map<number, Terminal>();
  readonly #viewers = new Set<Viewer>();
  #last = 0;
  #linger: NodeJS.Timeout | undefined;

  constructor(readonly workspaceId: string) {}

  get full(): boolean {
    return this.#viewers.size >= limits.viewers;
  }

  views(): TerminalView[] {
    return [...this.#terminals.values()].map((terminal) => terminal.view());
  }

  /** Shows everything that is here; `seen` are the positions a browser has shown of this process's terminals. */
  enter(viewer: Viewer, seen: Readonly<Record<string, number>>): void {
    this.#viewers.add(viewer);
    if (viewer.mode === "use") clearTimeout(this.#linger);
    viewer.tell({ type: "entered", epoch, terminals: this.views() });
    for (const [id, terminal] of this.#terminals) terminal.attach(viewer, seen[id]);
  }

  leave(viewer: Viewer): void {
    this.#viewers.delete(viewer);
    for (const terminal of this.#terminals.values()) terminal.detach(viewer);
    this.#settle();
  }

  /** What a person typed; true when it counts as an act. */
  input(viewer: Viewer, id: number, bytes: Buffer): boolean {
    return this.#terminals.get(id)?.input(viewer, bytes) ?? false;
  }

  /** What a browser asks for; one that watches may only say what it has shown. */
  async hear(viewer: Viewer, message: BrowserMessage): Promise<void> {
    if (message.type === "beat") return;
    const terminal = "id" in message ? this.#terminals.get(message.id) : undefined;
    if (message.type === "ack") return terminal?.acknowledge(viewer, message.position);
    if (viewer.mode !== "use") return;
    if (message.type === "resize") return terminal?.resize(message.cols, message.rows);
    if (message.type === "open") return this.#open(viewer, message.cols, message.rows);
    if (message.type === "close") return terminal && this.#close(viewer, terminal, message.force);
    if (terminal && !terminal.running) await this.#start(viewer, terminal, message.cols, message.rows);
  }

  /** Hangs up everything that is here. */
  async end(): Promise<void> {
    clearTimeout(this.#linger);
    await Promise.all([...this.#terminals.values()].map((terminal) => terminal.end()));
  }

  async #open(viewer: Viewer, cols: number, rows: number): Promise<void> {
    if (this.#terminals.size >= limits.terminals)
      return tellFailed(viewer, limit("terminal.tooMany", { max: limits.terminals }));
    const id = ++this.#last;
    const terminal = new Terminal(this.workspaceId, id, () => this.#changed());
    this.#terminals.set(id, terminal);
    if (!(await this.#start(viewer, terminal, cols, rows))) {
      this.#terminals.delete(id);
      return;
    }
    for (const one of this.#viewers) terminal.attach(one, undefined);
    viewer.tell({ type: "opened", id });
  }

  async #start(viewer: Viewer, terminal: Terminal, cols: number, rows: number): Promise<boolean> {
    const ctx = systemCtx("terminal");
    try {
      await terminal.start((wish) => openShell(ctx, this.workspaceId, wish), cols, rows);
      return true;
    } catch (error) {
      tellFailed(viewer, error, terminal.id);
      return false;
    }
  }

  async #close(viewer: Viewer, terminal: Terminal, force: boolean): Promise<void> {
    if (!force) {
      // Where nobody can say, closing goes on: the person has asked for it.
      const program = await terminal.program().catch(() => null);
      if (program) return viewer.tell({ type: "busy", id: terminal.id, program });
    }
    this.#terminals.delete(terminal.id);
    this.#changed();
    void terminal.end();
  }

  #changed(): void {
    for (const viewer of this.#viewers) viewer.tell({ type: "terminals", terminals: this.views() });
    if (this.#viewers.size === 0) this.#settle();
  }

  /** Nobody works here: after a while shells that only wait are hung up; one that computes is left to. */
  #settle(): void {
    clearTimeout(this.#linger);
    for (const viewer of this.#viewers) if (viewer.mode === "use") return;
    if (this.#viewers.size === 0 && ![...this.#terminals.values()].some((terminal) => terminal.running)) {
      // Another room may have its place by now, when the service ends.
      if (rooms.get(this.workspaceId) === this) rooms.delete(this.workspaceId);
      return;
    }
    this.#linger = setTimeout(() => void this.#sweep(), lingerMs);
    this.#linger.unref();
  }

  async #sweep(): Promise<void> {
    for (const terminal of [...this.#terminals.values()]) {
      const program = await terminal.program().catch(() => null);
      if (program || [...this.#viewers].some(({ mode }) => mode === "use")) continue;
      this.#terminals.delete(terminal.id);
      await terminal.end();
    }
    this.#changed();
    this.#settle();
  }
}

export type { Room };

function tellFailed(viewer: Viewer, error: unknown, id?: number): void {
  const { code, key, params } = toAppError(error);
  if (code === "internal") log().error({ err: error }, "a terminal did not open");
  viewer.tell({ type: "failed", code, key, params, ...(id ? { id } : {}) });
}
