import type { IncomingMessage, ServerResponse } from "node:http";
import type { Dispatcher } from "undici";
import { metrics } from "@/lib/platform/metrics";
import type { Origins } from "@/lib/platform/origins";
import type { Grant, Opened } from "../grants";
import type { Target } from "../rights";
import { ForeignRedirect, requestHeaders, responseHeaders } from "./headers";
import { poolOf } from "./upstream";

type Going = {
  req: IncomingMessage;
  res: ServerResponse;
  grant: Grant;
  target: Target;
  host: string;
  at: Origins;
  /** Called instead of an answer from inside, with what went wrong, while nothing was sent yet. */
  failed: (error: Error) => void;
};

/** Sends a request on to its workspace and the answer back, as fast as the slower end takes it. */
export function forward(going: Going): void {
  const { req, target, host, at } = going;
  const scheme = at.app.startsWith("https:") ? "https" : "http";
  const hasBody =
    req.headers["transfer-encoding"] !== undefined || Number(req.headers["content-length"] ?? 0) > 0;
  const answer = new Answer(going);
  if (hasBody) metrics().hot.bytesIn += Number(req.headers["content-length"] ?? 0);
  try {
    poolOf(target.address).dispatch(
      {
        path: req.url ?? "/",
        method: (req.method ?? "GET") as Dispatcher.HttpMethod,
        headers: requestHeaders(req.rawHeaders, req.headers.connection, {
          host,
          secret: target.secret,
          scheme,
        }),
        body: hasBody ? req : null,
      },
      answer,
    );
  } catch (error) {
    answer.fail(error instanceof Error ? error : new Error(String(error)));
  }
  if (!hasBody) req.resume();
}

const smallBytes = 12 * 1024;

class Answer implements Dispatcher.DispatchHandler, Opened {
  #controller: Dispatcher.DispatchController | undefined;
  #done = false;
  #status = 0;
  readonly #since = performance.now();
  readonly #counts = metrics().hot;

  constructor(private readonly going: Going) {
    going.grant.open.add(this);
    // Fires for a browser that left as well as for an answer that is through.
    going.res.on("close", () => this.#gone());
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#done) controller.abort(new Error("the browser left"));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number): void {
    if (status < 200) return;
    const { res, host, at } = this.going;
    this.#status = status;
    let headers: string[];
    try {
      headers = responseHeaders(rawOf(controller), host, at);
    } catch (error) {
      controller.abort(error as Error);
      this.fail(error as Error);
      return;
    }
    res.writeHead(status, headers);
    // Event streams begin with headers alone, and the page waits for those.
    if (isStream(headers)) res.flushHeaders();
    res.on("drain", () => controller.resume());
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#counts.bytesOut += chunk.length;
    const { res } = this.going;
    // As text it joins the head in one write; a buffer beside a head is a second piece, and dearer than the copy.
    const flows =
      chunk.length <= smallBytes ? res.write(chunk.toString("latin1"), "latin1") : res.write(chunk);
    if (!flows) controller.pause();
  }

  onResponseEnd(): void {
    this.#finish();
    this.going.res.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  fail(error: Error): void {
    if (this.#done) return;
    this.#status = 500;
    this.#counts.upstreamErrors++;
    this.#finish();
    const { res, failed } = this.going;
    // Half an answer must look like half an answer.
    if (res.headersSent) res.destroy();
    else failed(error);
  }

  close(): void {
    this.going.res.destroy();
  }

  #gone(): void {
    if (this.#done) return;
    this.#finish();
    this.#controller?.abort(new Error("the browser left"));
  }

  #finish(): void {
    this.#done = true;
    this.#counts.request(this.#status, performance.now() - this.#since);
    this.going.grant.open.delete(this);
  }
}

function isStream(headers: readonly string[]): boolean {
  for (let i = 0; i < headers.length; i += 2)
    if (headers[i]?.toLowerCase() === "content-type")
      return headers[i + 1]?.startsWith("text/event-stream") ?? false;
  return false;
}

function rawOf(controller: Dispatcher.DispatchController): (string | Buffer)[] {
  const raw = controller.rawHeaders;
  return Array.isArray(raw) ? raw : [];
}

/** Whether an error means that nothing answered there, rather than that the answer was bad. */
export function isDown(error: Error): boolean {
  const code = "code" in error ? String(error.code) : "";
  return !(error instanceof ForeignRedirect) && code !== "UND_ERR_INVALID_ARG";
}
