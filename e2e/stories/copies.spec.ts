import { request } from "node:http";
import { expect, test } from "@playwright/test";
import { eq } from "drizzle-orm";
import { WebSocket } from "ws";
import { closeDatabase, database } from "@/db/client";
import { executorRuns, executorWorkers, workspaces } from "@/db/schema";
import { suspendUser } from "@/lib/accounts/suspend-user";
import { startTask } from "@/lib/attempts";
import type { UserActor } from "@/lib/platform/context";
import { grantCookieName, originOf } from "@/lib/platform/origins";
import { stopWorkspace } from "@/lib/workspaces";
import { ask } from "../ask";
import { everybodyOut } from "../everybody-out";
import { sessionCookieOf } from "../fixtures";
import { Service } from "../service";
import { as, createWorld, type World } from "../world";

// Two copies as behind a load balancer: one database, one engine, one public address, a port for each.
const port = Number(process.env.E2E_COPIES_PORT ?? 3260);
const a = new Service({ name: "copies", port });
const b = new Service({ name: "copies", port: port + 1, env: { PUBLIC_URL: a.url } });
const publicHost = new URL(a.url).host;

test.beforeAll(async () => {
  Object.assign(process.env, a.environment());
  await a.freshDatabase();
  // Both at once: migrations and the first rows are made by one of them.
  await Promise.all([a.start(), b.start()]);
});

test.afterAll(async () => {
  await everybodyOut();
  await Promise.all([a.stop(), b.stop()]);
  await closeDatabase();
});

test("two copies are one service: tickets, revocation, live streams and jobs cross", async () => {
  const world = await createWorld(database(), { students: 2, spec: { memoryMb: 384 } });
  const [first, second] = world.students;
  if (!first || !second) throw new Error("too few students");
  const session = await sessionCookieOf(first);
  const cookie = `${session.name}=${session.value}`;
  const { id, label } = await ready(first, world);
  const host = new URL(originOf(label)).host;
  const enter = (url: string, ticket: string) =>
    ask(url, {
      method: "POST",
      path: "/__lab/enter",
      host,
      headers: { "content-type": "application/x-www-form-urlencoded", origin: a.url },
      body: new URLSearchParams({ ticket, next: "/lab" }).toString(),
    });
  let grant = "";
  const inside = (url: string) =>
    ask(url, { path: "/api", host, headers: { cookie: grant, "sec-fetch-site": "same-origin" } });

  await test.step("a ticket of one opens through the other, once", async () => {
    const issued = await ask(a.url, {
      method: "POST",
      path: "/api/consoles/tickets",
      headers: { cookie, origin: a.url, "content-type": "application/json" },
      body: JSON.stringify({ workspaceId: id, mode: "use" }),
    });
    expect(issued.status, issued.body).toBe(200);
    const { ticket } = JSON.parse(issued.body) as { ticket: string };
    const entered = await enter(b.url, ticket);
    expect(entered.status, entered.body).toBe(303);
    grant = String(entered.headers["set-cookie"]?.[0]).split(";")[0] ?? "";
    expect(grant.startsWith(grantCookieName(label))).toBe(true);
    expect((await enter(a.url, ticket)).status, "a second time, at the other").toBe(403);
    for (const url of [a.url, b.url]) expect((await inside(url)).status).toBe(200);
  });

  await test.step("a change made elsewhere reaches the streams of both", async () => {
    const streams = [a.url, b.url].map((url) => listen(url, `/api/events?topics=workspace:${id}`, cookie));
    for (const stream of streams) await expect.poll(stream.text).toContain("event: hello");
    await stopWorkspace({
      ctx: as(second, database(), { actor: world.teacher }),
      input: { workspaceId: id },
    });
    for (const stream of streams) await expect.poll(stream.text).toMatch(/event: change\ndata: .*stopp/);
    for (const stream of streams) stream.close();
    await expect.poll(() => stateOf(id), { timeout: 30_000 }).toBe("stopped");
    // What is under way when the workspace ends is cut off.
    const status = (url: string) =>
      inside(url).then(
        (answer) => answer.status,
        () => 0,
      );
    for (const url of [a.url, b.url]) await expect.poll(() => status(url)).not.toBe(200);
  });

  await test.step("who is suspended is out of both within 5 s", async () => {
    const again = await ready(first, world);
    const at = new URL(originOf(again.label)).host;
    const issued = await ask(b.url, {
      method: "POST",
      path: "/api/consoles/tickets",
      host: publicHost,
      headers: { cookie, origin: a.url, "content-type": "application/json" },
      body: JSON.stringify({ workspaceId: again.id, mode: "use" }),
    });
    expect(issued.status, issued.body).toBe(200);
    const { ticket } = JSON.parse(issued.body) as { ticket: string };
    const entered = await ask(a.url, {
      method: "POST",
      path: "/__lab/enter",
      host: at,
      headers: { "content-type": "application/x-www-form-urlencoded", origin: a.url },
      body: new URLSearchParams({ ticket, next: "/lab" }).toString(),
    });
    const own = String(entered.headers["set-cookie"]?.[0]).split(";")[0] ?? "";
    const sockets = await Promise.all(
      [a, b].map(({ options }) => open(options.port, at, own, originOf(again.label))),
    );
    const streams = [a.url, b.url].map((url) => listen(url, "/api/events?topics=user:me", cookie));
    for (const stream of streams) await expect.poll(stream.text).toContain("event: hello");

    const stats = { path: `/api/workspaces/${again.id}/stats`, host: publicHost, headers: { cookie } };
    for (const url of [a.url, b.url]) expect((await ask(url, stats)).status).toBe(200);
    const since = Date.now();
    await suspendUser({ ctx: as(world.admin, database()), input: { userId: first.id } });
    expect(await Promise.all(sockets.map(({ closed }) => closed))).toEqual([1008, 1008]);
    for (const stream of streams) await expect.poll(stream.ended).toBe(true);
    expect(Date.now() - since).toBeLessThan(6_000);
    for (const url of [a.url, b.url]) {
      const answer = await ask(url, {
        path: "/api",
        host: at,
        headers: { cookie: own, "sec-fetch-site": "same-origin" },
      });
      expect(answer.status).not.toBe(200);
      expect([401, 404]).toContain((await ask(url, stats)).status);
    }
  });

  await test.step("both do jobs, and one goes on when the other is killed", async () => {
    const workers = await database().select().from(executorWorkers);
    expect(workers.map(({ owner }) => owner.split(":").at(-1)).sort()).toEqual([`${port}`, `${port + 1}`]);
    await a.kill();
    await ready(second, world);
    await b.stop();
    await Promise.all([a.start(), b.start()]);
    const failed = await database().select().from(executorRuns).where(eq(executorRuns.state, "failed"));
    expect(failed).toEqual([]);
  });
});

