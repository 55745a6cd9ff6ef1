import { once } from "node:events";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { closeDatabase, database } from "@/db/client";
import { watches } from "@/db/schema/consoles";
import { type Client, openByHttp, openDesktop } from "@/e2e/guacd/client";
import { serveRoute } from "@/e2e/guacd/route";
import { dialects, type Script, type ScriptedGuacd, startScriptedGuacd } from "@/e2e/guacd/scripted";
import {
  cookieOf,
  freePort,
  listenAt,
  makePerson,
  makeWorkspace,
  type Person,
  type Place,
} from "@/e2e/upstream/world";
import { createCtx, type UserActor } from "@/lib/platform/context";
import { newId } from "@/lib/platform/ids";
import { metrics } from "@/lib/platform/metrics";
import type { Agent } from "@/lib/workspaces/drivers";
import { createFront, type Front, issueTicket, revokeSession, silenceWorkspaces } from "..";
import { type DesktopSource, tunnelCount } from "./desktops";
import { answerTunnel } from "./http";
import { encode } from "./instruction";
import { patience } from "./patience";

let front: Front;
let port: number;
let appOrigin: string;
let student: Person;
let place: Place;
let guacd: ScriptedGuacd;
/** The desktop's agent of this test; null: it has none. */
let agent: (Agent & { set: string[]; sizes: string[]; copied: (text: string) => void }) | null = null;
const acts: string[] = [];
const usual = { ...patience };

const source: DesktopSource = {
  target: async () => ({
    protocol: "vnc",
    host: "10.1.2.3",
    port: 5901,
    parameters: { password: "inside" },
    guacd: { host: "127.0.0.1", port: guacd.port },
  }),
  agent: async () => agent ?? Promise.reject(new Error("no agent")),
};

beforeAll(async () => {
  port = await freePort();
  appOrigin = listenAt(port);
  const onActivity = (id: string) => void acts.push(id);
  front = createFront({ desktops: source, onActivity });
  front.open({ request: serveRoute((request) => answerTunnel(request, { source, onActivity })) });
  front.server.listen(port, "127.0.0.1");
  await once(front.server, "listening");
});

afterAll(async () => {
  await front.close();
  await closeDatabase();
});

beforeEach(async () => {
  student = await makePerson();
  place = await makeWorkspace(student.actor.id, "127.0.0.1:1", "secret");
  agent = null;
  acts.length = 0;
  guacd = await startScriptedGuacd();
  return async () => {
    Object.assign(patience, usual);
    await guacd.close();
    // Nothing may stay open after a test, whatever it did.
    await expect.poll(tunnelCount).toBe(0);
    expect(metrics().hot.tunnels).toEqual({ vnc: 0, rdp: 0 });
  };
});

const scripted = async (script: Script) => {
  await guacd.close();
  guacd = await startScriptedGuacd(script);
};

type Mode = "use" | "watch";
const ticketOf = async (actor: UserActor, mode: Mode = "use") =>
  (await issueTicket({ ctx: createCtx(actor), input: { workspaceId: place.id, kind: "desktop", mode } }))
    .ticket;

const question = (ticket: string, mode: Mode, more: Record<string, string> = {}) =>
  new URLSearchParams({ ticket, mode, width: "1280", height: "720", dpi: "96", ...more });

async function byWebSocket(actor: UserActor, mode: Mode = "use", given?: string): Promise<Client> {
  const query = question(given ?? (await ticketOf(actor, mode)), mode);
  return openDesktop({
    port,
    workspaceId: place.id,
    origin: appOrigin,
    cookie: await cookieOf(actor),
    query,
  });
}

async function byHttp(actor: UserActor, mode: Mode = "use", given?: string): Promise<Client> {
  const query = question(given ?? (await ticketOf(actor, mode)), mode);
  return openByHttp({ port, workspaceId: place.id, origin: appOrigin, cookie: await cookieOf(actor), query });
}

const opcodes = (client: Client) => client.got.map(([opcode]) => opcode);
const userAt = (index: number) => {
  const user = guacd.users[index];
  if (!user) throw new Error(`no user ${index}`);
  return user;
};
const heard = (index: number) => userAt(index).said.filter(([opcode]) => opcode !== "nop");

