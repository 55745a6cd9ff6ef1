import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { httpStatus, toAppError } from "@/lib/platform/errors";
import { log } from "@/lib/platform/log";
import { enterConsole } from "../enter-console";
import type { Inside } from "../front/workspace-request";
import { textHead } from "../proxy/frames";
import { refuseUpgrade } from "../proxy/upgrade";
import { encode } from "./instruction";
import { openTunnel, screenOf } from "./open";
import { type Status, webSocketCode } from "./status";
import type { Browser } from "./tunnel";

const server = new WebSocketServer({
  noServer: true,
  clientTracking: false,
  // The picture is compressed already.
  perMessageDeflate: false,
  // Checked where instructions are.
  skipUTF8Validation: true,
  maxPayload: 256 * 1024,
  handleProtocols: (offered) => (offered.has("guacamole") ? "guacamole" : false),
});

/** A desktop's WebSocket at the app's origin; its Origin was judged, who comes is judged here. */
export function handleTunnelUpgrade(
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  inside: Inside,
): void {
  enterAndJoin(req, socket, head, inside).catch((error: unknown) => {
    const { code, key } = toAppError(error);
    if (code === "internal") log().error({ err: error }, "a desktop's WebSocket failed");
    refuseUpgrade(socket, httpStatus({ code, key }));
  });
}

async function enterAndJoin(
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  inside: Inside,
): Promise<void> {
  if (!/(^|,)\s*guacamole\s*(,|$)/.test(req.headers["sec-websocket-protocol"] ?? ""))
    return refuseUpgrade(socket, 400);
  const target = req.url ?? "/";
  const query = new URL(target, "http://app").searchParams;
  const [ticket, mode] = [query.get("ticket"), query.get("mode")];
  const { grant } = await enterConsole({ target, cookie: req.headers.cookie, ticket, mode });
  if (socket.destroyed) return;
  server.handleUpgrade(req, socket, head, (ws) => {
    const browser = new SocketBrowser(ws, socket);
    const { tunnel } = openTunnel({
      grant,
      screen: screenOf(query),
      browser,
      source: inside.desktops,
      onActivity: inside.onActivity,
    });
    browser.onDrain = () => tunnel.drained();
    ws.on("message", (data: Buffer) => tunnel.receive(data));
    ws.on("close", () => tunnel.left());
    ws.on("error", () => ws.terminate());
    browser.send(encode("", tunnel.uuid));
  });
}

class SocketBrowser implements Browser {
  onDrain: () => void = () => undefined;

  constructor(
    private readonly ws: WebSocket,
    private readonly socket: Duplex,
  ) {}

  get buffered(): number {
    return this.socket.writableLength;
  }

  /** One text frame, written past `ws`, which tells nothing of what was sent; it compresses nothing, so it queues nothing. */
  send(instructions: Buffer, done?: () => void): void {
    if (this.ws.readyState !== this.ws.OPEN) {
      done?.();
      return;
    }
    this.socket.cork();
    this.socket.write(textHead(instructions.length));
    this.socket.write(instructions, () => {
      done?.();
      this.onDrain();
    });
    this.socket.uncork();
  }

  hold(held: boolean): void {
    if (held) this.ws.pause();
    else this.ws.resume();
  }

  close(why: Status): void {
    this.ws.resume();
    this.ws.close(webSocketCode(why), String(why));
    setTimeout(() => this.ws.terminate(), 2_000).unref();
  }
}
