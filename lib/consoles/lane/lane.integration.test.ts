import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { closeDatabase } from "@/db/client";
import { startUpstream, type Upstream } from "@/e2e/upstream/upstream";
import { freePort, listenAt, makePerson, makeWorkspace } from "@/e2e/upstream/world";
import { createCtx } from "@/lib/platform/context";
import { createFront, type Front, issueTicket, openCount, revokeWorkspace } from "..";

let front: Front;
let port: number;
let app: string;
let upstream: Upstream;
/** Requests that Node's own server had to look at. */
let careful: string[] = [];
const undo: (() => void)[] = [];

beforeAll(async () => {
  port = await freePort();
  app = listenAt(port);
  front = createFront();
  front.open({ request: (_req, res) => res.end("app") });
  front.server.on("request", (req) => careful.push(`${req.method} ${req.url}`));
  front.server.listen(port, "127.0.0.1");
  await once(front.server, "listening");
  upstream = await startUpstream();
});

afterAll(async () => {
  await front.close();
  await upstream.close();
  await closeDatabase();
});

afterEach(async () => {
  for (const step of undo.splice(0)) step();
  await expect.poll(openCount).toBe(0);
});

/** A browser with one connection at a workspace of its own. */
async function browser(address = upstream.address) {
  const person = await makePerson();
  const place = await makeWorkspace(person.actor.id, address, "secret");
  const { ticket } = await issueTicket({
    ctx: createCtx(person.actor),
    input: { workspaceId: place.id, mode: "use" },
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  undo.push(() => agent.destroy());
  const send = async (
    path: string,
    headers: Record<string, string>,
    { method = "GET", body = "" } = {},
  ): Promise<IncomingMessage> => {
    const req = request({
      host: "127.0.0.1",
      port,
      path,
      method,
      agent,
      headers: { host: place.host, ...headers },
    });
    req.end(body);
    const [res] = (await once(req, "response")) as [IncomingMessage];
    return res;
  };
  const form = { origin: app, "content-type": "application/x-www-form-urlencoded" };
  const entered = await send(
    "/__lab/enter",
    { ...form, connection: "close" },
    { method: "POST", body: `ticket=${ticket}` },
  );
  entered.resume();
  await once(entered, "end");
  const cookie = entered.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  const own = { cookie, "sec-fetch-site": "same-origin" };
  careful = [];
  const get = async (path: string, headers = {}, rest = {}) => {
    const res = await send(path, { ...own, ...headers }, rest);
    const { localPort } = res.socket;
    let text = "";
    res.setEncoding("utf8");
    for await (const part of res) text += String(part);
    return { status: res.statusCode, headers: res.headers, text, localPort };
  };
  const lines = Object.entries({ host: place.host, ...own }).map(([name, value]) => `${name}: ${value}\r\n`);
  return { place, get, send, own, lines: lines.join("") };
}

/** What a connection is told until it is closed. */
async function told(...said: string[]): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.on("data", (bytes) => {
    text += bytes.toString("latin1");
  });
  socket.on("error", () => undefined);
  for (const each of said) {
    socket.write(each);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await once(socket, "close");
  return text;
}

/** A server inside that says what it is told to say, once for each connection, to the bytes that it heard. */
async function scripted(answer: (heard: string, socket: Socket, connection: number) => void) {
  let connections = 0;
  const server = createServer((socket) => {
    const number = ++connections;
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => answer(bytes.toString("latin1"), socket, number));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  undo.push(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("plain GETs of one connection share one inside, and Node's server sees none of them", async () => {
  const { get } = await browser();
  const before = upstream.connections;
  for (const path of ["/small", "/x?y=1", "/split", "/headers?status=204", "/headers?status=304", "/page"])
    expect([path, (await get(path)).status]).toEqual([path, Number(/\d{3}/.exec(path)?.[0] ?? 200)]);
  expect((await get("/split")).text).toBe("你好，世界".repeat(50));
  expect((await get("/big?bytes=3000000")).text).toHaveLength(3_000_000);
  expect(careful).toEqual([]);
  expect(upstream.connections - before).toBe(1);
  expect(upstream.last()?.headers).toMatchObject({ authorization: "token secret", connection: "keep-alive" });
  expect(upstream.last()?.headers.cookie).toBeUndefined();
});

test("what is no plain GET takes the connection with it, and is answered there", async () => {
  const { get, place } = await browser();
  const { localPort } = await get("/small");
  const put = await get("/api/contents/a", {}, { method: "PUT", body: "{}" });
  expect([put.status, put.localPort]).toEqual([200, localPort]);
  expect((await get("/small")).localPort).toBe(localPort);
  expect(careful).toEqual(["PUT /api/contents/a", "GET /small"]);
  const other = await browser();
  await other.get("/small");
  expect((await other.get("/x", { host: place.host })).status).toBe(401);
  expect((await other.get("/a%2fb")).status).toBe(400);
  expect((await other.get("/small", { "sec-fetch-site": "same-site" })).status).toBe(403);
  expect((await other.get("/x", { host: new URL(app).host })).text).toBe("app");
  expect(careful).toHaveLength(4);
});

test("a request in pieces is read by Node, one behind another by nobody", async () => {
  const { lines } = await browser();
  const whole = `GET /small HTTP/1.1\r\n${lines}Connection: close\r\n\r\n`;
  expect(await told(whole)).toMatch(/^HTTP\/1\.1 200 OK\r\n(.*\r\n)+b{2048}$/);
  expect(careful).toEqual([]);
  expect(await told(whole.slice(0, 30), whole.slice(30))).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  const before = upstream.requests.length;
  expect(await told(`GET /hang HTTP/1.1\r\n${lines}\r\n`, whole)).toBe("");
  expect(upstream.requests.slice(before).map(({ url }) => url)).not.toContain("/small");
});

test.each([
  ["ends with the connection", "HTTP/1.0 200 OK\r\n\r\nall of it", 200],
  ["has two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", 503],
  ["is none", "SSH-2.0-OpenSSH\r\n\r\n", 503],
])("an answer that %s is left to the careful way", async (_, answer, status) => {
  const address = await scripted((_heard, socket) => socket.end(answer, "latin1"));
  const { get } = await browser(address);
  const got = await get("/x");
  expect(got.status).toBe(status);
  if (status === 200) expect(got.text).toBe("all of it");
  expect(careful).toEqual(["GET /x"]);
});

test("what comes after an answer is nobody's answer", async () => {
  const small = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const address = await scripted((heard, socket, connection) => {
    const path = /^GET (\S+)/.exec(heard)?.[1] ?? "";
    socket.write(small(`${path} ${connection}`));
    if (path === "/late") setImmediate(() => socket.write(small("planted")));
    if (path === "/more") socket.write("planted");
  });
  const { get } = await browser(address);
  expect((await get("/a")).text).toBe("/a 1");
  expect((await get("/late")).text).toBe("/late 1");
  await expect.poll(async () => (await get("/b")).text).toMatch(/^\/b [23]$/);
  expect((await get("/c")).text).not.toContain("planted");
});

test("a connection that was closed inside meanwhile is made anew", async () => {
  const address = await scripted((_heard, socket, connection) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${connection}`);
    socket.end();
  });
  const { get } = await browser(address);
  const seen = [(await get("/")).text, (await get("/")).text, (await get("/")).text];
  expect(new Set(seen).size).toBe(3);
});

test("half an answer looks like one, in chunks too", async () => {
  const address = await scripted((heard, socket) => {
    socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
    if (heard.startsWith("GET /odd")) setImmediate(() => socket.write("5;x\r\n"));
    else setImmediate(() => socket.destroy());
  });
  const { get } = await browser(address);
  await expect(get("/cut")).rejects.toThrow();
  await expect(get("/odd")).rejects.toThrow();
});

test("a stream begins at once, and ends with the grant or with its reader", async () => {
  const { send, own, place } = await browser();
  const silent = await send("/silent-stream", own);
  expect(silent.headers["content-type"]).toBe("text/event-stream");
  expect(careful).toEqual([]);
  const aborted = upstream.aborted;
  silent.destroy();
  await expect.poll(() => upstream.aborted).toBe(aborted + 1);
  const stream = await send("/stream", own);
  const cut = once(stream, "error");
  stream.resume();
  revokeWorkspace(place.id);
  await cut;
  await expect.poll(() => upstream.aborted).toBe(aborted + 2);
});
