import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Inside } from "../front/workspace-request";
import { refuseUpgrade } from "../proxy/tunnel";

/** A terminal's WebSocket at the app's origin. */
export function handleTerminalUpgrade(_req: IncomingMessage, socket: Duplex, _head: Buffer, _inside: Inside) {
  refuseUpgrade(socket, 404);
}
