import "./stand/aborted";
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { createRequire } from "node:module";
import { connect, type Socket } from "node:net";
import { closeDatabase } from "@/db/client";
import { migrateDatabase } from "@/db/migrate";
import { Service } from "@/e2e/service";
import { cookieOf, freePort, makePerson, makeWorkspace } from "@/e2e/upstream/world";
import { issueTicket } from "@/lib/consoles";
import { decode, encode } from "@/lib/consoles/tunnel/instruction";
import { createCtx } from "@/lib/platform/context";
import { startBusyDesktop } from "./stand/busy-desktop";
import { forked } from "./stand/process";
import { median, quantile, report, say } from "./stand/results";

/**
 * The same flood from a scripted guacd through raw TCP, our WebSocket tunnel, our HTTP tunnel and guacamole-lite, in
 * turn: proportioned like what a real guacd sends of a busy desktop (`lite`, `raw`, `http`), and of 8 KB blobs alone
 * (`blobs`, WebSockets only); ASCII, or guacamole-lite dies. `CPU` is what the process on the way takes. Then 30
 * frames/s of 50 KB, stalled tunnels, and a busy desktop behind a real guacd where its images are.
 */
const rounds = 5;
const seconds = 3;
const pacedSeconds = 20;
const idle = 200;
const stalled = 8;
const busySeconds = 15;

const loader = { execArgv: [...process.execArgv, "--expose-gc"] };
const flood = await forked("./flood.ts", loader);
const guacd = { host: "127.0.0.1", port: flood.port };

const service = new Service({ name: "bench_tunnel", port: await freePort() });
Object.assign(process.env, service.environment(), { LOG_LEVEL: "error" });
await service.freshDatabase();
await migrateDatabase(service.databaseUrl);
const person = await makePerson();
const cookie = await cookieOf(person.actor);
const place = async () => (await makeWorkspace(person.actor.id, "127.0.0.1:1", "secret")).id;
const [flooded, paced, blobs] = [await place(), await place(), await place()];
const still = await Promise.all(Array.from({ length: idle }, place));
const busy = await startBusyDesktop().catch((error: unknown) => {
  say(`no busy desktop: ${error instanceof Error ? error.message : String(error)}`);
  return null;
});
const busyPlace = await place();

const behind = (port: number) => ({ guacd, host: "nowhere", port });
const targets = {
  [flooded]: behind(1),
  [paced]: behind(2),
  [blobs]: behind(4),
  ...Object.fromEntries(still.map((id) => [id, behind(3)])),
  ...(busy ? { [busyPlace]: busy.target } : {}),
};
const gateway = await forked("./gateway.ts", { ...loader, env: { BENCH_TARGETS: JSON.stringify(targets) } });
const key = randomBytes(16).toString("hex");
const lite = await forked("./lite.ts", {
  ...loader,
  env: { BENCH_GUACD: String(guacd.port), BENCH_KEY: key },
});

try {
  // Memory first: what a flood has left in a process would hide what a tunnel adds.
  const measured = await memory();
  measured.push(...(await floods()), ...(await thirtyFrames()), ...(await stall()));
  if (busy) measured.push(await real(busy.target));
  report(measured);
} finally {
  for (const { child } of [gateway, lite, flood]) child.kill();
  await busy?.stop();
  await closeDatabase();
}
process.exit(0);

type Measured = Parameters<typeof report>[0];

