import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { closeDatabase, database } from "@/db/client";
import { sessions, users } from "@/db/schema/accounts";
import { attempts, grants, tickets, workspaces } from "@/db/schema/workspaces";
import { startUpstream, type Upstream } from "@/e2e/upstream/upstream";
import {
  freePort,
  listenAt,
  makePerson,
  makeWorkspace as makePlace,
  type Person,
  type Place,
} from "@/e2e/upstream/world";
import { createWorld } from "@/e2e/world";
import { createCtx, nobody } from "@/lib/platform/context";
import { newId } from "@/lib/platform/ids";
import { metrics } from "@/lib/platform/metrics";
import { grantCookieName } from "@/lib/platform/origins";
import {
  createFront,
  type Front,
  issueTicket,
  openCount,
  pruneConsoles,
  recallWorkspaces,
  revokeSession,
  revokeWorkspace,
  silenceWorkspaces,
} from ".";
import { recheckGrants } from "./grants";

const secret = "inside-token";
const acts: string[] = [];
/** Whether the app behind the front could draw a page now. */
let drawable: boolean | Promise<boolean> = true;
let front: Front;
let port: number;
let appOrigin: string;
let upstream: Upstream;

beforeAll(async () => {
  port = await freePort();
  appOrigin = listenAt(port);
  front = createFront({ onActivity: (id) => acts.push(id), canDraw: async () => drawable, pagesAtOnce: 3 });
  front.open({
    request: (req, res) => {
      res.setHeader("Content-Type", "application/json");
      res.end(JSON.stringify({ app: true, url: req.url, headers: req.headers }));
    },
  });
  front.server.listen(port, "127.0.0.1");
  await once(front.server, "listening");
});

afterAll(async () => {
  await front.close();
  await closeDatabase();
});

beforeEach(async () => {
  upstream = await startUpstream();
  acts.length = 0;
  return async () => {
    // Nothing may stay open after a test, whatever it did.
    expect(await eventually(() => openCount() === 0)).toBe(true);
    await upstream.close();
  };
});

const makeWorkspace = (userId: string, address = upstream.address) => makePlace(userId, address, secret);

type Answer = {
  status: number;
  headers: IncomingMessage["headers"];
  raw: string[];
  body: Buffer;
  text: string;
};
type Ask = {
  host?: string;
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
};

const ask = (
  path: string,
  { host = `localhost:${port}`, method = "GET", headers = {}, body }: Ask = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const req = request(
      { host: "127.0.0.1", port, path, method, agent: false, headers: { host, ...headers } },
      async (res) => {
        const chunks: Buffer[] = [];
        try {
          for await (const chunk of res) chunks.push(chunk as Buffer);
        } catch (error) {
          return reject(error);
        }
        const whole = Buffer.concat(chunks);
        resolve({
          status: res.statusCode ?? 0,
          headers: res.headers,
          raw: res.rawHeaders,
          body: whole,
          text: whole.toString("utf8"),
        });
      },
    );
    req.on("error", reject);
    req.end(body);
  });

/** Bytes as they are, and all that comes back until the server closes. */
const raw = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let got = "";
    socket.on("data", (chunk) => {
      got += chunk.toString("latin1");
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(got));
    setTimeout(() => socket.end(), 500);
  });

const enter = (place: Place, ticket: string, more: Ask["headers"] = {}, next?: string) =>
  ask("/__lab/enter", {
    host: place.host,
    method: "POST",
    headers: {
      origin: appOrigin,
      "content-type": "application/x-www-form-urlencoded",
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "navigate",
      "sec-fetch-dest": "iframe",
      ...more,
    },
    body: new URLSearchParams({ ticket, ...(next ? { next } : {}) }).toString(),
  });

async function open(person?: Person, place?: Place) {
  const who = person ?? (await makePerson());
  const where = place ?? (await makeWorkspace(who.actor.id));
  const { ticket } = await issueTicket({
    ctx: createCtx(who.actor),
    input: { workspaceId: where.id, mode: "use" },
  });
  const answer = await enter(where, ticket);
  const line = String(answer.headers["set-cookie"]?.[0] ?? "");
  const cookie = line.split(";", 1)[0] ?? "";
  const get = (path: string, options: Ask = {}) =>
    ask(path, {
      host: where.host,
      ...options,
      headers: { cookie, "sec-fetch-site": "same-origin", ...options.headers },
    });
  return { person: who, place: where, cookie, get, answer };
}

const socketTo = (
  place: Place,
  cookie: string | undefined,
  origin: string | undefined,
  path = "/ws/echo",
  protocols: string[] = [],
) =>
  new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, {
    headers: { host: place.host, ...(cookie ? { cookie } : {}), ...(origin ? { origin } : {}) },
    perMessageDeflate: true,
  });

/** Status of a refused upgrade, or 101. */
const upgradeStatus = (ws: WebSocket): Promise<number> =>
  new Promise((resolve, reject) => {
    ws.on("open", () => {
      ws.terminate();
      resolve(101);
    });
    ws.on("unexpected-response", (_req, res) => {
      res.resume();
      resolve(res.statusCode ?? 0);
    });
    ws.on("error", reject);
  });

