import "./stand/aborted";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { request } from "node:http";
import { WebSocket } from "ws";
import { closeDatabase } from "@/db/client";
import { ask } from "@/e2e/ask";
import { Service } from "@/e2e/service";
import { freePort, makePerson, makeWorkspace } from "@/e2e/upstream/world";
import { issueTicket } from "@/lib/consoles";
import { createCtx } from "@/lib/platform/context";
import { answers, forked, residentMb, run } from "./stand/process";
import { median, quantile, report, say } from "./stand/results";

/**
 * The way into a workspace with all its checks beside configurable-http-proxy with its defaults: the same upstream,
 * the same load, in turn.
 */
const rounds = 5;
const seconds = 6;
const echoes = 2_000;
const downloadMb = 200;

const upstream = await forked("./upstream.ts");
const inside = `127.0.0.1:${upstream.port}`;

const service = new Service({ name: "bench", port: await freePort() });
Object.assign(process.env, service.environment());
await service.freshDatabase();
await service.start();
const person = await makePerson();
const place = await makeWorkspace(person.actor.id, inside, "secret");
const cookie = await enter();

const peerPort = await freePort();
const apiPort = await freePort();
const token = randomBytes(16).toString("hex");
const peer = spawn(
  "node_modules/.bin/configurable-http-proxy",
  ["--ip", "127.0.0.1", "--port", String(peerPort), "--api-port", String(apiPort), "--log-level", "error"],
  { env: { ...process.env, CONFIGPROXY_AUTH_TOKEN: token, NODE_ENV: "production" }, stdio: "inherit" },
);

try {
  const api = `http://127.0.0.1:${apiPort}/api/routes`;
  const headers = { Authorization: `token ${token}` };
  await answers(api);
  await fetch(`${api}/`, { method: "POST", headers, body: JSON.stringify({ target: `http://${inside}` }) });

  const sides = {
    ours: {
      port: service.options.port,
      headers: { Host: place.host, Cookie: cookie, "Sec-Fetch-Site": "same-origin", Origin: place.origin },
    },
    peer: { port: peerPort, headers: { Host: `127.0.0.1:${peerPort}` } },
  };
  const seen = { ours: side(), peer: side() };
  for (let round = 0; round <= rounds; round++) {
    const order = round % 2 ? (["ours", "peer"] as const) : (["peer", "ours"] as const);
    for (const name of order) {
      const { port, headers: sent } = sides[name];
      const load = await wrk(port, sent, round === 0 ? 2 : seconds);
      const echo = await echoTimes(port, sent, round === 0 ? 200 : echoes);
      // The first round warms both up.
      if (round === 0) continue;
      seen[name].requests.push(load.requests);
      seen[name].p99.push(load.p99);
      seen[name].echo.push(median(echo));
      say(
        `round ${round} ${name}: ${load.requests.toFixed(0)} requests/s, p99 ${load.p99.toFixed(2)} ms, echo p50 ${median(echo).toFixed(3)} ms, p99 ${quantile(echo, 0.99).toFixed(3)} ms`,
      );
    }
  }
  const grown = await downloadGrowth();
  const both = (what: "requests" | "p99" | "echo") => ({
    ours: median(seen.ours[what]),
    peer: median(seen.peer[what]),
  });
  report([
    { bench: "proxy requests", unit: "requests/s", ...both("requests"), goal: ">=2.5" },
    { bench: "proxy p99", unit: "ms", ...both("p99"), goal: "<=0.5" },
    { bench: "proxy websocket", unit: "ms", ...both("echo"), goal: "<=1.15" },
    { bench: "proxy download memory", unit: "MB grown", ours: grown, goal: "<=32" },
  ]);
} finally {
  peer.kill();
  upstream.child.kill();
  await service.stop();
  await closeDatabase();
}
process.exit(0);

function side() {
  return { requests: [] as number[], p99: [] as number[], echo: [] as number[] };
}

/** As a browser does: the app's form brings the ticket to the workspace's origin and leaves with a cookie. */
async function enter(): Promise<string> {
  const ctx = createCtx(person.actor);
  const { ticket } = await issueTicket({ ctx, input: { workspaceId: place.id, mode: "use" } });
  const entered = await ask(service.url, {
    method: "POST",
    host: place.host,
    path: "/__lab/enter",
    headers: { Origin: service.url, "Content-Type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ ticket }).toString(),
  });
  const [set] = entered.headers["set-cookie"] ?? [];
  if (entered.status !== 303 || !set) throw new Error(`not let in: ${entered.status} ${entered.body}`);
  return set.split(";")[0] ?? "";
}

async function wrk(port: number, headers: Record<string, string>, duration: number) {
  const { stdout } = await run("wrk", [
    ...["-t2", "-c32", `-d${duration}s`, "--latency"],
    ...Object.entries(headers).flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
    `http://127.0.0.1:${port}/small`,
  ]);
  const failed = /Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)/.exec(stdout);
  if (failed) throw new Error(`wrk at ${port}: ${failed[0]}`);
  const requests = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
  const [, p99, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout) ?? [];
  const scale = { us: 0.001, ms: 1, s: 1_000 }[unit as "us" | "ms" | "s"];
  return { requests, p99: Number(p99) * scale };
}

/** Round trips of one message after another, in ms. */
function echoTimes(port: number, headers: Record<string, string>, count: number): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/echo`, { headers, perMessageDeflate: false });
    const times: number[] = [];
    let sent = 0;
    const send = () => {
      sent = performance.now();
      socket.send("x".repeat(100));
    };
    socket.on("open", send);
    socket.on("message", () => {
      times.push(performance.now() - sent);
      if (times.length < count) return send();
      socket.close();
      resolve(times);
    });
    socket.on("error", reject);
  });
}

/** How much the service grows, in MB, while a reader that takes its time downloads 200 MB. */
async function downloadGrowth(): Promise<number> {
  const pid = service.pid ?? 0;
  const before = residentMb(pid);
  let most = before;
  let bytes = 0;
  await new Promise<void>((resolve, reject) => {
    const path = `/big?bytes=${downloadMb * 1024 ** 2}`;
    request({ host: "127.0.0.1", port: service.options.port, path, headers: sidesOfOurs() }, (res) => {
      res.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        most = Math.max(most, residentMb(pid));
        if (bytes % (16 * 1024 ** 2) < chunk.length) {
          res.pause();
          setTimeout(() => res.resume(), 50);
        }
      });
      res.on("end", resolve);
      res.on("error", reject);
    }).end();
  });
  if (bytes !== downloadMb * 1024 ** 2) throw new Error(`the download has ${bytes} bytes`);
  say(`download of ${downloadMb} MB: ${before.toFixed(0)} MB before, ${most.toFixed(0)} MB at most`);
  return Math.max(0, most - before);
}

function sidesOfOurs(): Record<string, string> {
  return { Host: place.host, Cookie: cookie, "Sec-Fetch-Site": "same-origin" };
}
