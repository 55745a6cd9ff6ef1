import type { IncomingMessage, ServerResponse } from "node:http";
import { log } from "@/lib/platform/log";
import { metrics } from "@/lib/platform/metrics";

/** What kind of request it is: a closed list, so that no address becomes a label. */
function routeClass(method: string, target: string, headers: IncomingMessage["headers"]): string {
  if (target.startsWith("/_next/")) return "static";
  if (target.startsWith("/api/inngest")) return "jobs";
  if (target.startsWith("/api/events")) return "events";
  if (target.startsWith("/api/")) return "api";
  if (method === "POST") return "action";
  return headers.rsc === undefined ? "page" : "page-data";
}

/** Counts a request to the app when its answer is through, and writes a line for what went wrong. */
export function countRequest(req: IncomingMessage, res: ServerResponse): void {
  const since = performance.now();
  const { method = "", url = "/" } = req;
  const route = routeClass(method, url, req.headers);
  res.on("close", () => {
    const ms = performance.now() - since;
    const status = res.writableFinished ? `${(res.statusCode / 100) | 0}xx` : "left";
    metrics().httpRequests.inc({ route, status });
    // A live stream ends when its page is closed: how long it was open says nothing.
    if (route !== "events") metrics().httpSeconds.observe({ route }, ms / 1_000);
    const line = { method, path: url.split("?", 1)[0], status: res.statusCode, ms: Math.round(ms) };
    if (res.statusCode >= 500) log().warn(line, "a request was answered with an error");
    else if (route !== "static") log().debug(line, "request");
  });
}