const eventually = async (what: () => boolean, ms = 5_000): Promise<boolean> => {
  const until = performance.now() + ms;
  while (!what() && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
  return what();
};

describe("a ticket", () => {
  test("opens the workspace once, by a form of the app", async () => {
    const { person, place, cookie, get, answer } = await open();
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe("/lab");
    expect(answer.headers["set-cookie"]).toEqual([
      `${grantCookieName(place.label)}=${cookie.split("=")[1]}; Path=/; Secure; HttpOnly; SameSite=None; Partitioned`,
    ]);
    expect((await get("/small")).status).toBe(200);

    const { ticket } = await issueTicket({
      ctx: createCtx(person.actor),
      input: { workspaceId: place.id, mode: "use" },
    });
    expect((await enter(place, ticket)).status).toBe(303);
    expect((await enter(place, ticket)).status).toBe(403);
  });

  test("opens for one of 20 that bring it at once", async () => {
    const person = await makePerson();
    const place = await makeWorkspace(person.actor.id);
    const { ticket } = await issueTicket({
      ctx: createCtx(person.actor),
      input: { workspaceId: place.id, mode: "use" },
    });
    const answers = await Promise.all(Array.from({ length: 20 }, () => enter(place, ticket)));
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 403)).toHaveLength(19);
  });

  test("is kept as a hash only, bound to person, session and workspace, for 30 s", async () => {
    const person = await makePerson();
    const place = await makeWorkspace(person.actor.id);
    const { ticket, action } = await issueTicket({
      ctx: createCtx(person.actor),
      input: { workspaceId: place.id, mode: "use" },
    });
    expect(action).toBe(`${place.origin}/__lab/enter`);
    const [row] = await database().select().from(tickets).where(eq(tickets.workspaceId, place.id));
    expect(row?.hash).toBe(createHash("sha256").update(ticket).digest("hex"));
    expect(row).toMatchObject({ userId: person.actor.id, sessionId: person.actor.sessionId, usedAt: null });
    expect((row?.expiresAt.getTime() ?? 0) - Date.now()).toBeLessThanOrEqual(30_000);

    await database()
      .update(tickets)
      .set({ expiresAt: new Date(Date.now() - 1) })
      .where(eq(tickets.workspaceId, place.id));
    expect((await enter(place, ticket)).status).toBe(403);
  });

  test("is worth nothing elsewhere, later or for others", async () => {
    const person = await makePerson();
    const [place, other] = [await makeWorkspace(person.actor.id), await makeWorkspace(person.actor.id)];
    const issue = async () =>
      (await issueTicket({ ctx: createCtx(person.actor), input: { workspaceId: place.id, mode: "use" } }))
        .ticket;

    expect((await enter(other, await issue())).status).toBe(403);
    expect((await enter(place, randomBytes(32).toString("base64url"))).status).toBe(403);
    expect((await enter(place, "")).status).toBe(403);
    const stranger = await makePerson();
    await expect(
      issueTicket({ ctx: createCtx(stranger.actor), input: { workspaceId: place.id, mode: "use" } }),
    ).rejects.toMatchObject({ code: "not_found" });

    const late = await issue();
    await database()
      .update(sessions)
      .set({ endedAt: new Date() })
      .where(eq(sessions.id, person.actor.sessionId));
    expect((await enter(place, late)).status).toBe(403);
    expect(upstream.connections).toBe(0);
  });

  test.each([
    ["GET", {}, 405],
    ["POST", { origin: "null" }, 403],
    ["POST", { origin: "http://evil.com" }, 403],
    ["POST", { "content-type": "application/json" }, 415],
  ])("is refused by %s with %o", async (method, headers, status) => {
    const person = await makePerson();
    const place = await makeWorkspace(person.actor.id);
    const { ticket } = await issueTicket({
      ctx: createCtx(person.actor),
      input: { workspaceId: place.id, mode: "use" },
    });
    const answer = await ask(`/__lab/enter${method === "GET" ? `?ticket=${ticket}` : ""}`, {
      host: place.host,
      method,
      headers: { origin: appOrigin, "content-type": "application/x-www-form-urlencoded", ...headers },
      body: method === "POST" ? `ticket=${ticket}` : undefined,
    });
    expect([404, status]).toContain(answer.status);
    // It is as good as before.
    expect((await enter(place, ticket)).status).toBe(303);
  });

  test("leads to a path of the workspace and nowhere else", async () => {
    const person = await makePerson();
    const place = await makeWorkspace(person.actor.id);
    for (const [next, expected] of [
      ["/lab/tree/a.ipynb", "/lab/tree/a.ipynb"],
      ["//evil.com", "/evil.com"],
      ["https://evil.com", "/lab"],
      ["/\\evil.com", "/evil.com"],
    ] as const) {
      const { ticket } = await issueTicket({
        ctx: createCtx(person.actor),
        input: { workspaceId: place.id, mode: "use" },
      });
      expect((await enter(place, ticket, {}, next)).headers.location).toBe(expected);
    }
  });

  test("is not made for a workspace that is not ready, or over", async () => {
    const person = await makePerson();
    const place = await makeWorkspace(person.actor.id);
    const issue = () =>
      issueTicket({ ctx: createCtx(person.actor), input: { workspaceId: place.id, mode: "use" } });
    await database().update(workspaces).set({ state: "booting" }).where(eq(workspaces.id, place.id));
    await expect(issue()).rejects.toMatchObject({ code: "conflict", key: "consoles.notReady" });
    await database().update(workspaces).set({ desired: "stopped" }).where(eq(workspaces.id, place.id));
    await expect(issue()).rejects.toMatchObject({ code: "conflict", key: "consoles.ended" });
  });
});