/** Staff who watch, as `lib/watches` writes it. */
async function makeWatcher(state: "watching" | "controlling" = "watching"): Promise<UserActor> {
  const { actor } = await makePerson("superadmin");
  const now = new Date();
  await database().insert(watches).values({
    id: newId(),
    workspaceId: place.id,
    watcherId: actor.id,
    state,
    startedAt: now,
    seenAt: now,
    stateAt: now,
  });
  return actor;
}

describe.each([
  ["WebSocket", byWebSocket],
  ["HTTP", byHttp],
] as const)("a desktop over %s", (_transport, open) => {
  test("is shown, and takes keys, with what the server alone chooses", async () => {
    const client = await open(student.actor);
    await expect.poll(() => opcodes(client)).toContain("sync");
    expect(client.uuid()).toMatch(/^[\da-f-]{36}$/);
    expect(opcodes(client).slice(0, 5)).toEqual(["size", "img", "blob", "end", "sync"]);
    const user = userAt(0);
    expect(user.select).toBe("vnc");
    expect(user.values).toMatchObject({
      hostname: "10.1.2.3",
      port: "5901",
      password: "inside",
      "read-only": "false",
    });
    expect(user.handshake.get("size")).toEqual(["1280", "720", "96"]);
    await client.send("key", 65, 1);
    await client.send("mouse", 10, 20, 1);
    await client.send("argv", 3, "text/plain", "hostname");
    await client.send("sync", 1000);
    await expect
      .poll(() => heard(0))
      .toEqual([
        ["key", "65", "1"],
        ["mouse", "10", "20", "1"],
        ["sync", "1000"],
      ]);
    expect(acts).toEqual([place.id, place.id]);
    await client.send("disconnect");
    // Nothing stays pressed in the desktop.
    await expect
      .poll(() => heard(0).slice(3))
      .toEqual([["key", "65", "0"], ["mouse", "10", "20", "0"], ["disconnect"]]);
    client.leave();
  });

  test("takes its ticket once, from its person, in its mode and in time", async () => {
    const ticket = await ticketOf(student.actor);
    const other = await makePerson();
    await expect(open(other.actor, "use", ticket)).rejects.toThrow("refused 403");
    await expect(open(student.actor, "watch", ticket)).rejects.toThrow("refused 403");
    await expect(open({ ...student.actor, sessionId: newId() }, "use", ticket)).rejects.toThrow("refused");
    const client = await open(student.actor, "use", ticket);
    await expect(open(student.actor, "use", ticket)).rejects.toThrow("refused 403");
    await client.send("disconnect");
    await expect.poll(() => guacd.users.length).toBe(1);
    client.leave();
  });

  test("comes back to the same session, and the one kept for it goes", async () => {
    const first = await byWebSocket(student.actor);
    await expect.poll(() => opcodes(first)).toContain("sync");
    await first.send("key", 65507, 1);
    await expect.poll(() => heard(0).length).toBe(1);
    first.leave();
    // It is answered for while nobody is there.
    await expect.poll(() => heard(0)).toContainEqual(["key", "65507", "0"]);
    userAt(0).socket.write(encode("sync", 2000));
    await expect.poll(() => heard(0)).toContainEqual(["sync", "2000"]);
    const second = await open(student.actor);
    await expect.poll(() => opcodes(second)).toContain("sync");
    expect(userAt(1).select).toBe("$scripted-1");
    await expect.poll(() => heard(0)).toContainEqual(["disconnect"]);
    await second.send("disconnect");
    second.leave();
  });

  test("is closed with its right to it, with the status that says so", async () => {
    const client = await open(student.actor);
    await expect.poll(() => opcodes(client)).toContain("sync");
    revokeSession(student.actor.sessionId);
    expect(await client.closed).toBe(0x020b);
    await expect.poll(() => heard(0)).toContainEqual(["disconnect"]);
  });

  test("says what guacd says, and closes with it", async () => {
    await scripted({ onUser: ({ socket }) => socket.write(encode("error", "Aborted. See logs.", 519)) });
    // Over HTTP it may be the answer to the first request already.
    const said = await open(student.actor).then(
      (client) => client.closed,
      (error: Error) => Number(error.message.split(" ").at(-1)),
    );
    expect(said).toBe(519);
  });

  test("is only seen by who watches, whatever they send", async () => {
    const own = await open(student.actor);
    await expect.poll(() => opcodes(own)).toContain("sync");
    const watcher = await open(await makeWatcher(), "watch");
    await expect.poll(() => opcodes(watcher)).toContain("sync");
    expect(userAt(1)).toMatchObject({
      select: "$scripted-1",
      values: { "read-only": "true", "disable-copy": "true", "disable-paste": "true" },
    });
    for (const instruction of [
      ["key", 65, 1],
      ["mouse", 1, 1, 1],
      ["touch", 1, 1, 1, 1, 1, 0, 1],
      ["clipboard", 0, "text/plain"],
      ["blob", 0, "aGk="],
      ["end", 0],
      ["size", 800, 600],
      ["argv", 0, "text/plain", "read-only"],
      ["file", 1, "text/plain", "x"],
    ])
      await watcher.send(...instruction);
    await watcher.send("sync", 1000);
    await expect.poll(() => heard(1)).toEqual([["sync", "1000"]]);
    expect(acts).toEqual([]);
    await watcher.send("disconnect");
    await own.send("disconnect");
    own.leave();
    watcher.leave();
  });

  test("carries texts through the agent inside, exactly", async () => {
    const sent = "实验 🦊 Ω\n".repeat(900);
    agent = fakeAgent();
    const client = await open(student.actor);
    await expect.poll(() => opcodes(client)).toContain("sync");
    expect(userAt(0).values).toMatchObject({ "disable-copy": "true", "disable-paste": "true" });
    await client.send("clipboard", 0, "text/plain");
    const bytes = Buffer.from(sent);
    // Cut within characters.
    for (let at = 0; at < bytes.length; at += 4999)
      await client.send("blob", 0, bytes.toString("base64", at, Math.min(at + 4999, bytes.length)));
    await client.send("end", 0);
    await expect.poll(() => agent?.set).toEqual([sent]);
    // One for its beginning, one for each part, and the last when the desktop has it.
    const parts = Math.ceil(bytes.length / 4999);
    await expect.poll(() => opcodes(client).filter((one) => one === "ack")).toHaveLength(parts + 2);
    agent.copied(sent);
    await expect.poll(() => opcodes(client)).toContain("end");
    await expect.poll(() => textIn(client)).toBe(sent);
    await client.send("size", 1600, 900, 144);
    await expect.poll(() => agent?.sizes).toEqual(["1280x720", "96 dpi", "1600x900", "144 dpi"]);
    await client.send("ack", 4096, "OK", 0);
    await client.send("disconnect");
    await expect.poll(() => heard(0)).toEqual([["disconnect"]]);
    client.leave();
  });
});