async function floods(): Promise<Measured> {
  const ways: Record<string, Way> = {
    raw: { open: () => byTcp(guacd, "1") },
    websocket: { open: () => byWebSocket(flooded), child: gateway.child },
    http: { open: byHttp, child: gateway.child },
    lite: { open: () => byLite("1"), child: lite.child },
    "websocket blobs": { open: () => byWebSocket(blobs), child: gateway.child },
    "lite blobs": { open: () => byLite("4"), child: lite.child },
  };
  const seen = Object.fromEntries(
    Object.keys(ways).map((name) => [name, { rate: [] as number[], cpu: [] as number[] }]),
  );
  for (let round = 0; round <= rounds; round++) {
    const order = round % 2 ? Object.entries(ways) : Object.entries(ways).toReversed();
    for (const [name, way] of order) {
      const { rate, cpu } = await flow(way, round === 0 ? 1 : seconds);
      // The first round warms all up.
      if (round === 0) continue;
      seen[name]?.rate.push(rate);
      seen[name]?.cpu.push(cpu);
    }
    const last = Object.entries(seen).map(([name, { rate }]) => `${name} ${rate.at(-1)?.toFixed(0)}`);
    if (round > 0) say(`round ${round}, MB/s: ${last.join(", ")}`);
  }
  const both = (what: "rate" | "cpu", ours: string, peer: string) => ({
    unit: what === "rate" ? "MB/s" : "CPU ms/MB",
    ours: median(seen[ours]?.[what] ?? []),
    peer: median(seen[peer]?.[what] ?? []),
  });
  return [
    { bench: "tunnel lite", ...both("rate", "websocket", "lite"), goal: ">=3" },
    { bench: "tunnel lite blobs", ...both("rate", "websocket blobs", "lite blobs"), goal: ">=1.5" },
    { bench: "tunnel lite CPU", ...both("cpu", "websocket", "lite") },
    { bench: "tunnel lite CPU blobs", ...both("cpu", "websocket blobs", "lite blobs") },
    { bench: "tunnel http", ...both("rate", "http", "lite") },
    { bench: "tunnel raw", ...both("rate", "websocket", "raw"), goal: ">=0.3" },
  ];
}

/** A way through, and the process that is in it. */
type Way = { open: () => Promise<Stream>; child?: ChildProcess };

/** A stream that is read as fast as it comes; all readers do the same little. */
type Stream = { socket: Socket; early: Buffer; end(): void };

/** MB/s that came, and the CPU time in ms that the process on the way took for each. */
async function flow({ open, child }: Way, duration: number): Promise<{ rate: number; cpu: number }> {
  const { socket, end } = await open();
  const spent = async () => (child ? await ask(child, "cpu") : 0);
  let bytes = 0;
  socket.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  socket.resume();
  await sleep(300);
  const from = { cpu: await spent(), bytes, at: performance.now() };
  await sleep(duration * 1_000);
  const megabytes = (bytes - from.bytes) / 1e6;
  const rate = megabytes / ((performance.now() - from.at) / 1_000);
  const cpu = ((await spent()) - from.cpu) / 1_000 / megabytes;
  end();
  await sleep(1_200);
  if (rate === 0) throw new Error("nothing came");
  return { rate, cpu };
}

/** guacd itself, read like everything here as Node reads a socket; the gateway has a way of its own. */
async function byTcp(
  at: typeof guacd,
  port: string,
  parameters: Record<string, string> = {},
): Promise<Stream> {
  const socket = connect(at).setNoDelay();
  const hear = async () => {
    const [chunk] = (await once(socket.resume(), "data")) as [Buffer];
    socket.pause();
    return chunk;
  };
  socket.write(encode("select", "vnc"));
  const [, version = "", ...names] = decode(await hear());
  const values = names.map((name) => ({ hostname: "nowhere", ...parameters, port })[name] ?? "");
  const said = [
    encode("size", 1024, 768, 96),
    encode("audio"),
    encode("video"),
    encode("image", "image/png"),
    encode("connect", version, ...values),
  ];
  socket.write(Buffer.concat(said));
  return { socket, early: await hear(), end: () => socket.destroy() };
}

async function byWebSocket(workspaceId: string): Promise<Stream> {
  const query = new URLSearchParams({ ticket: await ticketOf(workspaceId), mode: "use" });
  const stream = await upgraded(service.options.port, `/api/consoles/tunnel/${workspaceId}?${query}`, {
    Host: `localhost:${service.options.port}`,
    Origin: service.url,
    Cookie: cookie,
  });
  // Purposefully, or it would be kept for a return and go on in the next round.
  const end = () => {
    stream.socket.resume().end(frame("10.disconnect;"));
    setTimeout(() => stream.end(), 1_000);
  };
  return { ...stream, end };
}

async function byLite(port: string): Promise<Stream> {
  const Crypt = createRequire(import.meta.url)("guacamole-lite/lib/Crypt.js");
  const connection = { type: "vnc", settings: { hostname: "nowhere", port } };
  const token: string = new Crypt("AES-256-CBC", key).encrypt({ connection });
  return upgraded(lite.port, `/?token=${encodeURIComponent(token)}`, { Host: `127.0.0.1:${lite.port}` });
}

