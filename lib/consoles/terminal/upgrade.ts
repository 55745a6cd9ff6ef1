import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { conflict, limit, toAppError } from "@/lib/platform/errors";
import { log } from "@/lib/platform/log";
import { metrics } from "@/lib/platform/metrics";
import { enterConsole } from "../enter-console";
import type { Inside } from "../front/workspace-request";
import type { Grant } from "../grants";
import {
  browserMessage,
  closeCodes,
  enterMessage,
  heart,
  limits,
  outputFrame,
  type ServiceMessage,
} from "./protocol";
import { epoch, type Room, roomOf } from "./room";
import type { Viewer } from "./terminal";

const enterMs = 10_000;
/** More requests than this under way at once come from no page of ours. */
const mostPending = 32;

const server = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  maxPayload: limits.frame + 2,
});

/**
 * A terminal's WebSocket at the app's origin, which has been judged before. Who comes is said by the session's
 * cookie, what for by a ticket in the first message: nothing is told or done before.
 */
export function handleTerminalUpgrade(
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  inside: Inside,
): void {
  server.handleUpgrade(req, socket, head, (ws) => {
    const { hot } = metrics();
    hot.upgrades++;
    hot.socketsOpen++;
    ws.on("close", () => hot.socketsOpen--);
    ws.on("error", () => ws.terminate());
    const late = setTimeout(() => close(ws, closeCodes.refused, "late"), enterMs);
    ws.on("close", () => clearTimeout(late));
    ws.once("message", (data, binary) => {
      clearTimeout(late);
      enter(ws, req, binary ? null : parse(enterMessage, data), inside).catch((error: unknown) => {
        const { code, key, params } = toAppError(error);
        if (code === "internal") log().error({ err: error }, "entering a terminal failed");
        tell(ws, { type: "failed", code, key, params });
        close(ws, code === "unavailable" ? closeCodes.later : closeCodes.refused, "refused");
      });
    });
  });
}

async function enter(
  ws: WebSocket,
  req: IncomingMessage,
  wish: ReturnType<typeof enterMessage.parse> | null,
  inside: Inside,
): Promise<void> {
  const { ticket, mode, seen = {}, epoch: before } = wish ?? {};
  const { grant } = await enterConsole({ target: req.url ?? "/", cookie: req.headers.cookie, ticket, mode });
  if (!grant.target) throw conflict("consoles.notReady");
  if (ws.readyState !== ws.OPEN) return;
  const room = roomOf(grant.workspaceId);
  if (room.full) throw limit("terminal.tooManyViewers");
  serve(ws, { room, grant, inside, seen: { before, positions: seen } });
}

function serve(
  ws: WebSocket,
  at: {
    room: Room;
    grant: Grant;
    inside: Inside;
    seen: { before: string | undefined; positions: Record<string, number> };
  },
): void {
  const { room, grant, inside, seen } = at;
  const { beatMs, silentMs } = heart;
  const opened = { close: (code: number, reason: string) => close(ws, code, reason) };
  const viewer: Viewer = {
    mode: grant.mode,
    tell: (message) => tell(ws, message),
    output: (id, bytes) => send(ws, outputFrame(id, bytes)),
  };
  let heardAt = performance.now();
  let pending = 0;
  // One after the other: a terminal is not closed before it has opened.
  let turn = Promise.resolve();

  const beat = setInterval(() => {
    if (performance.now() - heardAt > silentMs) return ws.terminate();
    tell(ws, { type: "beat" });
  }, beatMs);
  grant.open.add(opened);
  ws.on("close", () => {
    clearInterval(beat);
    grant.open.delete(opened);
    room.leave(viewer);
  });
  ws.on("message", (data: Buffer, binary: boolean) => {
    heardAt = performance.now();
    metrics().hot.bytesIn += data.length;
    if (binary) {
      if (data.length <= 2) return;
      if (room.input(viewer, data.readUInt16BE(0), data.subarray(2))) inside.onActivity(grant.workspaceId);
      return;
    }
    const message = data.length > limits.text ? null : parse(browserMessage, data);
    if (!message || pending >= mostPending) return close(ws, closeCodes.refused, "malformed");
    if (message.type === "ack" || message.type === "beat") return void room.hear(viewer, message);
    if (viewer.mode === "use" && message.type !== "resize") inside.onActivity(grant.workspaceId);
    pending++;
    turn = turn
      .then(() => room.hear(viewer, message))
      .catch((error: unknown) => log().error({ err: error }, "a terminal's request failed"))
      .finally(() => pending--);
  });
  room.enter(viewer, seen.before === epoch ? seen.positions : {});
}

function parse<T>(
  schema: { safeParse(value: unknown): { success: true; data: T } | { success: false } },
  data: RawData,
): T | null {
  try {
    const parsed = schema.safeParse(JSON.parse(String(data)));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

const tell = (ws: WebSocket, message: ServiceMessage): void => send(ws, JSON.stringify(message));

/** Who asks and acknowledges without ever reading would have us keep all of the answers. */
function send(ws: WebSocket, data: string | Buffer): void {
  if (ws.readyState !== ws.OPEN) return;
  if (ws.bufferedAmount > limits.unread) ws.terminate();
  else ws.send(data);
}

/** Tells why, and does not wait long for an answer. */
function close(ws: WebSocket, code: number, reason: string): void {
  ws.close(code, reason);
  setTimeout(() => ws.terminate(), 1_000).unref();
}