/** The text of the clipboard stream that was put into what the browser got. */
const textIn = (client: Client): string =>
  Buffer.concat(
    client.got
      .filter(([opcode, stream]) => opcode === "blob" && stream === "4096")
      .map(([, , payload]) => Buffer.from(payload ?? "", "base64")),
  ).toString("utf8");

function fakeAgent() {
  const set: string[] = [];
  const sizes: string[] = [];
  let tell: (text: string) => void = () => undefined;
  return {
    set,
    sizes,
    copied: (text: string) => tell(text),
    setClipboard: async (text: string) => void set.push(text),
    onClipboard: (told: (text: string) => void) => {
      tell = told;
    },
    resize: async (width: number, height: number) => void sizes.push(`${width}x${height}`),
    scale: async (dpi: number) => void sizes.push(`${dpi} dpi`),
    notify: async () => undefined,
    close: () => undefined,
    closed: new Promise<void>(() => undefined),
  };
}

describe("guacd", () => {
  test.each(Object.entries(dialects))("of %s is spoken to as it speaks", async (name, dialect) => {
    await scripted({ dialect });
    const client = await byWebSocket(student.actor);
    await expect.poll(() => opcodes(client)).toContain("sync");
    const { handshake } = userAt(0);
    expect(handshake.has("timezone")).toBe(name !== "0.9");
    expect(handshake.has("name")).toBe(["1.5", "1.6", "later"].includes(name));
    const [said] = handshake.get("connect") ?? [];
    if (name === "later") expect(said).toBe("VERSION_1_5_0");
    else if (dialect.version) expect(said).toBe(dialect.version);
    await client.send("disconnect");
    await client.closed;
  });

  test("that asks for a password is refused with a status of its own", async () => {
    await scripted({ onUser: ({ socket }) => socket.write(encode("required", "username", "password")) });
    const client = await byWebSocket(student.actor);
    expect(await client.closed).toBe(0x0301);
  });

  test("that is not there, breaks off or talks nonsense ends it with a status", async () => {
    await scripted({ onUser: ({ socket }) => socket.destroy() });
    expect(await (await byWebSocket(student.actor)).closed).toBe(0x0203);
    await scripted({ onUser: ({ socket }) => socket.write("3.img,x") });
    expect(await (await byWebSocket(student.actor)).closed).toBe(0x0203);
    await scripted({ instead: ["error", "no such thing", "512"] });
    expect(await (await byWebSocket(student.actor)).closed).toBe(0x0200);
    await scripted({});
    await guacd.close();
    expect(await (await byWebSocket(student.actor)).closed).toBe(0x0208);
    await scripted({});
  });

  test("that hangs is said to hang, in the handshake and later, within 15 s", async () => {
    expect(Math.max(usual.handshake, usual.guacdSilent + usual.check)).toBeLessThan(15_000);
    Object.assign(patience, { handshake: 1_500, guacdSilent: 1_500 });
    await scripted({ deaf: true });
    const deaf = await byWebSocket(student.actor);
    const pings = setInterval(() => deaf.send("", "ping", 1), 500);
    expect(await deaf.closed).toBe(0x0202);
    clearInterval(pings);
    expect(deaf.got.length, "pings came back meanwhile").toBeGreaterThan(0);

    await scripted({});
    const silent = await byWebSocket(student.actor);
    await expect.poll(() => opcodes(silent)).toContain("sync");
    expect(await silent.closed).toBe(0x0202);
  });

  test("is left for good by who does not come back", async () => {
    Object.assign(patience, { keep: 300 });
    const client = await byWebSocket(student.actor);
    await expect.poll(() => opcodes(client)).toContain("sync");
    client.leave();
    await expect.poll(() => heard(0)).toEqual([["disconnect"]]);
  });

  test.each(["close", "error"] as const)(
    "that forgot the connection (%s) is asked for a new one",
    async (refusesUnknown) => {
      await scripted({ refusesUnknown });
      const first = await byWebSocket(student.actor);
      await expect.poll(() => opcodes(first)).toContain("sync");
      first.leave();
      guacd.live.clear();
      const second = await byWebSocket(student.actor);
      await expect.poll(() => opcodes(second)).toContain("sync");
      expect(userAt(1).select).toBe("vnc");
      await second.send("disconnect");
      await second.closed;
    },
  );

  test("is not held back for long by a browser that takes nothing at all", async () => {
    Object.assign(patience, { stalledOwner: 500, keep: 100 });
    const blob = encode("blob", 1, "A".repeat(8000));
    await scripted({
      onUser: ({ socket }) => {
        const flood = () => {
          while (!socket.destroyed && socket.write(blob));
        };
        socket.write(Buffer.concat([encode("size", 0, 10, 10), encode("sync", 1)]));
        socket.on("drain", flood);
        flood();
      },
    });
    const query = question(await ticketOf(student.actor), "use");
    const ws = new WebSocket(`ws://127.0.0.1:${port}/api/consoles/tunnel/${place.id}?${query}`, "guacamole", {
      headers: { host: `localhost:${port}`, origin: appOrigin, cookie: await cookieOf(student.actor) },
    });
    await once(ws, "open");
    ws.pause();
    await expect.poll(() => guacd.users.length).toBe(1);
    await expect.poll(tunnelCount, { timeout: 10_000 }).toBe(0);
    ws.terminate();
  });

  test("is held back by a browser that does not read, and heard again by one that does", async () => {
    let written = 0;
    const blob = encode("blob", 1, "A".repeat(8000));
    await scripted({
      onUser: ({ socket }) => {
        socket.write(Buffer.concat([encode("size", 0, 10, 10), encode("sync", 1)]));
        const flood = () => {
          while (written < 64 * 1024 * 1024 && socket.write(blob)) written += blob.length;
        };
        socket.on("drain", flood);
        flood();
      },
    });
    const query = question(await ticketOf(student.actor), "use");
    const ws = new WebSocket(`ws://127.0.0.1:${port}/api/consoles/tunnel/${place.id}?${query}`, "guacamole", {
      headers: { host: `localhost:${port}`, origin: appOrigin, cookie: await cookieOf(student.actor) },
    });
    await once(ws, "open");
    ws.pause();
    // Both kernels' buffers fill, then ours to its mark, and then nothing moves.
    await stands(() => written);
    const held = written;
    expect(held).toBeLessThan(40 * 1024 * 1024);
    let read = 0;
    ws.on("message", (data: Buffer) => {
      read += data.length;
    });
    ws.resume();
    await expect.poll(() => read, { timeout: 20_000 }).toBeGreaterThan(held + 1024 * 1024);
    ws.close();
    await once(ws, "close");
    userAt(0).socket.destroy();
  });
});

