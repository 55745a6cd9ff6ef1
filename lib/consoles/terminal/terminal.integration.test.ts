import { once } from "node:events";
import { encode } from "next-auth/jwt";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import WebSocket from "ws";
import { closeDatabase, database } from "@/db/client";
import { roles, userRoles } from "@/db/schema/accounts";
import { watches } from "@/db/schema/consoles";
import { templateVersions } from "@/db/schema/templates";
import { hosts, workspaces } from "@/db/schema/workspaces";
import { FaultProxy } from "@/e2e/fault-proxy";
import { openFiles } from "@/e2e/guacd/processes";
import { freePort, listenAt, makePerson, makeWorkspace, type Person } from "@/e2e/upstream/world";
import { jupyterSpec } from "@/e2e/world";
import { sessionTokens } from "@/lib/accounts";
import { createCtx, type UserActor } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { newId } from "@/lib/platform/ids";
import { metrics } from "@/lib/platform/metrics";
import { defaultRoles } from "@/lib/platform/permissions";
import { type Driver, driverFor, type HomeRef, type WorkspaceRef } from "@/lib/workspaces/drivers";
import { createFront, type Front, issueTicket, openCount, revokeSession, silenceWorkspaces } from "..";
import { recheckGrants } from "../grants";
import { heart, limits, type ServiceMessage } from "./protocol";
import { recordTerminal } from "./record";
import { endTerminals, terminalCount } from "./room";

vi.mock("./record", { spy: true });

/** Real shells in a real container, over the front's own WebSocket, as a browser speaks it. */
const long = Boolean(process.env.LONG);
const acts: string[] = [];
const opened: Client[] = [];
let driver: Driver;
let front: Front;
let port: number;
let app: string;
let student: Person;
let teacher: UserActor;
let workspace: WorkspaceRef;
let home: HomeRef;

beforeAll(async () => {
  port = await freePort();
  app = listenAt(port);
  driver = driverFor("docker");
  front = createFront({ onActivity: (id) => acts.push(id) });
  front.open({ request: (_req, res) => void res.end() });
  front.server.listen(port, "127.0.0.1");
  await once(front.server, "listening");
  student = await makePerson();
  teacher = await makeTeacher();
  await startWorkspace();
});

afterAll(async () => {
  for (const client of opened) client.ws.terminate();
  await endTerminals();
  await driver.destroy(workspace);
  await driver.removeHome(home);
  await front.close();
  await closeDatabase();
});

async function makeTeacher(): Promise<UserActor> {
  const { actor } = await makePerson();
  const permissions = [...defaultRoles.superadmin];
  await database().insert(roles).ignore().values({ name: "superadmin", permissions });
  await database().insert(userRoles).values({ userId: actor.id, role: "superadmin" });
  return { ...actor, permissions: new Set(permissions) };
}

async function startWorkspace(): Promise<void> {
  const db = database();
  const now = new Date();
  const host = { id: newId(), endpoint: env().DOCKER_HOST };
  const place = await makeWorkspace(student.actor.id, "127.0.0.1:9", "secret");
  home = { id: newId(), host, sizeMb: 64, fence: 1 };
  workspace = { id: place.id, purpose: "attempt", host, externalId: null };
  const version = { id: newId(), templateId: newId(), number: 1, spec: jupyterSpec };
  await db.insert(templateVersions).values({ ...version, createdBy: newId(), createdAt: now });
  await db.insert(hosts).values({ ...host, name: host.id, cpus: 2, memoryMb: 1, diskMb: 1, createdAt: now });
  await db.update(workspaces).set({ hostId: host.id, templateVersionId: version.id });
  await driver.prepareHost(host);
  await driver.mountHome(home, workspace.id);
  const template = { ...jupyterSpec, memoryMb: 384 };
  await driver.ensure({
    ...workspace,
    home,
    template,
    materials: [],
    secret: "secret",
    origin: place.origin,
  });
}

type Mode = "use" | "watch";
const size = { cols: 80, rows: 24 };

async function until(what: () => boolean | Promise<boolean>, why: string): Promise<void> {
  await expect.poll(what, { timeout: 20_000, interval: 20, message: why }).toBe(true);
}

/** A browser's end: keeps what each terminal showed, and acknowledges it unless it is stalled. */
class Client {
  readonly messages: ServiceMessage[] = [];
  readonly shown = new Map<number, Buffer>();
  readonly position = new Map<number, number>();
  received = 0;
  stalled = false;
  closed: { code: number; reason: string } | null = null;

