import { connect, type Socket } from "node:net";
import type { Db } from "@/db/client";
import type { Clock } from "@/lib/platform/clock";
import { metrics } from "@/lib/platform/metrics";
import type { Origins } from "@/lib/platform/origins";
import { findGrant, type Grant, knownGrant, type Opened } from "../grants";
import { isPlainTarget } from "../proxy/paths";
import { refuseUpgrade } from "../proxy/upgrade";
import { type AnswerHead, readAnswer } from "./answer";
import { Body } from "./body";
import { type Asker, judgeLines, type Plain, readPlain } from "./request";

export type LaneOptions = {
  at: Origins;
  db: () => Db;
  clock: Clock;
  /** Takes a connection for good, with what it said and was not answered. */
  careful: (socket: Socket) => void;
  /** Nothing of this connection is on the lane any more. */
  over: (lane: Lane) => void;
};

/** Beyond it undici's queue is the better place. */
const mostOpen = 64;
const mostHeadBytes = 32 * 1024;
/**
 * What comes from inside is read into here, by all lanes in turn, and leaves as text: it joins its head in one write,
 * and a long download makes nothing that only a collection of garbage would free.
 */
const read = Buffer.allocUnsafeSlow(64 * 1024);
const dialMs = 3_000;
const answerMs = 120_000;
const idleMs = 65_000;
const stays = `Connection: keep-alive\r\nKeep-Alive: timeout=${idleMs / 1_000}\r\n\r\n`;
const closes = "Connection: close\r\n\r\n";

/**
 * A browser's connection, and one of its own behind it, as long as it brings nothing but plain GETs that may pass.
 * It never refuses, explains or repairs: what is not such a GET, and what goes wrong before an answer has begun,
 * goes the careful way with the whole connection, so that a GET may be asked inside twice.
 */
export class Lane implements Opened {
  /** The request on its way, as it came. */
  #asked: Buffer | null = null;
  #since = performance.now();
  #lines = "";
  #asker: Asker | null = null;
  #grant: Grant | null = null;
  #inside: Socket | null = null;
  #address = "";
  /** Of an answer whose head is not whole yet. */
  #early: Buffer | null = null;
  #headText = "";
  #head: AnswerHead | null = null;
  /** Of an answer that has begun. */
  #body: Body | null = null;
  readonly #counts = metrics().hot;