/** Waits until a figure has stopped to change for a while. */
async function stands(figure: () => number): Promise<void> {
  let last = -1;
  let since = 0;
  await expect
    .poll(
      () => {
        since = figure() === last ? since + 1 : 0;
        last = figure();
        return since;
      },
      { timeout: 20_000, interval: 50 },
    )
    .toBeGreaterThan(10);
}

describe("a tunnel", () => {
  test("of another origin, without sub-protocol or without a person is refused", async () => {
    const ask = async (headers: Record<string, string>, protocols: string[]) => {
      const query = question(await ticketOf(student.actor), "use");
      const ws = new WebSocket(`ws://127.0.0.1:${port}/api/consoles/tunnel/${place.id}?${query}`, protocols, {
        headers: { host: `localhost:${port}`, ...headers },
      });
      const [, res] = await once(ws, "unexpected-response");
      ws.on("error", () => undefined);
      ws.terminate();
      return res.statusCode;
    };
    const cookie = await cookieOf(student.actor);
    expect(await ask({ cookie, origin: place.origin }, ["guacamole"])).toBe(403);
    expect(await ask({ cookie }, ["guacamole"])).toBe(403);
    expect(await ask({ cookie, origin: appOrigin }, [])).toBe(400);
    expect(await ask({ origin: appOrigin }, ["guacamole"])).toBe(401);
    const unknown = await fetch(`http://localhost:${port}/api/consoles/tunnel/${place.id}?read:${newId()}:0`);
    expect([unknown.status, unknown.headers.get("guacamole-status-code")]).toEqual([404, "516"]);
  });

  test("of somebody else is not read or written, with its token neither", async () => {
    const client = await byHttp(student.actor);
    const url = `http://localhost:${port}/api/consoles/tunnel/${place.id}?read:${client.uuid()}:9`;
    const cookie = await cookieOf(student.actor);
    expect((await fetch(url, { headers: { cookie } })).status).toBe(404);
    const other = await cookieOf((await makePerson()).actor);
    expect((await fetch(url, { headers: { cookie: other, "Guacamole-Tunnel-Token": "x" } })).status).toBe(
      404,
    );
    await client.send("disconnect");
    client.leave();
  });

  test("closes at a pause; who comes twice at once has one connection", async () => {
    const both = await Promise.all([byWebSocket(student.actor), byWebSocket(student.actor)]);
    for (const client of both) await expect.poll(() => opcodes(client)).toContain("sync");
    expect(guacd.users.map(({ select }) => select)).toEqual(["vnc", "$scripted-1"]);
    silenceWorkspaces([place.id]);
    expect(await Promise.all(both.map(({ closed }) => closed))).toEqual([0x0208, 0x0208]);
  });
});