  constructor(readonly ws: WebSocket) {
    opened.push(this);
    ws.on("message", (data: Buffer, binary: boolean) => (binary ? this.#output(data) : this.#hear(data)));
    ws.on("close", (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
    ws.on("error", () => undefined);
  }

  #hear(data: Buffer): void {
    const message = JSON.parse(String(data)) as ServiceMessage;
    this.messages.push(message);
    if (message.type === "beat") this.say({ type: "beat" });
    if (message.type !== "replay") return;
    this.position.set(message.id, message.position);
    if (message.prefix !== undefined) this.shown.set(message.id, Buffer.alloc(0));
  }

  #output(data: Buffer): void {
    const id = data.readUInt16BE(0);
    const bytes = data.subarray(2);
    this.received += bytes.length;
    this.shown.set(id, Buffer.concat([this.shown.get(id) ?? Buffer.alloc(0), bytes]).subarray(-600_000));
    this.position.set(id, (this.position.get(id) ?? 0) + bytes.length);
    if (!this.stalled) this.acknowledge(id);
  }

  acknowledge(id: number): void {
    this.say({ type: "ack", id, position: this.position.get(id) });
  }

  say(message: object): void {
    if (this.ws.readyState === WebSocket.OPEN) this.ws.send(JSON.stringify(message));
  }

  type(id: number, text: string | Buffer): void {
    const head = Buffer.alloc(2);
    head.writeUInt16BE(id);
    this.ws.send(Buffer.concat([head, Buffer.from(text as string)]));
  }

  text(id: number): string {
    return this.shown.get(id)?.toString("utf8") ?? "";
  }

  shows = (id: number, words: string) => until(() => this.text(id).includes(words), `shows ${words}`);

  async last<T extends ServiceMessage["type"]>(type: T): Promise<Extract<ServiceMessage, { type: T }>> {
    await until(() => this.messages.some((message) => message.type === type), type);
    return this.messages.findLast((message) => message.type === type) as Extract<ServiceMessage, { type: T }>;
  }

  async open(): Promise<number> {
    const before = this.messages.filter(({ type }) => type === "opened").length;
    this.say({ type: "open", ...size });
    await until(() => this.messages.filter(({ type }) => type === "opened").length > before, "opened");
    return (await this.last("opened")).id;
  }

  async leave(): Promise<void> {
    this.ws.close();
    await until(() => this.closed !== null, "closed");
  }
}

async function connect(actor: UserActor, origin = app, through = port): Promise<Client> {
  const token = sessionTokens.claims(actor.id, actor.sessionId);
  const value = await encode({ token, secret: sessionTokens.secret(), maxAge: 3_600 });
  const ws = new WebSocket(`ws://127.0.0.1:${through}/api/consoles/terminal/${workspace.id}`, {
    headers: { host: new URL(app).host, origin, cookie: `${sessionTokens.cookie().name}=${value}` },
  });
  const client = new Client(ws);
  await Promise.race([once(ws, "open"), once(ws, "close")]).catch(() => undefined);
  return client;
}

const ticketOf = async (actor: UserActor, mode: Mode = "use", kind: "terminal" | "desktop" = "terminal") =>
  (await issueTicket({ ctx: createCtx(actor), input: { workspaceId: workspace.id, kind, mode } })).ticket;

async function enter(
  actor: UserActor,
  mode: Mode = "use",
  more: object = {},
  through = port,
): Promise<Client> {
  const client = await connect(actor, app, through);
  client.say({ type: "enter", ticket: await ticketOf(actor, mode), mode, ...more });
  await client.last("entered");
  return client;
}

const watching = () => {
  const [id, now] = [newId(), new Date()];
  const row = { id, workspaceId: workspace.id, watcherId: teacher.id, state: "watching" as const };
  return database()
    .insert(watches)
    .values({ ...row, startedAt: now, seenAt: now, stateAt: now });
};

describe("a terminal", () => {
  test("carries any script both ways, follows the size, and comes back with what it showed", async () => {
    const client = await enter(student.actor);
    const id = await client.open();
    client.type(id, "echo 实验 🦊 Ω | tee 文件.txt; wc -c < 文件.txt; stty size\n");
    await client.shows(id, "实验 🦊 Ω\r\n15\r\n24 80\r\n");
    client.say({ type: "resize", id, cols: 132, rows: 43 });
    await until(async () => (await client.last("terminals")).terminals[0]?.cols === 132, "resized");
    client.type(id, "stty size\n");
    await client.shows(id, "43 132\r\n");
    expect(acts).toContain(workspace.id);
    const seen = client.position.get(id) ?? 0;
    await client.leave();

    const fresh = await enter(student.actor);
    await fresh.shows(id, "43 132\r\n");
    expect(fresh.text(id)).toContain("实验 🦊 Ω\r\n15\r\n");
    expect((await fresh.last("entered")).terminals).toMatchObject([{ id, cols: 132, rows: 43 }]);
    fresh.type(id, "echo la''ter\n");
    await fresh.shows(id, "later\r\n");

    const { epoch } = await fresh.last("entered");
    const back = await enter(student.actor, "use", { epoch, seen: { [id]: seen } });
    await back.shows(id, "later\r\n");
    expect(await back.last("replay")).toMatchObject({ position: seen });
    expect(back.text(id)).not.toContain("43 132");
    const other = await enter(student.actor, "use", { epoch: "another", seen: { [id]: seen } });
    await other.shows(id, "43 132");
    for (const one of [fresh, back, other]) await one.leave();
  });

  test("is seen by two, and asks before it closes on a running program", async () => {
    const [one, two] = [await enter(student.actor), await enter(student.actor)];
    const id = await one.open();
    one.type(id, "echo fr''om one\n");
    await two.shows(id, "from one\r\n");
    two.type(id, "echo rea''dy; cat\n");
    await two.shows(id, "ready\r\n");
    two.type(id, "to cat\n");
    await one.shows(id, "\nto cat\r\n");
    one.say({ type: "close", id, force: false });
    expect(await one.last("busy")).toMatchObject({ id, program: "cat" });
    one.say({ type: "close", id, force: true });
    await until(async () => !(await two.last("terminals")).terminals.some((t) => t.id === id), "closed");
    for (const client of [one, two]) await client.leave();
  });

  test("says that its shell has ended, and runs another one", async () => {
    const client = await enter(student.actor);
    const id = await client.open();
    client.type(id, "exit 3\n");
    const mine = async () => (await client.last("terminals")).terminals.find((one) => one.id === id);
    await until(async () => (await mine())?.state === "ended", "ended");
    expect(await mine()).toMatchObject({ code: 3 });
    client.say({ type: "again", id, ...size });
    await until(async () => (await mine())?.state === "running", "runs");
    client.type(id, "echo a''gain\n");
    await client.shows(id, "again\r\n");
    client.say({ type: "close", id, force: true });
    await client.leave();
  });

  test("refuses one more than there may be, and a ninth is possible after one was closed", async () => {
    const client = await enter(student.actor);
    const have = terminalCount();
    const ids = [];
    for (let count = have; count < limits.terminals; count++) ids.push(await client.open());
    client.say({ type: "open", ...size });
    expect(await client.last("failed")).toMatchObject({ key: "terminal.tooMany" });
    for (const id of ids) client.say({ type: "close", id, force: true });
    await until(() => terminalCount() === have, "closed");
    await client.leave();
  });

  test("tells its recorder everything that was printed, typed and resized", async () => {
    const heard: string[] = [];
    let size = "";
    vi.mocked(recordTerminal).mockReturnValueOnce({
      onOutput: (bytes) => heard.push(`out ${bytes.toString("utf8")}`),
      onInput: (bytes) => heard.push(`in ${bytes.toString("utf8")}`),
      onResize: (cols, rows) => {
        size = `${cols}x${rows}`;
      },
      onEnd: () => heard.push("end"),
    });
    const client = await enter(student.actor);
    const id = await client.open();
    expect(recordTerminal).toHaveBeenLastCalledWith(workspace.id, 80, 24);
    client.say({ type: "resize", id, cols: 90, rows: 20 });
    client.type(id, "echo see''n\n");
    await client.shows(id, "seen\r\n");
    client.type(id, "exit\n");
    await until(() => heard.includes("end"), "ended");
    expect(heard.join("")).toContain("seen\r\n");
    expect(heard).toContain("in echo see''n\n");
    expect(size).toBe("90x20");
    client.say({ type: "close", id, force: true });
    await client.leave();
  });
});

describe("browsers that vanish without a word", () => {
  test("are let go, and what ran for them is there for who comes back", async () => {
    const usual = { ...heart };
    expect(usual.silentMs + usual.beatMs).toBeLessThanOrEqual(45_000);
    const through = await freePort();
    const cable = new FaultProxy({ host: "127.0.0.1", port: through }, { host: "127.0.0.1", port });
    await cable.open();
    const first = await enter(student.actor);
    const id = await first.open();
    const now = () => [openCount(), metrics().hot.socketsOpen, terminalCount()];
    const before = now();
    // A connection to the database more or less is no leak.
    const files = openFiles("self") + 4;
    for (let vanished = 0; vanished < (long ? 100 : 5); vanished += 5) {
      Object.assign(heart, { beatMs: 250, silentMs: 1_500 });
      const clients = [];
      for (let n = 0; n < 5; n++) clients.push(await enter(student.actor, "use", {}, through));
      first.type(id, `echo fr''om ${vanished}\n`);
      for (const client of clients) await client.shows(id, `from ${vanished}\r\n`);
      Object.assign(heart, usual);
      cable.freeze();
      await until(() => String(now()) === String(before), "let go");
      await cable.cut();
      await cable.open();
    }
    await until(() => openFiles("self") <= files, "no file left");
    first.type(id, "echo st''ill\n");
    await first.shows(id, "still\r\n");
    first.say({ type: "close", id, force: true });
    await first.leave();
    await cable.cut();
  });
});

describe("a flood", () => {
  test("waits for a browser that stalls, holding one window for it, and goes on", async () => {
    const client = await enter(student.actor);
    const id = await client.open();
    client.stalled = true;
    client.type(id, "yes 实验 | head -c 5000000; echo do''ne\n");
    await until(() => client.received >= limits.window, "a window");
    const other = await enter(student.actor);
    await other.shows(id, "done\r\n");
    // The prompt was acknowledged before.
    expect(client.received, "nothing beyond the window").toBeLessThan(limits.window + 2_000);
    client.stalled = false;
    client.acknowledge(id);
    await client.shows(id, "done\r\n");
    expect(client.received, "what it missed was passed over").toBeLessThan(1_500_000);
    expect(client.text(id).startsWith("实验") || client.text(id).startsWith("\r\n")).toBe(true);
    for (const one of [client, other]) await one.leave();
  });

  test("loses nothing for a browser that is merely slow, and ends at Ctrl C", async () => {
    const client = await enter(student.actor);
    const id = await client.open();
    client.type(id, "stty -onlcr; seq 1 200000; echo do''ne\n");
    const lines = [...Array(200_000).keys()].map((n) => `${n + 1}\n`).join("");
    await client.shows(id, "done\n");
    expect(client.text(id).includes(lines.slice(-500_000))).toBe(true);
    client.type(id, "yes\n");
    await client.shows(id, "y\ny\ny\n");
    client.type(id, "\u0003");
    client.type(id, "echo e''nded\n");
    await client.shows(id, "ended\n");
    client.say({ type: "close", id, force: true });
    await client.leave();
  });

  test("is not kept for who acknowledges it without reading it", async () => {
    let printed = 0;
    vi.mocked(recordTerminal).mockReturnValueOnce({
      onOutput: ({ length }) => {
        printed += length;
      },
      onInput: () => undefined,
      onResize: () => undefined,
      onEnd: () => undefined,
    });
    const client = await enter(student.actor);
    const id = await client.open();
    const { socketsOpen } = metrics().hot;
    client.ws.pause();
    client.type(id, "yes\n");
    await until(() => {
      // What was sent it does not know; it is not far behind what was printed.
      for (let behind = 2 * limits.window; behind >= 0; behind -= 1_024)
        client.say({ type: "ack", id, position: Math.max(0, printed - behind) });
      return metrics().hot.socketsOpen < socketsOpen;
    }, "let go");
    client.ws.terminate();
    const after = await enter(student.actor);
    after.say({ type: "close", id, force: true });
    const there = async () => (await after.last("terminals")).terminals.some((one) => one.id === id);
    await until(async () => !(await there()), "closed");
    await after.leave();
  });

  test("of sizes asks the engine for one at a time, and ends with the last", async () => {
    const client = await enter(student.actor);
    const id = await client.open();
    for (let cols = 101; cols <= 120; cols++) client.say({ type: "resize", id, cols, rows: 20 });
    client.type(id, "until [ \"$(stty size)\" = '20 120' ]; do :; done; echo fi''ts\n");
    await client.shows(id, "fits\r\n");
    client.say({ type: "close", id, force: true });
    await client.leave();
  });

  test("of input that no program reads is refused and told", async () => {
    const client = await enter(student.actor);
    const id = await client.open();
    client.type(id, "sleep 1000\n");
    const paste = Buffer.alloc(limits.frame, `${"x".repeat(99)}\n`);
    for (let at = 0; at < 60; at++) client.type(id, paste);
    expect(await client.last("failed")).toMatchObject({ key: "terminal.inputFull", id });
    client.say({ type: "close", id, force: true });
    await client.leave();
  });
});

describe("the way in", () => {
  const refusedWith = async (client: Client, message: object | string) => {
    client.ws.send(typeof message === "string" ? message : JSON.stringify(message));
    await until(() => client.closed !== null, "closed");
    expect(client.messages.every(({ type }) => type === "failed")).toBe(true);
    return client.closed?.code;
  };

  test("is a ticket of this person, kind and mode, once", async () => {
    const ticket = await ticketOf(student.actor);
    const stranger = await makePerson();
    expect(await refusedWith(await connect(stranger.actor), { type: "enter", ticket, mode: "use" })).toBe(
      1008,
    );
    const desktop = await ticketOf(student.actor, "use", "desktop");
    const other = { type: "enter", ticket: desktop, mode: "use" };
    expect(await refusedWith(await connect(student.actor), other)).toBe(1008);
    expect(await refusedWith(await connect(student.actor), { type: "enter", ticket, mode: "watch" })).toBe(
      1008,
    );
    const client = await connect(student.actor);
    client.say({ type: "enter", ticket, mode: "use" });
    await client.last("entered");
    expect(await refusedWith(await connect(student.actor), { type: "enter", ticket, mode: "use" })).toBe(
      1008,
    );
    expect(await refusedWith(await connect(student.actor), { type: "open", ...size })).toBe(1008);
    expect(await refusedWith(await connect(student.actor), "no json")).toBe(1008);
    expect((await connect(student.actor, "http://evil.com")).ws.readyState).toBe(WebSocket.CLOSED);
    await client.leave();
  });

  test("says nothing to who sends no more than an odd message", async () => {
    const client = await enter(student.actor);
    client.say({ type: "resize", id: 1, cols: -1, rows: 1e9 });
    await until(() => client.closed !== null, "closed");
    expect(client.closed).toMatchObject({ code: 1008, reason: "malformed" });
    const loud = await enter(student.actor);
    loud.ws.send(Buffer.alloc(limits.frame * 2));
    await until(() => loud.closed !== null, "closed");
    expect(loud.closed?.code).toBe(1009);
  });

  test("lets who watches see everything, and none of their keys arrives", async () => {
    const client = await enter(student.actor);
    const id = await client.open();
    await watching();
    const watcher = await enter(teacher, "watch");
    client.type(id, "echo sh''own\n");
    await watcher.shows(id, "shown\r\n");
    watcher.type(id, "echo intru''der\n");
    watcher.say({ type: "resize", id, cols: 33, rows: 9 });
    watcher.say({ type: "open", ...size });
    watcher.say({ type: "close", id, force: true });
    client.type(id, "echo af''ter; stty size\n");
    await watcher.shows(id, "after\r\n24 80\r\n");
    expect(client.text(id)).not.toContain("intru");
    expect(watcher.messages.some(({ type }) => type === "opened")).toBe(false);
    // Looking on is no reason to let a program wait for the watcher.
    watcher.stalled = true;
    client.type(id, "head -c 3000000 /dev/zero | tr '\\0' x; echo do''ne\n");
    await client.shows(id, "done\r\n");
    await database().update(watches).set({ state: "ended" });
    await recheckGrants({ db: database(), clock: { now: () => new Date() } });
    await until(() => watcher.closed !== null, "closed");
    expect(watcher.closed).toEqual({ code: 1008, reason: "revoked" });
    client.say({ type: "close", id, force: true });
    await client.leave();
  });

  test("closes at once when paused, and when the session ends; what runs is there afterwards", async () => {
    const client = await enter(student.actor);
    const id = await client.open();
    client.type(id, "echo be''fore\n");
    await client.shows(id, "before\r\n");
    silenceWorkspaces([workspace.id]);
    await until(() => client.closed !== null, "closed");
    expect(client.closed).toEqual({ code: 1012, reason: "paused" });
    const back = await enter(student.actor);
    await back.shows(id, "before\r\n");
    revokeSession(student.actor.sessionId);
    await until(() => back.closed !== null, "closed");
    expect(back.closed).toEqual({ code: 1008, reason: "revoked" });
    expect(openCount()).toBe(0);
    await endTerminals();
    await until(() => terminalCount() === 0, "none left");
  });
});
