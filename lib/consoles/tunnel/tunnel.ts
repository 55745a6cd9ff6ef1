import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { metrics } from "@/lib/platform/metrics";
import type { Agent } from "@/lib/workspaces/drivers";
import { ClipboardReader, clipboardStream, ourStream } from "./clipboard";
import type { GuacdUser } from "./guacd";
import { decode, encode, opcodeAt } from "./instruction";
import { patience } from "./patience";
import { InstructionScanner } from "./scanner";
import { type Status, status, statusOf } from "./status";

/** The browser's end, whichever transport it came by. It is only ever given whole instructions. */
export interface Browser {
  /** Bytes that it has been given and that the network has not taken. */
  readonly buffered: number;
  /** `done`: the bytes are not needed any more. */
  send(instructions: Buffer, done?: () => void): void;
  /** Takes nothing more from the browser until told so. */
  hold(held: boolean): void;
  close(why: Status): void;
}

export type DesktopProtocol = "vnc" | "rdp";

/** What a desktop is to be for its owner's window: pixels, and how many of them go into an inch. */
type Fit = { width: number; height: number; dpi: number };

export type TunnelOptions = {
  mode: "use" | "watch";
  /** Its owner's: only theirs has the clipboard, sets the size, and is kept for their return. */
  owner: boolean;
  browser: Browser;
  /** A key, the mouse or a finger; the instruction is only lent. */
  onAct: (instruction: Buffer) => void;
  /** The first real picture is on its way. */
  onReady: (tunnel: Tunnel) => void;
  /** Its browser has left; kept for a while if the answer is true. */
  onLeft: (tunnel: Tunnel) => boolean;
  onClosed: (tunnel: Tunnel, why: Status) => void;
};

const high = 1024 * 1024;
const low = 256 * 1024;
const mostFromGuacd = 64 * 1024;
/** What guacd itself takes of one instruction. */
const mostFromBrowser = 8 * 1024;

const nop = encode("nop");
const goodbye = encode("disconnect");

const forAll = new Set(["sync", "nop", "ack"]);
const forUsers = new Set(["key", "mouse", "touch"]);
const clipboard = new Set(["clipboard", "blob", "end"]);

/**
 * One browser and its user at guacd. The picture goes through untouched, held back at the slower end; from a
 * browser only what its mode allows goes on. Without its browser it can live on for a while, answering for it.
 */
export class Tunnel {
  readonly uuid = randomUUID();
  state: "opening" | "open" | "kept" | "closed" = "opening";
  ready = false;
  protocol: DesktopProtocol | null = null;
  #guacd: Socket | null = null;
  /** The line into the desktop, which texts and sizes go by; null: they go by guacd. */
  #line: Promise<Agent | null> | null = null;
  #agent: Agent | null = null;
  #clipboard = new ClipboardReader();
  #drawn = false;
  #paused = false;
  #fault: Status | null = null;
  #over = false;
  #openedAt = performance.now();
  #heardAt = performance.now();
  #toldAt = performance.now();
  /** How much waited for the browser at the last check, and when it last took some of it. */
  #waiting = 0;
  #takenAt = performance.now();
  /** What the browser holds down: let go for it when it leaves. */
  #keys = new Set<string>();
  #mouse: [x: string, y: string] | null = null;
  #resizing: Promise<void> | null = null;
  #fit: Fit | null = null;