describe("what crosses the proxy", () => {
  test("nothing of ours goes in", async () => {
    const { get, cookie, place } = await open();
    await get("/x?y=1", {
      headers: {
        cookie: `${cookie}; __Host-Http-labyard=session; next-auth.session-token=x; theirs=1`,
        authorization: "Bearer ours",
        "x-forwarded-for": "1.2.3.4",
        "x-middleware-subrequest": "middleware",
        rsc: "1",
        connection: "close, x-hop",
        "x-hop": "1",
        "x-kept": "yes",
      },
    });
    const got = upstream.last();
    expect(got?.url).toBe("/x?y=1");
    expect(got?.headers).toMatchObject({
      host: place.host,
      authorization: `token ${secret}`,
      "x-kept": "yes",
    });
    for (const name of ["cookie", "x-forwarded-for", "x-middleware-subrequest", "rsc", "x-hop"])
      expect(got?.headers[name]).toBeUndefined();
    expect(got?.rawHeaders.join(" ")).not.toContain("session");
  });

  test("nothing of theirs that could hurt comes out", async () => {
    const { get } = await open();
    const hostile = [
      "Set-Cookie: __Host-Http-labyard=evil; Path=/; Secure",
      "Set-Cookie: a=b; Domain=localhost",
      "Service-Worker-Allowed: /",
      "Clear-Site-Data: *",
      "Strict-Transport-Security: max-age=9",
      "Access-Control-Allow-Origin: *",
      "Refresh: 0;url=http://evil",
      "Content-Security-Policy: frame-ancestors *; script-src 'self'",
      "X-Kept: 1",
    ];
    const query = hostile.map((pair) => `h=${encodeURIComponent(pair.replace(": ", ":"))}`).join("&");
    const { headers } = await get(`/headers?${query}`);
    for (const name of [
      "set-cookie",
      "service-worker-allowed",
      "clear-site-data",
      "strict-transport-security",
      "access-control-allow-origin",
      "refresh",
    ])
      expect(headers[name]).toBeUndefined();
    expect(headers).toMatchObject({
      "x-kept": "1",
      "content-security-policy": `script-src 'self'; frame-ancestors ${appOrigin}`,
      "x-content-type-options": "nosniff",
      "cross-origin-resource-policy": "same-origin",
      "origin-agent-cluster": "?1",
    });
  });

  test("redirects stay at home", async () => {
    const { get, place } = await open();
    expect((await get(`/redirect?to=${encodeURIComponent(`${place.origin}/lab?a`)}`)).headers.location).toBe(
      "/lab?a",
    );
    const { upstreamErrors } = metrics().hot;
    const away = await get(`/redirect?to=${encodeURIComponent("//evil.com/")}`);
    expect(away.status).toBe(502);
    expect(metrics().hot.upstreamErrors).toBe(upstreamErrors + 1);
    expect(away.headers.location).toBeUndefined();
  });

  test("bodies whole, both ways", async () => {
    const { get } = await open();
    const body = randomBytes(3_000_000);
    const framings: Record<string, string>[] = [
      { "content-length": String(body.length) },
      { "transfer-encoding": "chunked" },
    ];
    for (const headers of framings) {
      const answer = await get("/api/contents/a", {
        method: "PUT",
        headers,
        body,
      });
      expect(JSON.parse(answer.text)).toEqual({ path: "/api/contents/a", bytes: body.length });
      expect(upstream.last()?.body.sha256).toBe(createHash("sha256").update(body).digest("hex"));
    }
    expect((await get("/split")).text).toBe("你好，世界".repeat(50));
  });

  test("HEAD, 204 and 304 have no body", async () => {
    const { get } = await open();
    expect(await get("/small", { method: "HEAD" })).toMatchObject({ status: 200, text: "" });
    expect(await get("/headers?status=204", {})).toMatchObject({ status: 204, text: "" });
    expect(await get("/headers?status=304", {})).toMatchObject({ status: 304, text: "" });
  });

  test("half an answer looks like one", async () => {
    const { get } = await open();
    await expect(get("/cut")).rejects.toThrow();
  });

  test("a page in the person's language where nobody answers, at once", async () => {
    const { person } = await open();
    const place = await makeWorkspace(person.actor.id, `127.0.0.1:${await freePort()}`);
    const dead = await open(person, place);
    const began = performance.now();
    const answer = await dead.get("/lab", {
      headers: { accept: "text/html", "sec-fetch-mode": "navigate", "accept-language": "en" },
    });
    expect(performance.now() - began).toBeLessThan(3_500);
    expect(answer.status).toBe(503);
    expect(answer.headers["retry-after"]).toBe("2");
    expect(answer.text).toContain("Connecting to the environment");
    expect(answer.text).toContain("location.reload()");
    expect((await dead.get("/api")).headers["content-type"]).toContain("text/plain");
  });

  test("200 MB go through without being held", async () => {
    const { place, cookie } = await open();
    let got = 0;
    let held = 0;
    await new Promise<void>((resolve, reject) => {
      const req = request(
        {
          host: "127.0.0.1",
          port,
          path: "/big?bytes=200000000",
          headers: { host: place.host, cookie, "sec-fetch-site": "same-origin" },
        },
        (res) => {
          res.on("data", (chunk: Buffer) => {
            got += chunk.length;
            // What was sent inside and has not arrived lies in sockets, or in our memory.
            held = Math.max(held, upstream.streamed - got);
          });
          res.on("end", resolve);
          res.on("error", reject);
        },
      );
      req.on("error", reject);
      req.end();
    });
    expect(got).toBe(200_000_000);
    expect(held).toBeLessThan(24_000_000);
  });

  test("a browser that does not read holds the upstream back", async () => {
    const { place, cookie } = await open();
    const req = request({
      host: "127.0.0.1",
      port,
      path: "/big?bytes=200000000",
      headers: { host: place.host, cookie, "sec-fetch-site": "same-origin" },
    });
    req.end();
    const [res] = (await once(req, "response")) as [IncomingMessage];
    res.pause();
    // It comes to rest, however slow the machine is, long before all of it is sent.
    const moved = async () => {
      const before = upstream.streamed;
      await new Promise((resolve) => setTimeout(resolve, 500));
      return upstream.streamed - before;
    };
    await expect.poll(moved, { timeout: 15_000 }).toBe(0);
    const after = upstream.streamed;
    req.destroy();
    expect(after).toBeLessThan(100_000_000);
    expect(await eventually(() => upstream.aborted === 1)).toBe(true);
  });

  test("a browser that leaves is noticed inside", async () => {
    const { place, cookie } = await open();
    for (const path of ["/stream", "/hang", "/silent-stream"]) {
      const before = upstream.aborted;
      const req = request({
        host: "127.0.0.1",
        port,
        path,
        headers: { host: place.host, cookie, "sec-fetch-site": "same-origin" },
      });
      req.on("error", () => undefined);
      req.end();
      if (path === "/hang") await eventually(() => upstream.last()?.url === "/hang");
      else await once(req, "response");
      req.destroy();
      expect(await eventually(() => upstream.aborted > before)).toBe(true);
    }
    expect(openCount()).toBe(0);
  });
});

