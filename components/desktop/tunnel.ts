import { Parser, Status, Tunnel } from "guacamole-common-js";

const pingMs = 500;
const { Code } = Status;
const { State } = Tunnel;

/**
 * The Guacamole protocol over a WebSocket. Beside what the library's own does it tells how long a ping takes, and
 * whether the socket ever opened: only where it did not is there a point in trying HTTP instead.
 */
export class SocketTunnel extends Tunnel {
  /** Milliseconds there and back, twice a second while anything is heard. */
  onping: ((ms: number) => void) | null = null;
  opened = false;

  constructor(path: string) {
    super();
    let socket: WebSocket | null = null;
    let watch: ReturnType<typeof setInterval> | undefined;
    let heardAt = 0;
    let pingedAt = Number.NEGATIVE_INFINITY;

    const close = (status: Status) => {
      clearInterval(watch);
      if (this.state === State.CLOSED) return;
      if (status.code !== Code.SUCCESS) this.onerror?.(status);
      this.setState(State.CLOSED);
      socket?.close();
    };
    const ping = () => {
      pingedAt = performance.now();
      this.sendMessage(Tunnel.INTERNAL_DATA_OPCODE, "ping", String(Math.round(pingedAt)));
    };
    const hear = () => {
      heardAt = performance.now();
      if (this.state === State.UNSTABLE) this.setState(State.OPEN);
      // From here and not from a timer: in a hidden tab those run once a minute.
      if (heardAt - pingedAt >= pingMs) ping();
    };
    const look = () => {
      const silent = performance.now() - heardAt;
      if (silent > this.receiveTimeout) close(new Status(Code.UPSTREAM_TIMEOUT, "silent"));
      else if (silent > this.unstableThreshold && this.state === State.OPEN) this.setState(State.UNSTABLE);
      else if (performance.now() - pingedAt >= pingMs) ping();
    };

    this.connect = (data) => {
      this.setState(State.CONNECTING);
      const url = new URL(`${path}?${data}`, window.location.href);
      url.protocol = url.protocol.replace("http", "ws");
      socket = new WebSocket(url, "guacamole");
      const parser = new Parser();
      parser.oninstruction = (opcode, args) => {
        if (opcode !== Tunnel.INTERNAL_DATA_OPCODE) this.oninstruction?.(opcode, args);
        else if (args[0] === "ping") this.onping?.(Math.max(0, performance.now() - Number(args[1])));
        if (this.uuid !== null) return;
        if (opcode === Tunnel.INTERNAL_DATA_OPCODE && args.length === 1) this.setUUID(args[0] ?? "");
        this.setState(State.OPEN);
      };
      heardAt = performance.now();
      watch = setInterval(look, pingMs);
      socket.onopen = () => {
        this.opened = true;
        heardAt = performance.now();
      };
      socket.onmessage = (event: MessageEvent<string>) => {
        try {
          parser.receive(event.data);
        } catch {
          return close(new Status(Code.SERVER_ERROR, "unreadable"));
        }
        hear();
      };
      socket.onclose = ({ reason, code }) => {
        const told = Number.parseInt(reason, 10) as Status.Code;
        close(new Status(Number.isNaN(told) ? Code.fromWebSocketCode(code) : told, reason));
      };
    };
    this.sendMessage = (...elements) => {
      if (this.isConnected() && socket?.readyState === WebSocket.OPEN)
        socket.send(Parser.toInstruction(elements));
    };
    this.disconnect = () => close(new Status(Code.SUCCESS));
  }
}
