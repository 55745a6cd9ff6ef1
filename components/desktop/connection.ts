import {
  ArrayBufferReader,
  ArrayBufferWriter,
  AudioPlayer,
  Client,
  HTTPTunnel,
  type InputStream,
  type Mouse,
  type Status,
  Tunnel,
} from "guacamole-common-js";
import { contentOfCanvas } from "./blank";
import { FirstSize } from "./first-size";
import type { Size, Wanted } from "./fit";
import { SocketTunnel } from "./tunnel";

/** How long keys wait for the text that they paste: where nobody acknowledges texts, and where somebody does. */
const wordlessMs = 1_500;
const acknowledgedMs = 10_000;
/** A picture of one colour is shown all the same after this long: that may be all there is. */
const longestBlankMs = 8_000;

export type Transport = "socket" | "http";

export type ConnectionEvents = {
  /** Its first picture is there. */
  open(): void;
  /** It is over; `heard`: something had come before. */
  closed(status: number, heard: boolean): void;
  ping(ms: number): void;
  /** Nothing has been heard for a moment, or is heard again. */
  stable(stable: boolean): void;
  clipboard(text: string): void;
  resized(size: Size): void;
  cursor(canvas: HTMLCanvasElement, x: number, y: number): void;
};

/** What a tunnel is told beside the ticket: the room there is, and what this browser can show and play. */
export function connectData(ticket: string, mode: string, { width, height, dpi }: Wanted): string {
  const data = new URLSearchParams({ ticket, mode, width: `${width}`, height: `${height}`, dpi: `${dpi}` });
  data.set("timezone", Intl.DateTimeFormat().resolvedOptions().timeZone);
  for (const type of AudioPlayer.getSupportedTypes()) data.append("audio", type);
  for (const type of ["image/png", "image/jpeg", "image/webp"]) data.append("image", type);
  return data.toString();
}

async function readText(stream: InputStream): Promise<string> {
  // The library's StringReader breaks what is beyond the BMP.
  const parts: ArrayBuffer[] = [];
  const reader = new ArrayBufferReader(stream);
  reader.ondata = (part) => parts.push(part.slice(0));
  await new Promise<void>((resolve) => {
    reader.onend = resolve;
  });
  return new Blob(parts).text();
}

/** One connection to a desktop, from its ticket to its end. Never used again. */
export class Connection {
  private readonly tunnel: Tunnel;
  private readonly client: Client;
  /** By stream: how many acknowledgements are still to come, and what then. */
  private readonly acks = new Map<number, { left: number; heard: () => void; done: () => void }>();
  private putting: Promise<void> = Promise.resolve();
  private heard = false;
  private over = false;
  private opened = false;
  private blank: ReturnType<typeof setTimeout> | undefined;

  constructor(
    path: string,
    readonly transport: Transport,
    private readonly events: ConnectionEvents,
    /** What it is asked to be at first, and is where nobody tells. */
    private readonly asked: Size,
  ) {
    this.tunnel = transport === "socket" ? new SocketTunnel(path) : new HTTPTunnel(path);
    this.client = new Client(this.tunnel);
    this.listen();
  }

  get display() {
    return this.client.getDisplay();
  }

  connect(data: string): void {
    this.client.connect(data);
  }

  /** Leaves; the desktop stays as it is for whoever comes back. */
  close(): void {
    this.over = true;
    clearTimeout(this.blank);
    // Not the client's own: that tells the other side to end.
    this.tunnel.disconnect();
    this.settleAcks();
  }

  private settleAcks(): void {
    for (const { done } of [...this.acks.values()]) done();
  }

  key(pressed: boolean, keysym: number): void {
    this.client.sendKeyEvent(pressed ? 1 : 0, keysym);
  }

  mouse(state: Mouse.State): void {
    this.client.sendMouseState(state, true);
  }

  /** With the density, which Guacamole's own instruction does not know: our gateway does. */
  size({ width, height, dpi }: Wanted): void {
    if (this.opened) this.tunnel.sendMessage("size", width, height, dpi);
  }

  /** Puts a text into the desktop's clipboard, byte for byte; resolves when it is there, or was long enough under way. */
  setClipboard(text: string): Promise<void> {
    // One after another: a stream's number is used again, and its acknowledgements with it.
    this.putting = this.putting.then(() => this.putClipboard(text));
    return this.putting;
  }

  private async putClipboard(text: string): Promise<void> {
    if (this.over) return;
    const stream = this.client.createClipboardStream("text/plain");
    const { index } = stream;
    const writer = new ArrayBufferWriter(stream);
    const bytes = new TextEncoder().encode(text);
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.acks.delete(index);
        resolve();
      };
      let timer = setTimeout(done, wordlessMs);
      const heard = () => {
        clearTimeout(timer);
        timer = setTimeout(done, acknowledgedMs);
      };
      // One for its beginning, one for each blob, and the one that counts for its end.
      const left = 2 + Math.max(1, Math.ceil(bytes.byteLength / writer.blobLength));
      this.acks.set(index, { left, heard, done });
      writer.sendData(bytes);
      writer.sendEnd();
    });
  }

  private listen(): void {
    const { tunnel, client, events } = this;
    let status = 0;
    const end = (why: number) => {
      if (this.over) return;
      this.over = true;
      clearTimeout(this.blank);
      this.settleAcks();
      events.closed(why, this.heard);
    };
    tunnel.onerror = (error) => {
      status = error.code;
    };
    tunnel.onstatechange = (state) => {
      if (state === Tunnel.State.CLOSED) end(status);
      else if (this.opened) events.stable(state !== Tunnel.State.UNSTABLE);
    };
    if (tunnel instanceof SocketTunnel) {
      tunnel.onping = (ms) => {
        this.heard = true;
        events.ping(ms);
      };
    }
    // The end of a stream is acknowledged too, but the library has forgotten it by then.
    const handle = tunnel.oninstruction;
    const firstSize = new FirstSize();
    tunnel.oninstruction = (opcode, args) => {
      this.heard = true;
      if (firstSize.lacks(opcode, args))
        this.display.resize(this.display.getDefaultLayer(), this.asked.width, this.asked.height);
      const waits = opcode === "ack" ? this.acks.get(Number(args[0])) : undefined;
      if (waits && --waits.left === 0) waits.done();
      else waits?.heard();
      handle?.(opcode, args);
    };
    client.onerror = (error: Status) => {
      status = error.code;
    };
    const open = () => {
      clearTimeout(this.blank);
      if (this.opened || this.over) return;
      this.opened = true;
      events.open();
    };
    // A desktop over RDP begins with no picture, then a black one; what people wait for comes later.
    const display = client.getDisplay();
    const look = () => {
      if (this.opened || this.over) return;
      const content = contentOfCanvas(display.getDefaultLayer().getCanvas());
      if (content === "picture") open();
      else if (content === "plain") this.blank ??= setTimeout(open, longestBlankMs);
    };
    client.onsync = () => {
      // Drawn only when its images are decoded.
      if (!this.opened) display.flush(look);
    };
    client.onclipboard = (stream, type) => {
      if (type.startsWith("text/")) void readText(stream).then(events.clipboard);
    };
    display.onresize = (width, height) => events.resized({ width, height });
    display.oncursor = events.cursor;
  }
}