const stateOf = async (id: string) =>
  (await database().select().from(workspaces).where(eq(workspaces.id, id)))[0]?.state;

/** Starts the task as the student and waits for the workspace, whichever copy makes it. */
async function ready(student: UserActor, world: World): Promise<{ id: string; label: string }> {
  const ctx = as(student, database());
  const { workspaceId } = await startTask({ ctx, input: { taskId: world.taskId } });
  await expect.poll(() => stateOf(workspaceId), { timeout: 60_000, intervals: [200] }).toBe("ready");
  const [row] = await database().select().from(workspaces).where(eq(workspaces.id, workspaceId));
  return { id: workspaceId, label: row?.label ?? "" };
}

/** A live stream at one of the copies, under the public name. */
function listen(url: string, path: string, cookie: string) {
  let [text, over] = ["", false];
  const req = request(
    { host: "127.0.0.1", port: new URL(url).port, path, headers: { host: publicHost, cookie } },
    (res) => {
      res.setEncoding("utf8");
      res.on("data", (chunk: string) => {
        text += chunk;
      });
      res.on("error", () => undefined);
      res.on("close", () => {
        over = true;
      });
    },
  );
  req.on("error", () => {
    over = true;
  });
  req.end();
  return { text: () => text, ended: () => over, close: () => req.destroy() };
}

/** An open WebSocket into the workspace through one of the copies; `closed` gives the code it ends with. */
async function open(at: number, host: string, cookie: string, origin: string) {
  const socket = new WebSocket(`ws://127.0.0.1:${at}/api/events/subscribe`, {
    headers: { host, cookie, origin },
  });
  const closed = new Promise<number>((resolve) => socket.once("close", (code) => resolve(code)));
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  return { closed };
}
