import type { ShownError } from "../error-message";
import { type Closing, closingOf, comesBack, waitBefore } from "./closing";
import type { Connection, ConnectionEvents, Transport } from "./connection";
import { smooth } from "./quality";

/** The right to connect once; or why there is none. `later`: asking again may help. */
export type Entrance =
  | { kind: "ticket"; ticket: string }
  | { kind: "signedOut" }
  | { kind: "refused"; error: ShownError; later: boolean };

export type SessionState =
  | { kind: "opening" }
  | { kind: "open" }
  /** Gone; it comes back at `retryAt` (of Date.now), or is on its way where that is null. */
  | { kind: "returning"; closing: Closing; attempt: number; retryAt: number | null }
  /** Gone, until a person wants it back. */
  | { kind: "closed"; closing: Closing }
  | { kind: "refused"; error: ShownError }
  | { kind: "signedOut" };

export type Snapshot = {
  state: SessionState;
  /** Round trip; null: not known. */
  ping: number | null;
  stable: boolean;
  transport: Transport;
};

export type SessionParts = {
  enter(): Promise<Entrance>;
  connect(transport: Transport, ticket: string, events: ConnectionEvents): Connection;
  /** A connection has its first picture: show it. */
  opened(connection: Connection): void;
  /** What was shown is gone. */
  lost(): void;
  events: Pick<ConnectionEvents, "clipboard" | "resized" | "cursor">;
};

/**
 * A desktop that stays: connects, and comes back after whatever ended a connection, until it is told to stop or
 * coming back by itself makes no sense. Tells who listens when something about it has changed.
 */
export class DesktopSession {
  private snapshot: Snapshot = { state: { kind: "opening" }, ping: null, stable: true, transport: "socket" };
  private listeners = new Set<() => void>();
  private connection: Connection | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts what was begun, so that the answers to what has been given up are known. */
  private round = 0;
  private attempt = 0;
  /** Sockets in a row that ended without a word. */
  private mute = 0;

  constructor(private readonly parts: SessionParts) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
  readonly get = (): Snapshot => this.snapshot;

  /** Begins, or tries again at once. */
  readonly start = (): void => {
    const { state } = this.snapshot;
    if (state.kind === "returning") this.set({ state: { ...state, retryAt: null } });
    else this.set({ state: { kind: "opening" } });
    void this.go();
  };

  /** Stops; what is shown stays. */
  stop(): void {
    this.round++;
    clearTimeout(this.timer);
    this.connection?.close();
    this.connection = null;
  }

  /** Something in the world has changed for the better: do not wait any longer. */
  hurry(): void {
    const { state } = this.snapshot;
    if (state.kind === "returning" && state.retryAt !== null) this.start();
  }

  private async go(): Promise<void> {
    this.stop();
    const round = this.round;
    const entrance = await this.parts.enter();
    if (round !== this.round) return;
    if (entrance.kind === "signedOut") return this.set({ state: { kind: "signedOut" } });
    if (entrance.kind === "refused") {
      if (entrance.later) return this.comeBack(entrance.error.key === "unavailable" ? "network" : "gateway");
      return this.set({ state: { kind: "refused", error: entrance.error } });
    }
    const { transport } = this.snapshot;
    this.connection = this.parts.connect(transport, entrance.ticket, {
      ...this.parts.events,
      open: () => this.open(round),
      closed: (status, heard) => this.closed(round, status, heard),
      ping: (ms) => round === this.round && this.set({ ping: Math.round(smooth(this.snapshot.ping, ms)) }),
      stable: (stable) => round === this.round && this.set({ stable }),
    });
  }

  private open(round: number): void {
    if (round !== this.round || !this.connection) return;
    this.attempt = 0;
    this.parts.opened(this.connection);
    this.set({ state: { kind: "open" }, stable: true });
  }

  private closed(round: number, status: number, heard: boolean): void {
    if (round !== this.round) return;
    this.connection = null;
    this.parts.lost();
    // A network that lets no WebSocket through says nothing at all; plain requests may still get there.
    const { transport } = this.snapshot;
    if (transport === "socket") this.mute = heard || status !== 0x0207 ? 0 : this.mute + 1;
    if (this.mute >= 2) this.set({ transport: "http" });
    const closing = closingOf(status, heard);
    if (comesBack(closing)) this.comeBack(closing);
    else this.set({ state: { kind: "closed", closing }, ping: null });
  }

  private comeBack(closing: Closing): void {
    this.attempt++;
    const wait = waitBefore(this.attempt);
    const { attempt } = this;
    if (wait === 0) {
      this.set({ state: { kind: "returning", closing, attempt, retryAt: null }, ping: null });
      return void this.go();
    }
    this.set({ state: { kind: "returning", closing, attempt, retryAt: Date.now() + wait }, ping: null });
    this.timer = setTimeout(this.start, wait);
  }

  private set(change: Partial<Snapshot>): void {
    this.snapshot = { ...this.snapshot, ...change };
    for (const listener of this.listeners) listener();
  }
}
