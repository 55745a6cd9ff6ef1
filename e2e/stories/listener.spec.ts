import { eq } from "drizzle-orm";
import { closeDatabase } from "@/db/client";
import { sessions, tickets } from "@/db/schema";
import { grantCookieName, originOf } from "@/lib/platform/origins";
import { type Walker, walkers } from "../access";
import { type AccessWorld, createAccessWorld } from "../access-world";
import { type Answer, ask, askRaw, askUpgrade } from "../ask";
import { expect, test } from "../fixtures";
import { startUpstream, type Upstream } from "../upstream/upstream";

/** The listener in front of everything, over plain HTTP: origins of workspaces, upgrades, doors for machines. */
let url: string;
let world: AccessWorld;
let upstream: Upstream;

test.beforeAll(async ({ baseURL }) => {
  url = baseURL ?? "";
  upstream = await startUpstream();
  world = await createAccessWorld(url, upstream.address);
});

test.afterAll(async () => {
  await upstream?.close();
  await closeDatabase();
});

test("every way into a workspace, and every upgrade", async () => {
  const { place, theirs } = world;
  const host = new URL(originOf(place.label)).host;
  const otherHost = new URL(originOf(theirs.label)).host;
  const own = originOf(place.label);
  const ticketOf = async (walker: Walker, workspaceId: string) => {
    const answer = await ask(url, {
      method: "POST",
      path: "/api/consoles/tickets",
      headers: { cookie: world.cookies[walker], origin: url, "content-type": "application/json" },
      body: JSON.stringify({ workspaceId, mode: "use" }),
    });
    expect.soft(answer.status, answer.body).toBe(200);
    return (JSON.parse(answer.body) as { ticket: string }).ticket;
  };
  const enter = (ticket: string, at = host, headers: Record<string, string> = { origin: url }) =>
    ask(url, {
      method: "POST",
      path: "/__lab/enter",
      host: at,
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
      body: new URLSearchParams({ ticket, next: "//evil.test/" }).toString(),
    });
  const grantOf = (answer: Answer) =>
    String(answer.headers["set-cookie"]?.[0]).split(";")[0]?.split("=")[1] ?? "";
  const cookieAt = (label: string, grant: string) => `${grantCookieName(label)}=${grant}`;

  // Tickets: for one person, one workspace, once, from the app's own form.
  const ticket = await ticketOf("owner", place.workspaceId);
  for (const origin of ["null", own, originOf(theirs.label), `${url}.evil.test`])
    expect.soft((await enter(ticket, host, { origin })).status, `ticket from ${origin}`).toBe(403);
  expect.soft((await enter(ticket, host, {})).status, "ticket without origin").toBe(403);
  expect.soft((await enter(ticket, otherHost)).status, "ticket at another workspace").toBe(403);
  expect.soft((await enter("x".repeat(43))).status, "a made-up ticket").toBe(403);
  const entered = await enter(ticket);
  expect.soft(entered.status).toBe(303);
  expect.soft(entered.headers.location, "never to another site").toMatch(/^\/(?!\/)/);
  expect
    .soft(entered.headers["set-cookie"]?.[0])
    .toMatch(/^__Host-Http-ws-\w+=[\w-]{43}; Path=\/; Secure; HttpOnly; SameSite=None; Partitioned$/);
  expect.soft((await enter(ticket)).status, "a ticket a second time").toBe(403);
  const late = await ticketOf("owner", place.workspaceId);
  await world.db.update(tickets).set({ expiresAt: new Date(Date.now() - 1_000) });
  expect.soft((await enter(late)).status, "a ticket too late").toBe(403);

  const grant = grantOf(entered);
  const foreignGrant = grantOf(await enter(await ticketOf("classmate", theirs.workspaceId), otherHost));
  const same = { "sec-fetch-site": "same-origin" };
  const tries: [string, Record<string, string>][] = [
    ["nobody", {}],
    ["the app's session", { cookie: world.cookies.owner }],
    ["a teacher's session", { cookie: world.cookies.teacher }],
    ["another student's grant", { cookie: cookieAt(theirs.label, foreignGrant) }],
    ["another student's grant under this name", { cookie: cookieAt(place.label, foreignGrant) }],
    ["a ticket as grant", { cookie: cookieAt(place.label, ticket) }],
  ];
  const dialled = upstream.connections;
  for (const [who, headers] of tries) {
    for (const method of ["GET", "POST", "PUT", "DELETE"]) {
      const answer = await ask(url, {
        method,
        path: "/api/terminals",
        host,
        headers: { ...same, origin: own, ...headers },
      });
      expect.soft([401, 403], `${method} as ${who}`).toContain(answer.status);
    }
    for (const [method, path] of [
      ["GET", "/__lab/notices"],
      ["POST", "/__lab/act"],
      ["POST", "/__lab/here"],
    ] as const) {
      const answer = await ask(url, { method, path, host, headers: { ...same, origin: own, ...headers } });
      expect.soft([401, 403], `${method} ${path} as ${who}`).toContain(answer.status);
    }
    const status = await askUpgrade(url, { path: "/ws/echo", host, headers: { origin: own, ...headers } });
    expect.soft([401, 403], `upgrade as ${who}`).toContain(status);
  }
  const mine = { cookie: cookieAt(place.label, grant) };
  for (const origin of [
    url,
    originOf(theirs.label),
    "null",
    `${own}.evil.test`,
    own.replace("http:", "https:"),
  ]) {
    const status = await askUpgrade(url, { path: "/ws/echo", host, headers: { ...mine, origin } });
    expect.soft(status, `upgrade from ${origin}`).toBe(403);
    const posted = await ask(url, {
      method: "POST",
      path: "/api/terminals",
      host,
      headers: { ...mine, ...same, origin },
    });
    expect.soft(posted.status, `POST from ${origin}`).toBe(403);
  }
  expect
    .soft(await askUpgrade(url, { path: "/ws/echo", host, headers: mine }), "upgrade without origin")
    .toBe(403);
  for (const site of ["same-site", "cross-site"]) {
    for (const mode of ["no-cors", "cors", "navigate"]) {
      const headers = {
        ...mine,
        "sec-fetch-site": site,
        "sec-fetch-mode": mode,
        "sec-fetch-dest": "document",
      };
      const answer = await ask(url, { method: "POST", path: "/api/terminals", host, headers });
      expect.soft(answer.status, `${site} ${mode} POST`).toBe(403);
    }
  }
  const worker = { ...mine, ...same, "service-worker": "script", "sec-fetch-dest": "serviceworker" };
  expect
    .soft((await ask(url, { path: "/sw.js", host, headers: worker })).status, "a service worker")
    .toBe(403);
  for (const path of ["/a/../../etc", "/%2e%2e/x", "/a%2f..%2fb", "/a\\b", "//evil.test/", "/%00"])
    expect.soft((await ask(url, { path, host, headers: { ...mine, ...same } })).status, path).toBe(400);
  expect.soft(upstream.connections, "nothing inside was dialled for any of them").toBe(dialled);

  // Control: the owner's own pages do get in.
  const act = { method: "POST", path: "/__lab/act", host, headers: { ...mine, ...same, origin: own } };
  expect.soft((await ask(url, act)).status, "an act of the owner").toBe(204);
  expect.soft((await ask(url, { path: "/small", host, headers: { ...mine, ...same } })).status).toBe(200);
  expect.soft(await askUpgrade(url, { path: "/ws/echo", host, headers: { ...mine, origin: own } })).toBe(101);
  const inside = upstream.requests.find((request) => request.url === "/small");
  expect.soft(inside?.headers.cookie, "no cookie of ours goes inside").toBeUndefined();
  expect.soft(inside?.headers.authorization).toBe("token secret-of-the-stand-in");

  // The app takes no upgrade at all, for whomever.
  for (const path of ["/", "/api/events", "/api/inngest", "/_next/webpack-hmr", "/workspaces/x"]) {
    for (const headers of [{}, { origin: url, cookie: world.cookies.admin }, { origin: own }] as Record<
      string,
      string
    >[])
      expect.soft(await askUpgrade(url, { path, headers }), `upgrade of ${path}`).not.toBe(101);
  }
  // What monitors may read, no person may, whatever their role; what is ready is told to anyone, without figures.
  for (const walker of walkers) {
    const cookie = world.cookies[walker];
    const figures = await ask(url, { path: "/metrics", headers: { ...(cookie ? { cookie } : {}) } });
    expect.soft(figures.status, `/metrics as ${walker}`).toBe(401);
    expect.soft(figures.body).not.toContain("labyard_");
  }
  for (const path of ["/api/health", "/api/ready"]) {
    const told = await ask(url, { path });
    expect.soft(told.status, path).toBe(200);
    expect.soft(told.body, path).not.toMatch(/GB|ms"|ECONN|alive/);
  }
  const byNumber = `127.0.0.1:${new URL(url).port}`;
  const monitor = await ask(url, { path: "/metrics", host: byNumber });
  expect.soft(monitor.status, "/metrics from this machine").toBe(200);
  expect.soft(monitor.body).toContain("labyard_http_requests_total");
  const forwarded = { "x-forwarded-for": "10.0.0.7" };
  expect.soft((await ask(url, { path: "/metrics", host: byNumber, headers: forwarded })).status).toBe(401);
  expect.soft((await ask(url, { path: "/api/ready", host: byNumber })).body).toContain("GB free");
  // Requests that name another place to go to are nobody's.
  const handshake = [
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
  ];
  const app = new URL(url).host;
  const reached = upstream.connections;
  for (const [what, lines] of [
    ["an absolute target", [`GET http://${upstream.address}/ HTTP/1.1`, `Host: ${app}`]],
    ["an absolute upgrade", [`GET http://${upstream.address}/ HTTP/1.1`, `Host: ${app}`, ...handshake]],
    ["another host", ["GET / HTTP/1.1", `Host: ${upstream.address}`]],
    ["another host's upgrade", ["GET / HTTP/1.1", `Host: ${upstream.address}`, ...handshake]],
    ["two hosts", ["GET / HTTP/1.1", `Host: ${app}`, `Host: ${host}`]],
    ["a trailing dot", ["GET / HTTP/1.1", `Host: ${host.replace(":", ".:")}`]],
    ["loopback's name", ["GET /account HTTP/1.1", `Host: 127.0.0.1:${new URL(url).port}`]],
  ] as [string, string[]][]) {
    expect.soft([0, 400, 421], what).toContain(await askRaw(url, lines));
  }
  expect.soft(upstream.connections).toBe(reached);

  // Signed out: what the session opened closes by itself.
  const endedAt = new Date();
  await world.db
    .update(sessions)
    .set({ endedAt })
    .where(eq(sessions.userId, world.actors.owner?.id ?? ""));
  await expect
    .poll(async () => (await ask(url, { path: "/small", host, headers: { ...mine, ...same } })).status, {
      timeout: 10_000,
    })
    .toBe(401);
});