describe("who is let in", () => {
  test("nobody without a grant, and nothing is dialled", async () => {
    const { place, cookie } = await open();
    const other = await open();
    const dialled = upstream.connections;
    const same = { "sec-fetch-site": "same-origin" };
    const cases: [string, Ask["headers"], number][] = [
      ["no cookie", same, 401],
      ["another's cookie", { ...same, cookie: other.cookie }, 401],
      [
        "another's token under this name",
        { ...same, cookie: `${grantCookieName(place.label)}=${other.cookie.split("=")[1]}` },
        401,
      ],
      ["rubbish", { ...same, cookie: `${grantCookieName(place.label)}=x` }, 401],
      ["a sibling's request", { cookie, "sec-fetch-site": "same-site" }, 403],
      ["no Sec-Fetch", { cookie }, 403],
      ["a service worker", { ...same, cookie, "service-worker": "script" }, 403],
    ];
    for (const [what, headers, status] of cases)
      expect([what, (await ask("/small", { host: place.host, headers })).status]).toEqual([what, status]);
    expect(upstream.connections).toBe(dialled);
  });

  test("the page without a grant asks the app around it to enter again", async () => {
    const { place } = await open();
    const answer = await ask("/lab", {
      host: place.host,
      headers: {
        accept: "text/html",
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "iframe",
      },
    });
    expect(answer.status).toBe(401);
    expect(answer.text).toContain(`postMessage({type:"labyard.enter-needed",reason:"enter"},"${appOrigin}")`);
    expect(answer.text).toContain("需要从实验场重新进入");
    expect(answer.headers["content-security-policy"]).toContain(`frame-ancestors ${appOrigin}`);
  });

  test("upgrades are judged before anything is dialled", async () => {
    const { place, cookie, person } = await open();
    const other = await open();
    const dialled = upstream.connections;
    const refusals: [string | undefined, string | undefined, string, number][] = [
      [undefined, place.origin, "/ws/echo", 401],
      [other.cookie, place.origin, "/ws/echo", 401],
      [`${grantCookieName(place.label)}=${other.cookie.split("=")[1]}`, place.origin, "/ws/echo", 401],
      [cookie, undefined, "/ws/echo", 403],
      [cookie, "null", "/ws/echo", 403],
      [cookie, appOrigin, "/ws/echo", 403],
      [cookie, other.place.origin, "/ws/echo", 403],
      [cookie, `${place.origin}.evil.com`, "/ws/echo", 403],
      [cookie, place.origin, "/ws/%2fecho", 404],
      [cookie, place.origin, "/__lab/enter", 404],
    ];
    for (const [sent, origin, path, status] of refusals)
      expect(await upgradeStatus(socketTo(place, sent, origin, path))).toBe(status);
    await database()
      .update(sessions)
      .set({ endedAt: new Date() })
      .where(eq(sessions.id, person.actor.sessionId));
    revokeSession(person.actor.sessionId);
    expect(await upgradeStatus(socketTo(place, cookie, place.origin))).toBe(401);
    expect(upstream.connections).toBe(dialled);
    expect(upstream.requests.filter(({ upgrade }) => upgrade)).toHaveLength(0);
  });

  test("a WebSocket of the workspace's page goes through, clean", async () => {
    const { place, cookie } = await open();
    const ws = socketTo(place, `${cookie}; theirs=1`, place.origin, "/ws/greet", [
      "v1.kernel.websocket.jupyter.org",
    ]);
    const answered = once(ws, "upgrade") as Promise<[IncomingMessage]>;
    const greeted = once(ws, "message");
    const [answer] = await answered;
    expect(answer.headers["set-cookie"]).toBeUndefined();
    expect(answer.headers.server).toBeUndefined();
    expect(ws.protocol || answer.headers["sec-websocket-protocol"]).toBe("v1.kernel.websocket.jupyter.org");
    expect(String((await greeted)[0])).toBe("你好".repeat(2000));
    const got = upstream.last();
    expect(got?.headers.cookie).toBeUndefined();
    expect(got?.headers.authorization).toBe(`token ${secret}`);
    const big = randomBytes(300_000);
    ws.send(big);
    const [echo] = (await once(ws, "message")) as [Buffer];
    expect(Buffer.compare(echo, big)).toBe(0);
    ws.close(1000);
    const [code] = await once(ws, "close");
    expect(code).toBe(1000);
    expect(await eventually(() => upstream.websockets === 0 && openCount() === 0)).toBe(true);
  });

  test("what the upstream refuses or leaves open does not hang", async () => {
    const { place, cookie } = await open();
    expect(await upgradeStatus(socketTo(place, cookie, place.origin, "/ws/refuse"))).toBe(403);
    const hanging = socketTo(place, cookie, place.origin, "/ws/hang");
    hanging.on("error", () => undefined);
    await eventually(() => upstream.last()?.url === "/ws/hang");
    hanging.terminate();
    expect(await eventually(() => openCount() === 0)).toBe(true);
  });

  test.each([
    [
      "sign-out",
      (p: Person) =>
        database().update(sessions).set({ endedAt: new Date() }).where(eq(sessions.id, p.actor.sessionId)),
    ],
    [
      "suspension",
      (p: Person) => database().update(users).set({ status: "suspended" }).where(eq(users.id, p.actor.id)),
    ],
    [
      "stop",
      (_p: Person, w: Place) =>
        database().update(workspaces).set({ desired: "stopped" }).where(eq(workspaces.id, w.id)),
    ],
  ])("%s, anywhere, closes what is open within 5 s", async (_, end) => {
    const { person, place, cookie, get } = await open();
    const ws = socketTo(place, cookie, place.origin);
    await once(ws, "open");
    const stream = request({
      host: "127.0.0.1",
      port,
      path: "/stream",
      headers: { host: place.host, cookie, "sec-fetch-site": "same-origin" },
    });
    stream.on("error", () => undefined);
    stream.end();
    const [res] = (await once(stream, "response")) as [IncomingMessage];
    res.on("error", () => undefined);
    res.resume();
    const closed = once(ws, "close");
    const gone = new Promise((resolve) => res.on("close", resolve));
    const began = performance.now();
    await end(person, place);
    const [code] = await closed;
    await gone;
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(code).toBe(1008);
    expect((await get("/small")).status).toBe(401);
  });

  test("revoked in this process closes at once", async () => {
    const [one, two] = [await open(), await open()];
    const sockets = await Promise.all(
      [one, two].map(async ({ place, cookie }) => {
        const ws = socketTo(place, cookie, place.origin);
        await once(ws, "open");
        return ws;
      }),
    );
    const began = performance.now();
    const closed = sockets.map((ws) => once(ws, "close"));
    revokeWorkspace(one.place.id);
    revokeSession(two.person.actor.sessionId);
    await Promise.all(closed);
    expect(performance.now() - began).toBeLessThan(500);
  });

  test("a new address of the container is found, and no query is made in between", async () => {
    const { place, get } = await open();
    expect((await get("/small")).status).toBe(200);
    const moved = await startUpstream();
    await database().update(workspaces).set({ address: moved.address }).where(eq(workspaces.id, place.id));
    const before = moved.connections;
    await get("/small");
    expect(moved.connections).toBe(before); // still the cached grant
    await recheckGrants({ db: database(), clock: { now: () => new Date() } });
    expect((await get("/small")).status).toBe(200);
    expect(moved.requests).toHaveLength(1);
    await moved.close();
  });

  test("people's acts are told, polls are not", async () => {
    const { place, cookie, get } = await open();
    await get("/api/contents/a.ipynb");
    await get("/api/kernels");
    expect(acts).toEqual([]);
    await get("/api/contents/a.ipynb", { method: "PUT", body: "{}" });
    expect(acts).toEqual([place.id]);
    const ws = socketTo(place, cookie, place.origin);
    await once(ws, "open");
    ws.ping();
    await once(ws, "pong");
    expect(acts).toHaveLength(1);
    ws.send("run");
    await once(ws, "message");
    expect(acts).toHaveLength(2);
    ws.terminate();
  });

  test("a script inside tells of acts: from then on frames of sockets are none", async () => {
    const { place, cookie, get } = await open();
    expect((await get("/__lab/act", { method: "POST" })).status).toBe(204);
    expect(acts).toEqual([place.id]);
    const ws = socketTo(place, cookie, place.origin);
    await once(ws, "open");
    ws.send("what a widget sends by itself");
    await once(ws, "message");
    expect(acts).toHaveLength(1);
    ws.terminate();
    expect((await get("/__lab/act")).status).toBe(405);
    const activeAt = async () => {
      const [row] = await database().select().from(workspaces).where(eq(workspaces.id, place.id));
      return row?.activeAt ?? null;
    };
    expect(await activeAt()).toBeNull();
    expect((await get("/__lab/here", { method: "POST" })).status).toBe(204);
    expect(await activeAt()).not.toBeNull();
    expect((await get("/__lab/notices", { method: "POST" })).status).toBe(405);
    expect((await get("/__lab/other")).status).toBe(404);
    expect(upstream.requests.map(({ url }) => url).filter((url) => url?.startsWith("/__lab"))).toEqual([]);
  });

  test("what its owner has to be told is streamed to them alone, and ends with the grant", async () => {
    const world = await createWorld(database(), { students: 1 });
    const { student } = world;
    const now = Date.now();
    const attemptId = newId();
    await database()
      .insert(sessions)
      .values({
        id: student.sessionId,
        userId: student.id,
        createdAt: new Date(now),
        seenAt: new Date(now),
        expiresAt: new Date(now + 3_600_000),
      });
    await database()
      .insert(attempts)
      .values({
        id: attemptId,
        taskId: world.taskId,
        userId: student.id,
        number: 1,
        templateVersionId: newId(),
        state: "open",
        startedAt: new Date(now - 56 * 60_000),
        deadlineAt: new Date(now + 4 * 60_000),
        warnedMinutes: 5,
        createdAt: new Date(now),
      });
    const { place, cookie } = await open({ actor: student });
    const headers = { host: place.host, "sec-fetch-site": "same-origin" };
    expect((await ask("/__lab/notices", { host: place.host, headers })).status).toBe(401);
    await database().update(workspaces).set({ attemptId }).where(eq(workspaces.id, place.id));
    const req = request({ host: "127.0.0.1", port, path: "/__lab/notices", headers: { ...headers, cookie } });
    req.end();
    const [res] = (await once(req, "response")) as [IncomingMessage];
    expect(res.headers["content-type"]).toContain("text/event-stream");
    let text = "";
    res.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
    });
    const said = () => /^data: (.*)$/m.exec(text)?.[1];
    expect(await eventually(() => said() !== undefined)).toBe(true);
    const ended = once(res, "end");
    revokeWorkspace(place.id);
    await ended;
    expect(JSON.parse(said() ?? "null")).toMatchObject({
      idle: null,
      deadline: {
        text: expect.stringContaining("距离结束还有 "),
        tone: "warning",
        url: `${appOrigin}/workspaces/${place.id}`,
      },
    });
  });

  test("200 sockets torn down without a word leave nothing", async () => {
    const { place, cookie } = await open();
    for (let round = 0; round < 4; round++) {
      const sockets = await Promise.all(
        Array.from({ length: 50 }, async () => {
          const ws = socketTo(place, cookie, place.origin);
          ws.on("error", () => undefined);
          await once(ws, "open");
          ws.send("x".repeat(10_000));
          return ws;
        }),
      );
      for (const ws of sockets) ws.terminate();
    }
    expect(await eventually(() => upstream.websockets === 0 && openCount() === 0)).toBe(true);
    expect(await eventually(() => upstream.open === 0)).toBe(true);
  });

  test("a stalled page holds a flooding kernel back", async () => {
    const { place, cookie } = await open();
    const ws = socketTo(place, cookie, place.origin, "/ws/flood");
    await once(ws, "open");
    ws.pause();
    await new Promise((resolve) => setTimeout(resolve, 800));
    const before = upstream.streamed;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(upstream.streamed - before).toBeLessThan(10_000_000);
    ws.terminate();
  });
});

