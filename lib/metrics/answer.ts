import type { ServerResponse } from "node:http";
import { metrics } from "@/lib/platform/metrics";
import { gather } from "./gather";

let last: { at: number; text: Promise<string> } | undefined;

/** All metrics as text; the database is asked at most once a second, whoever asks. */
function metricsText(): Promise<string> {
  const now = performance.now();
  if (!last || now - last.at > 1_000) last = { at: now, text: gather().then(() => metrics().text()) };
  return last.text;
}

/** Answers `GET /metrics`. Who may ask is decided before (lib/health: mayMonitor). */
export async function answerMetrics(res: ServerResponse): Promise<void> {
  const text = await metricsText();
  res.writeHead(200, {
    "Content-Type": "text/plain; version=0.0.4; charset=utf-8",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
  });
  res.end(text);
}
