import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { WebSocketServer } from "ws";

/** What arrived inside, as it came over the wire. */
export type Recorded = {
  method: string;
  url: string;
  rawHeaders: string[];
  headers: IncomingMessage["headers"];
  body: { bytes: number; sha256: string };
  upgrade: boolean;
};

/**
 * A stand-in for what runs in a workspace: records every connection and request, and misbehaves as told by
 * the path. Real sockets, no shortcuts: what it did not record did not reach a workspace.
 */
export async function startUpstream(port = 0) {
  const requests: Recorded[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  let aborted = 0;
  let streamed = 0;

  const routes: Record<string, (req: IncomingMessage, res: ServerResponse, query: URLSearchParams) => void> =
    {
      "/headers": (_req, res, query) => {
        const raw = query.getAll("h").flatMap((pair) => {
          const at = pair.indexOf(":");
          return [pair.slice(0, at), pair.slice(at + 1)];
        });
        res.writeHead(Number(query.get("status") ?? 200), raw);
        res.end("answer");
      },
      "/small": (_req, res) => {
        res.writeHead(200, { "Content-Type": "text/plain", "Content-Length": small.length });
        res.end(small);
      },
      "/big": (_req, res, query) => {
        let left = Number(query.get("bytes"));
        const chunk = Buffer.alloc(64 * 1024, 97);
        res.writeHead(200, { "Content-Length": left });
        const more = () => {
          while (left > 0) {
            const part = left < chunk.length ? chunk.subarray(0, left) : chunk;
            left -= part.length;
            streamed += part.length;
            if (!res.write(part)) return void res.once("drain", more);
          }
          res.end();
        };
        more();
      },
      "/stream": (_req, res) => {
        res.writeHead(200, { "Content-Type": "text/event-stream" });
        const timer = setInterval(() => res.write(`data: ${Date.now()}\n\n`), 50);
        res.on("close", () => clearInterval(timer));
      },
      "/silent-stream": (_req, res) => {
        res.writeHead(200, { "Content-Type": "text/event-stream" });
        res.flushHeaders();
      },
      "/cut": (_req, res) => {
        res.writeHead(200, { "Content-Length": 1000 });
        res.write("half");
        setTimeout(() => res.destroy(), 20);
      },
      // Chinese characters cut in the middle of their bytes.
      "/split": (_req, res) => {
        const bytes = Buffer.from("你好，世界".repeat(50), "utf8");
        res.writeHead(200, { "Content-Type": "text/plain; charset=utf-8" });
        let at = 0;
        const next = () => {
          if (at >= bytes.length) return void res.end();
          res.write(bytes.subarray(at, at + 7));
          at += 7;
          setImmediate(next);
        };
        next();
      },
      "/hang": () => undefined,
      "/redirect": (_req, res, query) => {
        res.writeHead(302, { Location: query.get("to") ?? "/" });
        res.end();
      },
      "/page": (_req, res) => {
        res.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
        res.end("<!doctype html><title>inside</title><h1>inside</h1>");
      },
    };
  const small = Buffer.alloc(2048, 98);

  const record = (req: IncomingMessage, upgrade: boolean): Recorded => {
    const entry: Recorded = {
      method: req.method ?? "",
      url: req.url ?? "",
      rawHeaders: req.rawHeaders,
      headers: req.headers,
      body: { bytes: 0, sha256: "" },
      upgrade,
    };
    requests.push(entry);
    return entry;
  };

  const server = createServer((req, res) => {
    const entry = record(req, false);
    const hash = createHash("sha256");
    const { pathname, searchParams } = new URL(req.url ?? "/", "http://upstream");
    res.on("close", () => {
      if (!res.writableFinished) aborted++;
    });
    req.on("data", (chunk: Buffer) => {
      entry.body.bytes += chunk.length;
      hash.update(chunk);
    });
    req.on("end", () => {
      entry.body.sha256 = hash.digest("hex");
      const route = routes[pathname];
      if (route) return route(req, res, searchParams);
      res.writeHead(200, { "Content-Type": "application/json" });
      res.end(JSON.stringify({ path: req.url, bytes: entry.body.bytes }));
    });
  });
  server.keepAliveTimeout = 60_000;
  server.on("connection", (socket) => {
    connections++;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });

  const websockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    handleProtocols: (offered) => [...offered][0] ?? false,
  });
  server.on("upgrade", (req, socket, head) => {
    record(req, true);
    const { pathname } = new URL(req.url ?? "/", "http://upstream");
    if (pathname === "/ws/refuse")
      return void socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    if (pathname === "/ws/hang") return;
    websockets.handleUpgrade(req, socket, head, (ws) => {
      ws.on("error", () => undefined);
      if (pathname === "/ws/flood") {
        const chunk = Buffer.alloc(64 * 1024, 99);
        const pump = () => {
          while (ws.readyState === ws.OPEN && ws.bufferedAmount < 4_000_000) {
            ws.send(chunk);
            streamed += chunk.length;
          }
          if (ws.readyState === ws.OPEN) setTimeout(pump, 5);
        };
        pump();
      } else if (pathname === "/ws/greet") ws.send("你好".repeat(2000));
      ws.on("message", (data, binary) => ws.send(data, { binary }));
    });
  });
  websockets.on("headers", (headers) => {
    headers.push("Set-Cookie: stolen=1; Path=/", "Server: inside");
  });

  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    address,
    requests,
    last: (): Recorded | undefined => requests.at(-1),
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    get websockets() {
      return websockets.clients.size;
    },
    get aborted() {
      return aborted;
    },
    get streamed() {
      return streamed;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

export type Upstream = Awaited<ReturnType<typeof startUpstream>>;