async function upgraded(port: number, path: string, headers: Record<string, string>): Promise<Stream> {
  const asked = request({
    host: "127.0.0.1",
    port,
    path,
    headers: {
      ...headers,
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
      "Sec-WebSocket-Protocol": "guacamole",
    },
  });
  asked.end();
  asked.on("response", ({ statusCode }) => asked.destroy(new Error(`not let in: ${statusCode}`)));
  const [, socket, early] = (await once(asked, "upgrade")) as [IncomingMessage, Socket, Buffer];
  socket.on("error", () => undefined);
  return { socket, early, end: () => socket.destroy() };
}

/** As a browser reads: the next request waits at the gateway while the answer before it runs. */
async function byHttp(): Promise<Stream> {
  const path = `/api/consoles/tunnel/${flooded}`;
  const own = { Host: `localhost:${service.options.port}`, Origin: service.url, Cookie: cookie };
  const send = async (method: string, query: string, headers: Record<string, string>, body?: string) => {
    const asked = request({
      host: "127.0.0.1",
      port: service.options.port,
      method,
      path: `${path}?${query}`,
      headers,
    });
    asked.end(body);
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    return answer;
  };
  const body = new URLSearchParams({ ticket: await ticketOf(flooded), mode: "use" }).toString();
  const opened = await send("POST", "connect", own, body);
  const uuid = (await opened.toArray()).join("");
  const headers = { ...own, "Guacamole-Tunnel-Token": String(opened.headers["guacamole-tunnel-token"]) };
  const emit: { socket: Socket | null; over: boolean } = { socket: null, over: false };
  const listeners: ((chunk: Buffer) => void)[] = [];
  const read = async (n: number): Promise<void> => {
    if (emit.over) return;
    const answer = await send("GET", `read:${uuid}:${n}`, headers);
    const next = read(n + 1);
    next.catch(() => undefined);
    for await (const chunk of answer) for (const listener of listeners) listener(chunk as Buffer);
    await next;
  };
  // Only what megabytesPerSecond asks of a socket.
  const socket = {
    on: (_event: string, listener: (chunk: Buffer) => void) => listeners.push(listener),
    resume: () => void read(0).catch(() => undefined),
  } as unknown as Socket;
  return {
    socket,
    early: Buffer.of(),
    end: () => {
      emit.over = true;
      send("POST", `write:${uuid}`, headers, "10.disconnect;").catch(() => undefined);
    },
  };
}

async function ticketOf(workspaceId: string): Promise<string> {
  const ctx = createCtx(person.actor);
  return (await issueTicket({ ctx, input: { workspaceId, kind: "desktop", mode: "use" } })).ticket;
}

/** The same frames at the same moments beside the tunnel and through it: what it adds, frame by frame. */
async function thirtyFrames(): Promise<Measured> {
  const direct = arrivals(await byTcp(guacd, "2"));
  const tunnelled = arrivals(await byWebSocket(paced));
  await sleep(2_000);
  await ask(gateway.child, "loop");
  direct.times.clear();
  await sleep(pacedSeconds * 1_000);
  const loop = await ask(gateway.child, "loop");
  const added: number[] = [];
  for (const [sync, at] of direct.times) {
    const through = tunnelled.times.get(sync);
    if (through !== undefined) added.push(through - at);
  }
  direct.end();
  tunnelled.end();
  say(
    `${added.length} frames: added p50 ${median(added).toFixed(2)} ms, p99 ${quantile(added, 0.99).toFixed(2)} ms`,
  );
  return [
    { bench: "tunnel latency p99", unit: "ms added", ours: quantile(added, 0.99), goal: "<=5" },
    { bench: "tunnel event loop p99", unit: "ms", ours: loop, goal: "<50" },
  ];
}

/** When each sync arrived, by its time stamp. */
function arrivals({ socket, end }: Stream) {
  const times = new Map<string, number>();
  let rest = "";
  socket.on("data", (chunk: Buffer) => {
    const now = performance.now();
    const text = rest + chunk.toString("latin1", Math.max(0, chunk.length - 64));
    const found = /4\.sync,\d+\.(\d+);$/.exec(text)?.[1];
    if (found) times.set(found, now);
    rest = text.slice(-40);
  });
  socket.resume();
  return { times, end };
}

