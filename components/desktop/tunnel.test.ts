import { Status, Tunnel } from "guacamole-common-js";
import { beforeEach, expect, test, vi } from "vitest";
import { SocketTunnel } from "./tunnel";

class FakeSocket {
  static readonly OPEN = 1;
  static last: FakeSocket;
  readyState = 1;
  sent: string[] = [];
  onopen?: () => void;
  onmessage?: (event: { data: string }) => void;
  onclose?: (event: { reason: string; code: number }) => void;
  constructor(
    readonly url: URL,
    readonly protocol: string,
  ) {
    FakeSocket.last = this;
  }
  send(text: string) {
    this.sent.push(text);
  }
  close() {}
}

beforeEach(() => {
  vi.stubGlobal(
    "window",
    Object.assign(globalThis, { location: { href: "https://lab.example/workspaces/1" } }),
  );
  vi.stubGlobal("WebSocket", FakeSocket);
});

function open() {
  const tunnel = new SocketTunnel("/tunnel");
  const errors: number[] = [];
  tunnel.onerror = ({ code }) => errors.push(code);
  tunnel.connect("ticket=a%20b");
  return { tunnel, errors, socket: FakeSocket.last };
}

test("opens with the tunnel's name, on the page's own origin", () => {
  const { tunnel, socket } = open();
  expect(String(socket.url)).toBe("wss://lab.example/tunnel?ticket=a%20b");
  expect(socket.protocol).toBe("guacamole");
  socket.onopen?.();
  socket.onmessage?.({ data: "0.,4.uuid;" });
  expect(tunnel.uuid).toBe("uuid");
  expect(tunnel.state).toBe(Tunnel.State.OPEN);
  tunnel.disconnect();
});

test("measures its pings and passes on everything else", () => {
  const { tunnel, socket } = open();
  const heard: string[] = [];
  const pings: number[] = [];
  tunnel.oninstruction = (opcode) => heard.push(opcode);
  tunnel.onping = (ms) => pings.push(ms);
  socket.onmessage?.({ data: "0.,4.uuid;" });
  expect(socket.sent[0]).toMatch(/^0\.,4\.ping,/);
  socket.onmessage?.({ data: `${socket.sent[0]}4.sync,1.1;` });
  expect(pings).toHaveLength(1);
  expect(pings[0]).toBeGreaterThanOrEqual(0);
  expect(heard).toEqual(["sync"]);
  tunnel.disconnect();
});

test("ends with the status in the reason, else by the code; unreadable words end it too", () => {
  const told = open();
  told.socket.onclose?.({ reason: String(0x20b), code: 1002 });
  expect(told.errors).toEqual([Status.Code.SESSION_CLOSED]);
  expect(told.tunnel.state).toBe(Tunnel.State.CLOSED);
  const mute = open();
  mute.socket.onclose?.({ reason: "", code: 1006 });
  expect(mute.errors).toEqual([Status.Code.UPSTREAM_NOT_FOUND]);
  const bad = open();
  bad.socket.onmessage?.({ data: "x.what;" });
  expect(bad.errors).toEqual([Status.Code.SERVER_ERROR]);
});