describe("the front", () => {
  test("knows whose a request is", async () => {
    const { place } = await open();
    expect(JSON.parse((await ask("/x")).text).app).toBe(true);
    for (const host of [
      `evil.com:${port}`,
      "localhost",
      `x.${place.host}`,
      `${place.host}.`,
      "169.254.169.254",
      `127.0.0.1:${port}`,
    ])
      expect([host, (await ask("/x", { host })).status]).toEqual([host, 421]);
    expect((await ask("/api/health", { host: `127.0.0.1:${port}` })).status).toBe(200);
    expect((await ask("/api/inngest", { host: `127.0.0.1:${port}`, method: "PUT" })).status).toBe(200);
  });

  test.each([
    ["an absolute target", `GET http://169.254.169.254/ HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n`, 400],
    [
      "an absolute upgrade",
      `GET http://169.254.169.254/ HTTP/1.1\r\nHost: localhost:PORT\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\n`,
      400,
    ],
    ["two Hosts", `GET / HTTP/1.1\r\nHost: localhost:PORT\r\nHost: evil\r\n\r\n`, 400],
    ["no Host", `GET / HTTP/1.1\r\nAccept: */*\r\n\r\n`, 400],
    ["no Host in 1.0", `GET / HTTP/1.0\r\n\r\n`, 400],
    [
      "two lengths of a body",
      `POST / HTTP/1.1\r\nHost: localhost:PORT\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ["17 KB of headers", `GET / HTTP/1.1\r\nHost: localhost:PORT\r\nX: ${"x".repeat(17_000)}\r\n\r\n`, 431],
    [
      "another protocol",
      `GET / HTTP/1.1\r\nHost: localhost:PORT\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n`,
      400,
    ],
    [
      "an upgrade of the app",
      `GET /x HTTP/1.1\r\nHost: localhost:PORT\r\nOrigin: http://localhost:PORT\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\n`,
      404,
    ],
    [
      "an upgrade nowhere",
      `GET /x HTTP/1.1\r\nHost: evil\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n\r\n`,
      421,
    ],
  ])("refuses %s", async (_, text, status) => {
    expect(await raw(text.replaceAll("PORT", String(port)))).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  test("odd paths are refused before anything is asked", async () => {
    const { get } = await open();
    for (const path of ["/a%2f..%2fb", "/%00", "/a/%2e%2e/b", "//evil", "/a\\b", "/%5c"])
      expect([path, (await get(path)).status]).toEqual([path, 400]);
    expect(upstream.requests).toHaveLength(0);
  });

  test.each([
    ["an endless body", "/api/consoles/tickets", "Transfer-Encoding: chunked", 411],
    ["a body of 1 GB", "/api/consoles/tickets", "Content-Length: 1000000000", 413],
    ["a body of 1 GB for a page", "/", "Content-Length: 1000000000", 413],
    ["a body of 1 GB for the jobs", "/api/inngest?fnId=x", "Content-Length: 1000000000", 413],
    ["a body of 5 GB for an attachment", "/api/attachments?name=x", "Content-Length: 5000000000", 200],
    ["an endless piece of an upload", "/api/attempts/A/uploads/x", "Transfer-Encoding: chunked", 200],
    ["an endless list of uploads", "/api/attempts/A/uploads/place", "Transfer-Encoding: chunked", 411],
  ])("judges the length of what would be read whole: %s", async (_, path, length, status) => {
    // Nothing of it is sent: whoever answers has not waited for it.
    const head = `POST ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nOrigin: http://localhost:${port}\r\n${length}\r\n\r\n`;
    expect(await raw(head)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  test("a workspace's page gets nothing out of the app", async () => {
    const { place } = await open();
    for (const headers of [
      { "sec-fetch-site": "same-site", origin: place.origin },
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" },
    ] as Ask["headers"][])
      expect((await ask("/x", { headers })).status).toBe(403);
    expect((await ask("/x", { method: "POST", headers: { origin: place.origin } })).status).toBe(403);
    expect((await ask("/x", { method: "POST", headers: { origin: "null" } })).status).toBe(403);
    const mail = {
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "navigate",
      "sec-fetch-dest": "document",
    };
    expect((await ask("/x", { headers: mail })).status).toBe(200);
  });

  test("only we say who is behind a request to the app", async () => {
    const answer = await ask("/x", {
      headers: {
        "x-forwarded-host": "evil",
        "x-forwarded-for": "1.2.3.4",
        "x-middleware-subrequest": "y",
        "x-labyard-path": "/z",
      },
    });
    const { headers } = JSON.parse(answer.text);
    expect(headers).toMatchObject({ "x-forwarded-host": `localhost:${port}`, "x-labyard-path": "/x" });
    expect(headers["x-forwarded-for"]).toMatch(/127\.0\.0\.1$/);
    expect(headers["x-middleware-subrequest"]).toBeUndefined();
    expect(answer.headers["content-security-policy"]).toContain("frame-ancestors 'none'");
  });
});

test("what can open nothing any more is removed", async () => {
  const kept = await open();
  const { place, cookie } = await open();
  const old = new Date(Date.now() - 48 * 3600_000);
  await database().update(tickets).set({ expiresAt: old }).where(eq(tickets.workspaceId, place.id));
  await database()
    .update(workspaces)
    .set({ state: "stopped", endedAt: old })
    .where(eq(workspaces.id, place.id));
  await pruneConsoles({ ctx: createCtx(nobody) });
  expect(await database().select().from(tickets).where(eq(tickets.workspaceId, place.id))).toEqual([]);
  expect(await database().select().from(grants).where(eq(grants.workspaceId, place.id))).toEqual([]);
  expect(cookie).toBeTruthy();
  expect(await database().select().from(grants).where(eq(grants.workspaceId, kept.place.id))).toHaveLength(1);
});

test("a connection opened ahead and never used is closed without a word", async () => {
  // Chromium would take what was written there for the answer to the request that it sends at last.
  const late = Object.assign(new Error("timeout"), { code: "ERR_HTTP_REQUEST_TIMEOUT" });
  const heard = async (said: string): Promise<string> => {
    const arrived = once(front.server, "connection");
    const near = connect(port, "127.0.0.1");
    const [far] = await arrived;
    if (said) {
      near.write(said);
      while (far.bytesRead === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    front.server.emit("clientError", late, far);
    const chunks: Buffer[] = [];
    for await (const chunk of near) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString();
  };
  expect(await heard("")).toBe("");
  expect(await heard("GET /x HTTP/1.1\r\nHost:")).toMatch(/^HTTP\/1\.1 408 /);
});

test("a page that cannot be drawn says so and keeps its address; what is no page is asked all the same", async () => {
  drawable = false;
  try {
    const page = await ask("/experiments?tab=1", { headers: { accept: "text/html" } });
    expect(page.status).toBe(503);
    expect(page.headers["retry-after"]).toBe("5");
    expect(page.headers["content-security-policy"]).toContain("frame-ancestors 'none'");
    expect(page.text).toContain(String(page.headers["x-request-id"]));
    expect(page.text).toContain("location.replace(location.href)");
    // A form's action, a route and a file answer for themselves.
    expect(
      (await ask("/x", { method: "POST", headers: { "next-action": "a", origin: appOrigin } })).status,
    ).toBe(200);
    expect((await ask("/api/workspaces/1/screen")).status).toBe(200);
    expect((await ask("/icon.svg")).status).toBe(200);
  } finally {
    drawable = true;
  }
  expect((await ask("/experiments")).status).toBe(200);
});

test("more pages than can be drawn at once wait at the door, and those that are drawn are drawn", async () => {
  let letGo = () => {};
  drawable = new Promise((resolve) => {
    letGo = () => resolve(true);
  });
  const asked = Array.from({ length: 4 }, () => ask("/experiments"));
  expect((await Promise.race(asked)).status).toBe(503);
  expect((await ask("/icon.svg")).status).toBe(200);
  letGo();
  drawable = true;
  expect((await Promise.all(asked)).map(({ status }) => status).sort()).toEqual([200, 200, 200, 503]);
  expect((await ask("/experiments")).status).toBe(200);
});

describe("a paused workspace", () => {
  const pauseRow = (place: Place) =>
    database().update(workspaces).set({ state: "paused" }).where(eq(workspaces.id, place.id));
  const resumeRow = (place: Place) =>
    database().update(workspaces).set({ state: "ready" }).where(eq(workspaces.id, place.id));

  test("is not asked anything: sockets close with the code of a restart, requests and pages are told at once", async () => {
    const { place, cookie, get } = await open();
    const ws = socketTo(place, cookie, place.origin);
    await once(ws, "open");
    const closed = once(ws, "close");
    await pauseRow(place);
    silenceWorkspaces([place.id]);
    expect((await closed)[0]).toBe(1012);
    const dialled = upstream.connections;
    const began = performance.now();
    const refused = await get("/api/kernels");
    expect([refused.status, refused.headers["x-labyard-paused"]]).toEqual([503, "1"]);
    expect(await upgradeStatus(socketTo(place, cookie, place.origin))).toBe(503);
    const page = await get("/lab", {
      headers: {
        accept: "text/html",
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "iframe",
        "accept-language": "en",
      },
    });
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(page.status).toBe(503);
    expect(page.text).toContain("This environment is paused");
    expect(page.text).toContain(`href="${appOrigin}/workspaces/${place.id}"`);
    expect(upstream.connections).toBe(dialled);
    await resumeRow(place);
    recallWorkspaces([place.id]);
    expect((await get("/small")).status).toBe(200);
  });

  test("is found out by a process that was not told, within the next check", async () => {
    const { place, cookie, get } = await open();
    const ws = socketTo(place, cookie, place.origin);
    await once(ws, "open");
    const closed = once(ws, "close");
    await pauseRow(place);
    await recheckGrants({ db: database(), clock: { now: () => new Date() } });
    expect((await closed)[0]).toBe(1012);
    expect((await get("/small")).status).toBe(503);
  });
});

test("a process that ends says so to its sockets, so that pages come back", async () => {
  const { place, cookie } = await open();
  const ws = socketTo(place, cookie, place.origin);
  await once(ws, "open");
  const closed = once(ws, "close");
  front.drain();
  expect((await closed)[0]).toBe(1012);
  expect((await ask("/x")).status).toBe(503);
});