  constructor(
    private readonly socket: Socket,
    private readonly options: LaneOptions,
  ) {
    socket.on("data", this.#ask);
    socket.on("drain", this.#drained);
    socket.on("end", this.#ended);
    socket.on("error", this.#ended);
    socket.on("close", this.#closed);
  }

  /** The grant does not hold any more. */
  close(): void {
    this.socket.destroy();
  }

  /** Ends what was silent for too long. */
  sweep(): void {
    const ms = performance.now() - this.#since;
    if (!this.#asked) {
      if (ms > idleMs) this.socket.destroy();
    } else if (!this.#body && ms > answerMs) {
      this.#hangUp();
      this.#forget(503);
      refuseUpgrade(this.socket, 503);
    }
  }

  readonly #ask = (bytes: Buffer): void => {
    // Pipelined, or after the last one: no browser does it.
    if (this.#asked || !this.socket.writable) return void this.socket.destroy();
    this.#asked = bytes;
    this.#since = performance.now();
    const plain = readPlain(bytes.toString("latin1"));
    const asker = plain && this.#judge(plain);
    if (!asker) return void this.#leave();
    const { target } = plain;
    const known = knownGrant(asker.hash);
    if (known) return void this.#pass(target, asker, known);
    findGrant(asker.hash, { db: this.options.db(), clock: this.options.clock }).then(
      (grant) => this.#pass(target, asker, grant),
      () => this.#leave(),
    );
  };

  #judge({ target, lines }: Plain): Asker | null {
    if (!isPlainTarget(target) || target.startsWith("/__lab/")) return null;
    // Most requests of a page differ in their first line alone.
    if (lines !== this.#lines) {
      const before = this.#asker;
      this.#lines = lines;
      this.#asker = judgeLines(lines, this.options.at);
      // Who speaks to two workspaces is no browser, and what is behind this connection belongs to the first.
      if (before && before.label !== this.#asker?.label) return null;
    }
    return this.#asker;
  }

  #pass(target: string, asker: Asker, grant: Grant | null): void {
    if (this.socket.destroyed) return;
    const to = grant?.target;
    const good = grant && to && grant.label === asker.label && grant.open.size < mostOpen;
    if (!good || (this.#inside && this.#address !== to.address)) return void this.#leave();
    this.#grant = grant;
    grant.open.add(this);
    if (!this.#inside || this.#inside.destroyed) this.#inside = this.#dial(to.address);
    this.#inside.write(`GET ${target} HTTP/1.1\r\n${asker.inward(to)}`, "latin1");
  }

  #dial(address: string): Socket {
    this.#address = address;
    const split = address.lastIndexOf(":");
    const inside = connect({
      host: address.slice(0, split),
      port: Number(address.slice(split + 1)),
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 15_000,
      onread: {
        buffer: read,
        callback: (bytes) => {
          this.#hear(read.subarray(0, bytes));
          return true;
        },
      },
    });
    inside.setTimeout(dialMs, () => inside.destroy());
    inside.once("connect", () => inside.setTimeout(0));
    for (const event of ["end", "error"]) inside.on(event, () => inside.destroy());
    inside.on("close", () => {
      if (this.#inside !== inside) return;
      this.#inside = null;
      if (this.#asked) this.#fail();
    });
    return inside;
  }

  #hear(bytes: Buffer): void {
    if (this.#body) return void this.#send("", bytes, 0);
    // What nobody asked for would be read as the next answer.
    if (!this.#asked || !this.#asker) return void this.#hangUp();
    const all = this.#early ? Buffer.concat([this.#early, bytes]) : bytes;
    const head = this.#readHead(all, this.#asker.host);
    if (head === "more") {
      this.#early = Buffer.from(all);
      return;
    }
    if (head === null) return void this.#leave();
    this.#early = null;
    this.#body = new Body(head.length);
    this.#send(head.outward + (this.#asker.last ? closes : stays), all, head.bytes);
  }

  #readHead(bytes: Buffer, host: string): AnswerHead | null | "more" {
    const end = bytes.indexOf("\r\n\r\n") + 4;
    if (end < 4 ? bytes.length >= mostHeadBytes : end > mostHeadBytes) return null;
    if (end < 4) return "more";
    const text = bytes.toString("latin1", 0, end);
    // Answers to the polls of one page begin alike.
    if (text === this.#headText) return this.#head;
    this.#headText = text;
    try {
      this.#head = readAnswer(text, host, this.options.at);
    } catch {
      this.#head = null;
    }
    return this.#head;
  }

  /** On to the browser, as fast as it takes it: a head, and what is there of the body. */
  #send(head: string, bytes: Buffer, from: number): void {
    const { socket } = this;
    const heard = this.#body?.feed(bytes, from) ?? "broken";
    if (heard === "broken") return void this.#fail();
    this.#counts.bytesOut += bytes.length - from;
    const flows = socket.write(head + bytes.toString("latin1", from), "latin1");
    if (heard === "done") this.#finish();
    else if (!flows) this.#inside?.pause();
  }

  #finish(): void {
    const { again, status } = this.#head ?? { again: false, status: 0 };
    this.#forget(status);
    if (!again) this.#hangUp();
    if (this.#asker?.last) this.socket.destroySoon();
  }

  /** Half an answer must look like half an answer; one that has not begun may still be had. */
  #fail(): void {
    if (!this.#body) return void this.#leave();
    this.#counts.upstreamErrors++;
    this.#forget(500);
    this.socket.destroy();
  }

  #forget(status: number): void {
    this.#counts.request(status, performance.now() - this.#since);
    this.#grant?.open.delete(this);
    this.#asked = null;
    this.#body = null;
    this.#since = performance.now();
  }

  readonly #drained = (): void => void this.#inside?.resume();
  readonly #ended = (): void => this.socket.destroySoon();

  readonly #closed = (): void => {
    if (this.#grant?.open.has(this)) this.#forget(this.#body ? (this.#head?.status ?? 0) : 0);
    this.#hangUp();
    this.options.over(this);
  };

  #hangUp(): void {
    const inside = this.#inside;
    this.#inside = null;
    inside?.destroy();
  }

  #leave(): void {
    const { socket } = this;
    const asked = this.#asked;
    this.#grant?.open.delete(this);
    socket.off("data", this.#ask);
    socket.off("drain", this.#drained);
    socket.off("end", this.#ended);
    socket.off("error", this.#ended);
    socket.off("close", this.#closed);
    this.#hangUp();
    this.options.over(this);
    if (socket.destroyed || !asked) return;
    // Flowing, it would lose what is put back.
    socket.pause();
    socket.unshift(asked);
    this.options.careful(socket);
    socket.resume();
  }
}