/** What the gateway grows by for each tunnel that is open on a still screen. */
async function memory(): Promise<Measured> {
  const opened = async (count: number) => {
    const streams: Stream[] = [];
    for (let at = 0; at < count; at += 20)
      streams.push(...(await Promise.all(still.slice(at, at + 20).map((id) => byWebSocket(id)))));
    for (const { socket } of streams) socket.resume();
    await sleep(6_000);
    return streams;
  };
  // A few before: code and pools are there when it counts, and not yet the memory of so many.
  for (const { end } of await opened(20)) end();
  await sleep(2_500);
  const before = await ask(gateway.child, "memory");
  const streams = await opened(idle);
  const after = await ask(gateway.child, "memory");
  for (const { end } of streams) end();
  await sleep(2_500);
  const each = (after - before) / idle;
  say(`${idle} idle tunnels: ${before.toFixed(0)} KB before, ${after.toFixed(0)} KB with them`);
  return [{ bench: "tunnel idle memory", unit: "KB each", ours: Math.max(0, each), goal: "<=100" }];
}

/** A short text frame as a browser sends it. */
function frame(text: string): Buffer {
  const mask = randomBytes(4);
  const payload = Buffer.from(text);
  for (let i = 0; i < payload.length; i++) payload[i] = (payload[i] ?? 0) ^ (mask[i % 4] ?? 0);
  return Buffer.concat([Buffer.of(0x81, 0x80 | payload.length), mask, payload]);
}

/** What the gateway holds back for each browser that reads nothing of a flood. */
async function stall(): Promise<Measured> {
  const before = await ask(gateway.child, "buffers");
  const streams: Stream[] = [];
  for (let n = 0; n < stalled; n++) streams.push(await byWebSocket(flooded));
  await sleep(4_000);
  const after = await ask(gateway.child, "buffers");
  for (const { end } of streams) end();
  say(`${stalled} stalled: ${before.toFixed(0)} KB before, ${after.toFixed(0)} KB with them`);
  return [
    {
      bench: "tunnel stalled browser",
      unit: "MB each",
      ours: Math.max(0, after - before) / 1024 / stalled,
      goal: "<=2",
    },
  ];
}

/** Frames that a client gets which answers every sync, from a busy desktop: through the tunnel, and beside it. */
async function real(
  target: Awaited<ReturnType<typeof startBusyDesktop>>["target"],
): Promise<Measured[number]> {
  const seen = { raw: [] as number[], ours: [] as number[] };
  for (let round = 0; round <= 3; round++) {
    for (const side of round % 2 ? (["raw", "ours"] as const) : (["ours", "raw"] as const)) {
      const parameters = { hostname: target.host, password: target.password };
      const stream =
        side === "raw"
          ? await byTcp(target.guacd, String(target.port), parameters)
          : await byWebSocket(busyPlace);
      const rate = await answered(stream, side === "ours", round === 0 ? 3 : busySeconds);
      if (round > 0) seen[side].push(rate);
      await sleep(500);
    }
    if (round > 0) say(`round ${round}, frames/s: raw ${seen.raw.at(-1)}, ours ${seen.ours.at(-1)}`);
  }
  return {
    bench: "tunnel real",
    unit: "frames/s",
    ours: median(seen.ours),
    peer: median(seen.raw),
    goal: ">=0.8",
  };
}

async function answered({ socket, early, end }: Stream, framed: boolean, duration: number): Promise<number> {
  let frames = 0;
  let rest = "";
  const read = (chunk: Buffer) => {
    const text = rest + chunk.toString("latin1");
    let last = 0;
    for (const { 1: stamp = "", 0: whole, index } of text.matchAll(/4\.sync,\d+\.(\d+)(?:,[\d.]+)?;/g)) {
      frames++;
      last = index + whole.length;
      const answer = encode("sync", stamp);
      socket.write(framed ? frame(answer.toString()) : answer);
    }
    rest = text.slice(Math.max(last, text.length - 60));
  };
  if (early.length > 0) read(early);
  socket.on("data", read);
  socket.resume();
  await sleep(1_500);
  const from = frames;
  await sleep(duration * 1_000);
  const rate = (frames - from) / duration;
  if (!framed) socket.write("10.disconnect;");
  end();
  return Number(rate.toFixed(2));
}

async function ask(child: ChildProcess, what: "memory" | "buffers" | "loop" | "cpu"): Promise<number> {
  child.send(what);
  const [figure] = (await once(child, "message")) as [number];
  return figure;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