  readonly #fromGuacd = new InstructionScanner(mostFromGuacd, (data, start, end) =>
    this.#shown(data, start, end),
  );
  readonly #fromBrowser = new InstructionScanner(mostFromBrowser, (data, start, end) =>
    this.#said(data, start, end),
  );

  constructor(readonly options: TunnelOptions) {}

  /** When the browser was last heard, for who closes what has vanished. Monotonic ms. */
  browserAt = performance.now();

  start(
    { socket, intake, early }: GuacdUser,
    protocol: DesktopProtocol,
    line: Promise<Agent | null> | null,
  ): void {
    this.#guacd = socket;
    this.protocol = protocol;
    this.#line = line;
    line?.then((agent) => this.setAgent(agent));
    this.state = "open";
    metrics().hot.tunnels[protocol]++;
    socket.setKeepAlive(true, 20_000);
    intake.listener = (chunk, done, room) => this.#outward(chunk, done, room);
    socket.on("drain", () => this.options.browser.hold(false));
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.end(status.upstreamError));
    if (early.length > 0) this.#outward(early, () => undefined, 0);
    if (socket.destroyed) this.end(status.upstreamError);
    else if (!this.#paused) socket.resume();
  }

  /** The line into the desktop is there, or another one after it ended. */
  setAgent(agent: Agent | null): void {
    if (!this.#line) return;
    this.#agent = agent;
    this.#line = Promise.resolve(agent);
    this.#follow();
  }

  #outward(chunk: Buffer, done: () => void, room: number) {
    if (this.state === "closed") return done();
    this.#heardAt = performance.now();
    let whole: Buffer;
    try {
      whole = this.#fromGuacd.scan(chunk, room);
    } catch (error) {
      this.end(statusOf(error));
      return done();
    }
    if (whole.length === 0) return done();
    if (this.state === "open") {
      const { browser } = this.options;
      metrics().hot.tunnelBytesOut += whole.length;
      browser.send(whole, done);
      if (browser.buffered > high && !this.#paused) {
        this.#paused = true;
        this.#guacd?.pause();
      }
    } else done();
    if (this.#fault !== null) this.end(this.#fault);
  }

  /** The browser's network took something. */
  drained(): void {
    if (!this.#paused || this.options.browser.buffered > low) return;
    this.#paused = false;
    this.#heardAt = performance.now();
    this.#guacd?.resume();
  }

  /** Looks at an instruction of the picture by its first bytes: there may be thousands in a chunk. */
  #shown(data: Buffer, start: number, end: number): void {
    const opcode = data[start + 2];
    const next = data[start + 3];
    if (opcode === 0x73 /* s */) {
      if (next === 0x79 /* sync */) this.#synced(data, start, end);
      else if (!this.ready && next === 0x69 /* size */) this.#drawn = true;
    } else if (opcode === 0x69 /* i(mg) */) this.#drawn = true;
    else if (opcode === 0x65 /* e */ && next === 0x72 && opcodeAt(data, start) === "error")
      this.#fault = Number(decode(data, start, end)[2]) || status.upstreamError;
    else if (opcode === 0x72 /* r */ && opcodeAt(data, start) === "required")
      this.#fault = status.unauthorized;
    else if (opcode === 0x2e /* two digits */ && opcodeAt(data, start) === "disconnect")
      this.#fault ??= status.success;
  }

  #synced(data: Buffer, start: number, end: number): void {
    if (this.state === "kept") this.#tell(encode("sync", decode(data, start, end)[1] ?? ""));
    if (this.ready || !this.#drawn) return;
    this.ready = true;
    this.options.onReady(this);
  }

  /** What the browser sent. */
  receive(bytes: Buffer) {
    this.browserAt = performance.now();
    if (this.state === "closed") return;
    metrics().hot.tunnelBytesIn += bytes.length;
    try {
      this.#fromBrowser.scan(bytes);
    } catch {
      this.end(status.badRequest);
      return;
    }
    if (this.#over) return this.end(status.success);
    if (this.#guacd && this.#guacd.writableLength > high) this.options.browser.hold(true);
  }

  #said(data: Buffer, start: number, end: number) {
    const { mode, owner, onAct } = this.options;
    const opcode = opcodeAt(data, start);
    const instruction = data.subarray(start, end);
    // The tunnel's own: `ping` comes back as it is, and guacd never sees it.
    if (opcode === "") return this.#answer(Buffer.from(instruction));
    if (opcode === "disconnect") {
      this.#over = true;
      return;
    }
    if (forAll.has(opcode)) {
      if (opcode !== "ack" || decode(instruction)[1] !== String(ourStream)) this.#tell(instruction);
      return;
    }
    if (mode !== "use") return;
    if (forUsers.has(opcode)) {
      onAct(instruction);
      this.#pressed(opcode, instruction);
    } else if (!owner) return;
    else if (clipboard.has(opcode)) {
      if (this.#line) return this.#copied(instruction);
    } else if (opcode !== "size") return;
    else {
      const [, width, height, dpi = "96"] = decode(instruction);
      return this.fit({ width: Number(width), height: Number(height), dpi: Number(dpi) });
    }
    this.#tell(instruction);
  }

  #tell(instruction: Buffer): void {
    if (!this.#guacd?.writable) return;
    this.#toldAt = performance.now();
    // The bytes may be a part of what the transport uses again.
    this.#guacd.write(Buffer.from(instruction));
  }

  #pressed(opcode: string, instruction: Buffer): void {
    const [, first = "", second = "", third = ""] = decode(instruction);
    if (opcode === "mouse") this.#mouse = third === "0" || third === "" ? null : [first, second];
    else if (opcode !== "key") return;
    else if (second === "0") this.#keys.delete(first);
    else if (this.#keys.size < 64) this.#keys.add(first);
  }

  /** Ctrl of Ctrl+R would stay down in the desktop for who comes back. */
  #letGo(): void {
    for (const key of this.#keys) this.#tell(encode("key", key, 0));
    if (this.#mouse) this.#tell(encode("mouse", ...this.#mouse, 0));
    this.#keys.clear();
    this.#mouse = null;
  }

  #copied(instruction: Buffer): void {
    const { answer, text } = this.#clipboard.take(instruction);
    const reply = () => {
      if (answer && this.state === "open") this.#answer(answer);
    };
    if (text === undefined) reply();
    else this.#line?.then((agent) => agent?.setClipboard(text)).then(reply, reply);
  }

  /** A text that was copied inside. */
  clipboardOf(text: string): void {
    if (this.state !== "open" || !this.#agent || !this.options.owner || this.options.mode !== "use") return;
    const stream = clipboardStream(text);
    if (stream) this.#answer(stream);
  }

  /** What is not guacd's own is left out for a browser that does not read: nobody could hold its source back. */
  #answer(instructions: Buffer): void {
    const { browser } = this.options;
    if (browser.buffered <= high) browser.send(instructions);
  }

  /** Makes the desktop fit its owner's window. The latest size wins; a window that is dragged asks for many. */
  fit({ width, height, dpi }: Fit): void {
    if (!(width >= 200 && height >= 150 && width <= 8192 && height <= 8192)) return;
    const [w, h] = [Math.round(width), Math.round(height)];
    if (!this.#line || this.protocol === "rdp") this.#tell(encode("size", w, h));
    if (!this.#line || !(dpi >= 48 && dpi <= 480)) return;
    this.#fit = { width: w, height: h, dpi: Math.round(dpi) };
    this.#follow();
  }

  #follow(): void {
    if (this.#resizing || !this.#agent || !this.#fit) return;
    const next = async () => {
      while (this.#fit && this.#agent) {
        const { width, height, dpi } = this.#fit;
        this.#fit = null;
        // Over RDP guacd itself asks for the size.
        if (this.protocol === "vnc") await this.#agent.resize(width, height).catch(() => undefined);
        await this.#agent?.scale(dpi).catch(() => undefined);
      }
      this.#resizing = null;
    };
    this.#resizing = next();
  }

  /** The browser is gone without a word: its place is kept for its owner, if it may be. */
  left() {
    if (this.state === "closed" || this.state === "kept") return;
    const opening = this.state === "opening";
    this.#letGo();
    if (opening || !this.options.owner || this.options.mode !== "use" || !this.options.onLeft(this))
      return this.end(status.success);
    this.state = "kept";
    this.#paused = false;
    this.#guacd?.resume();
  }

  /** Once a second: who is silent for too long, on either side. */
  check(now: number) {
    if (this.state === "closed" || this.state === "opening") return;
    if (!this.#paused && now - this.#heardAt > patience.guacdSilent) return this.end(status.upstreamTimeout);
    if (!this.ready && now - this.#openedAt > patience.picture) return this.end(status.upstreamTimeout);
    if (now - this.#toldAt > patience.nop) this.#tell(nop);
    if (this.state !== "open") return;
    const { browser, owner } = this.options;
    const waiting = browser.buffered;
    if (!this.#paused || waiting < this.#waiting) this.#takenAt = now;
    this.#waiting = waiting;
    const stalled = now - this.#takenAt > (owner ? patience.stalledOwner : patience.stalledOther);
    if (stalled || now - this.browserAt > patience.browser) {
      browser.close(status.clientTimeout);
      this.left();
    }
  }

  /** Ends it for good, on both sides. */
  end(why: Status): void {
    if (this.state === "closed") return;
    const before = this.state;
    this.#letGo();
    this.state = "closed";
    const guacd = this.#guacd;
    if (guacd && this.protocol) {
      metrics().hot.tunnels[this.protocol]--;
      if (guacd.writable) guacd.end(goodbye);
      // What is still on its way is of no interest, but unread it would hold the end back.
      guacd.resume();
      setTimeout(() => guacd.destroy(), 1_000).unref();
    }
    if (before !== "kept") this.options.browser.close(why);
    this.options.onClosed(this, why);
  }
}
