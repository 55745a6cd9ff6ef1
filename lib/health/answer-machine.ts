import type { IncomingMessage, ServerResponse } from "node:http";
import { answerMetrics } from "@/lib/metrics";
import { log } from "@/lib/platform/log";
import { mayMonitor } from "./may-monitor";
import { answerHealth } from "./report";

/**
 * Answers what machines ask: `/metrics`, `/api/health`, `/api/ready`; in every phase of the service, without Next.
 * False: it is a request like any other.
 */
export function answerMachine(req: IncomingMessage, res: ServerResponse): boolean {
  const path = req.url?.split("?", 1)[0] ?? "";
  if (path !== "/metrics" && path !== "/api/health" && path !== "/api/ready") return false;
  answer(path, req, res).catch((error: unknown) => {
    log().warn({ err: error, path }, "a monitor could not be answered");
    res.destroy();
  });
  return true;
}

async function answer(path: string, req: IncomingMessage, res: ServerResponse): Promise<void> {
  if (req.method !== "GET" && req.method !== "HEAD") return say(res, 405, { error: "GET only" });
  const may = mayMonitor({ peer: req.socket.remoteAddress, headers: req.headers });
  if (path === "/metrics") {
    if (may) return answerMetrics(res);
    return say(res, 401, { error: "The token METRICS_TOKEN as bearer, or a call from this machine." });
  }
  const told = await answerHealth(path, may);
  say(res, told?.status ?? 500, told?.body ?? {});
}

function say(res: ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, {
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    ...(status === 401 ? { "WWW-Authenticate": "Bearer" } : {}),
  });
  res.end(JSON.stringify(body));
}
