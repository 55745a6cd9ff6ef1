import { type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:net";

export type Answer = { status: number; headers: IncomingHttpHeaders; body: string };

export type Question = {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** Another name at the same listener: a workspace's. */
  host?: string;
  /** Leave once the head of the answer is there, as with a stream that never ends. */
  headOnly?: boolean;
};

/** One request with exactly these headers: no browser adds or forbids any. */
export function ask(url: string, question: Question): Promise<Answer> {
  const { port, host } = new URL(url);
  return new Promise((resolve, reject) => {
    const req = request(
      {
        host: "127.0.0.1",
        port,
        method: question.method ?? "GET",
        path: question.path,
        headers: { host: question.host ?? host, ...question.headers },
        timeout: 30_000,
      },
      (res) => {
        const answer = (body: string): Answer => ({
          status: res.statusCode ?? 0,
          headers: res.headers,
          body,
        });
        if (question.headOnly) {
          resolve(answer(""));
          return void res.destroy();
        }
        const chunks: Buffer[] = [];
        res.on("data", (chunk: Buffer) => chunks.push(chunk));
        res.on("end", () => resolve(answer(Buffer.concat(chunks).toString("utf8"))));
        res.on("error", reject);
      },
    );
    req.on("timeout", () =>
      req.destroy(new Error(`${question.method ?? "GET"} ${question.path}: no answer`)),
    );
    req.on("error", reject);
    req.end(question.body);
  });
}

/** Sends these bytes on a connection of their own and answers the status that comes back; 0: closed without one. */
export function askRaw(url: string, lines: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    let seen = "";
    const done = () => {
      resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(seen)?.[1] ?? 0));
      socket.destroy();
    };
    socket.setTimeout(10_000, done);
    socket.on("data", (chunk) => {
      seen += chunk.toString("latin1");
      if (seen.includes("\r\n")) done();
    });
    socket.on("close", done);
    socket.on("error", done);
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  });
}

/** The status with which a WebSocket handshake is answered; 101: let in. */
export const askUpgrade = (
  url: string,
  question: { path: string; host?: string; headers?: Record<string, string> },
) =>
  askRaw(url, [
    `GET ${question.path} HTTP/1.1`,
    `Host: ${question.host ?? new URL(url).host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    ...Object.entries(question.headers ?? {}).map(([name, value]) => `${name}: ${value}`),
  ]);
