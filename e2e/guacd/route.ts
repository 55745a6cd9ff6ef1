import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";

/** Serves a route handler (Request → Response) on a plain listener, as Next does it. */
export const serveRoute =
  (answer: (request: Request) => Promise<Response>): RequestListener =>
  (req, res) => {
    serve(req, res, answer).catch(() => res.destroy());
  };

async function serve(
  req: IncomingMessage,
  res: ServerResponse,
  answer: (request: Request) => Promise<Response>,
): Promise<void> {
  const method = req.method ?? "GET";
  const headers = new Headers();
  for (const [name, value] of Object.entries(req.headers)) headers.set(name, String(value));
  const body = method === "GET" ? undefined : (Readable.toWeb(req) as unknown as BodyInit);
  const init = { method, headers, body, duplex: "half" };
  const url = new URL(`http://${req.headers.host}${req.url}`);
  // So does Next write a query again: `?connect` is `?connect=` from then on.
  url.search = url.searchParams.toString();
  const response = await answer(new Request(url, init));
  res.writeHead(response.status, Object.fromEntries(response.headers));
  if (!response.body) return void res.end();
  res.flushHeaders();
  await pipeline(Readable.fromWeb(response.body as ReadableStream<Uint8Array>), res);
}
