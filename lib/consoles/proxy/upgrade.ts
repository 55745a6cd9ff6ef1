import { type IncomingMessage, request, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { metrics } from "@/lib/platform/metrics";
import type { Origins } from "@/lib/platform/origins";
import type { Grant, Opened } from "../grants";
import type { Target } from "../rights";
import { closeFrame, FrameScanner } from "./frames";
import { requestHeaders, responseHeaders } from "./headers";

/** More than any page needs; a runaway page hurts its own workspace only. */
const mostOpen = 256;
const shakeMs = 15_000;

/** Answers an upgrade that is not let through, and ends the connection. */
export function refuseUpgrade(socket: Duplex, status: number, why = STATUS_CODES[status] ?? "Refused"): void {
  if (socket.destroyed) return;
  if (status < 500) metrics().hot.refused++;
  const body = `${why}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Refused"}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${status === 503 ? "Retry-After: 2\r\n" : ""}\r\n${body}`,
    () => socket.destroy(),
  );
}

/**
 * Joins a browser's WebSocket to the one inside. After the handshake bytes are passed through as they
 * are, held back at the slower end; only frame heads are looked at, for people's acts and a clean close.
 */
export function passUpgrade(going: {
  req: IncomingMessage;
  socket: Socket;
  head: Buffer;
  grant: Grant;
  target: Target;
  host: string;
  at: Origins;
  onAct: () => void;
}) {
  const { req, socket, head, grant, target, host, at } = going;
  if (grant.open.size >= mostOpen) return refuseUpgrade(socket, 429);
  const scheme = at.app.startsWith("https:") ? "https" : "http";
  const split = target.address.lastIndexOf(":");
  const headers = requestHeaders(req.rawHeaders, req.headers.connection, {
    host,
    secret: target.secret,
    scheme,
  });
  headers.push("connection", "Upgrade", "upgrade", "websocket");
  // Node's own upgrade reader parses the answer's head; the rest of the connection is ours.
  const asked = request({
    host: target.address.slice(0, split),
    port: Number(target.address.slice(split + 1)),
    method: "GET",
    path: req.url,
    headers,
    agent: false,
    setHost: false,
    timeout: shakeMs,
  });

  const shaking: Opened = { close: () => asked.destroy(new Error("closed")) };
  grant.open.add(shaking);
  const leave = () => asked.destroy(new Error("the browser left"));
  // Only who reads learns that the other side left; what comes early is kept for later.
  const early: Buffer[] = [head];
  const keep = (chunk: Buffer) => {
    early.push(chunk);
    socket.pause();
  };
  socket.on("data", keep);
  for (const event of ["end", "close", "error"]) socket.on(event, leave);
  const over = () => {
    grant.open.delete(shaking);
    for (const event of ["end", "close", "error"]) socket.off(event, leave);
    socket.off("data", keep);
    socket.pause();
  };

  asked.on("upgrade", (answer, upstream: Socket, rest) => {
    over();
    if (socket.destroyed) return upstream.destroy();
    let answerHeaders: string[];
    try {
      answerHeaders = responseHeaders(answer.rawHeaders, host, at);
    } catch {
      upstream.destroy();
      return refuseUpgrade(socket, 502);
    }
    const lines = ["HTTP/1.1 101 Switching Protocols", "Connection: Upgrade", "Upgrade: websocket"];
    for (let i = 0; i + 1 < answerHeaders.length; i += 2)
      lines.push(`${answerHeaders[i]}: ${answerHeaders[i + 1]}`);
    socket.write(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
    join(socket, upstream, { grant, head: Buffer.concat(early), rest, onAct: going.onAct });
  });
  asked.on("response", (answer) => {
    over();
    answer.resume();
    refuseUpgrade(socket, answer.statusCode && answer.statusCode >= 400 ? answer.statusCode : 502);
    asked.destroy();
  });
  asked.on("timeout", () => asked.destroy(new Error("no answer")));
  asked.on("error", () => {
    over();
    if (!socket.destroyed) metrics().hot.upstreamErrors++;
    refuseUpgrade(socket, 503);
  });
  asked.end();
}

function join(
  socket: Socket,
  upstream: Socket,
  { grant, head, rest, onAct }: { grant: Grant; head: Buffer; rest: Buffer; onAct: () => void },
): void {
  const fromPage = new FrameScanner();
  const fromInside = new FrameScanner();
  for (const end of [socket, upstream]) {
    end.setTimeout(0);
    end.setNoDelay(true);
    // A peer that vanished without a word is noticed within about a minute and a half.
    end.setKeepAlive(true, 20_000);
  }

  const { hot } = metrics();
  hot.upgrades++;
  hot.socketsOpen++;
  socket.once("close", () => hot.socketsOpen--);
  const inward = (chunk: Buffer) => {
    hot.bytesIn += chunk.length;
    if (fromPage.feed(chunk) > 0) onAct();
    if (!upstream.write(chunk)) socket.pause();
  };
  const outward = (chunk: Buffer) => {
    hot.bytesOut += chunk.length;
    fromInside.feed(chunk);
    if (!socket.write(chunk)) upstream.pause();
  };
  const opened: Opened = {
    close: (code, reason) => {
      upstream.off("data", outward);
      upstream.destroy();
      socket.off("data", inward);
      socket.resume();
      if (fromInside.atBoundary && socket.writable) {
        socket.end(closeFrame(code, reason));
        setTimeout(() => socket.destroy(), 1_000).unref();
      } else socket.destroy();
    },
  };
  grant.open.add(opened);

  const end = (other: Socket) => () => {
    grant.open.delete(opened);
    // Let go what is on its way out, but not for ever.
    if (other.destroyed) return;
    other.end();
    setTimeout(() => other.destroy(), 2_000).unref();
  };
  socket.on("data", inward);
  upstream.on("data", outward);
  upstream.on("drain", () => socket.resume());
  socket.on("drain", () => upstream.resume());
  socket.on("end", end(upstream));
  upstream.on("end", end(socket));
  socket.on("close", end(upstream));
  upstream.on("close", end(socket));
  socket.on("error", () => socket.destroy());
  upstream.on("error", () => upstream.destroy());
  if (head.length > 0) inward(head);
  if (rest.length > 0) outward(rest);
  socket.resume();
}
