import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { newId } from "@/lib/platform/ids";
import { log } from "@/lib/platform/log";
import { answerPlain, asText, common, document, isDocument, sentence } from "./pages";

export type Away = "starting" | "stopping" | "database" | "busy";

// Asks for the same page until it is there again; never by sending a form a second time.
const comeBack = `(function ask(){setTimeout(function(){fetch(location.href,{method:"HEAD",redirect:"manual"})
.then(function(a){if(a.status===503)ask();else location.replace(location.href)},ask)},2000)})()`;

/**
 * The app cannot draw a page now: says so with 503, keeps the address, and opens it by itself as soon as
 * it can. What asks for no page gets one sentence.
 */
export function answerAway(req: IncomingMessage, res: ServerResponse, away: Away): void {
  const [title, text, number] = ["title", "text"]
    .map((part) => asText(sentence(req, `away.${away}.${part}`)))
    .concat(newId());
  log().warn({ away, requestId: number, path: req.url?.split("?", 1)[0] }, "no page can be drawn now");
  if (!isDocument(req)) {
    answerPlain(req, res, 503, sentence(req, `away.${away}.text`), { Connection: "close" });
    return;
  }
  const nonce = randomBytes(16).toString("base64");
  const label = asText(sentence(req, "away.number"));
  const body = Buffer.from(
    document(req, nonce, {
      title,
      body: `<main role="status"><h1>${title}</h1><p>${text}</p><p>${label} <code>${number}</code></p></main>`,
      script: comeBack,
    }),
    "utf8",
  );
  res.writeHead(503, {
    ...common,
    "Content-Security-Policy": `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    "Content-Type": "text/html; charset=utf-8",
    "Content-Length": body.length,
    "Retry-After": "5",
    "X-Request-Id": number,
    ...(req.complete ? {} : { Connection: "close" }),
  });
  res.end(req.method === "HEAD" ? undefined : body);
}

/** Says 200 if a page could be drawn now and 503 if not, at the cost of neither: open pages ask before they refresh. */
export const drawablePath = "/api/drawable";

/** A page, or the data of one: not what a script calls, not a server action, not a file. */
export function asksForPage(req: IncomingMessage): boolean {
  const path = req.url?.split("?", 1)[0] ?? "/";
  if (path === drawablePath) return true;
  if (path.startsWith("/api/") || path.startsWith("/_next/") || /\.[a-z0-9]+$/i.test(path)) return false;
  return req.headers["next-action"] === undefined;
}
