import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { chooseLocale, type Locale } from "@/lib/platform/i18n/locale";
import { type Messages, messages } from "@/lib/platform/i18n/messages";
import type { Origins } from "@/lib/platform/origins";

export type Notice = "enter" | "ticket" | "waiting" | "paused" | "broken";
const statuses: Record<Notice, number> = { enter: 401, ticket: 403, waiting: 503, paused: 503, broken: 502 };

const localeOf = (req: IncomingMessage): Locale =>
  chooseLocale(undefined, req.headers["accept-language"] ?? null);

/** One sentence of the `consoles` texts, in the browser's language or a given one. */
export function sentence(
  of: IncomingMessage | Locale,
  path: string,
  params: Record<string, string> = {},
): string {
  const locale = typeof of === "string" ? of : localeOf(of);
  let at: string | Messages | undefined = messages[locale].consoles;
  for (const part of path.split(".")) at = typeof at === "object" ? at[part] : undefined;
  const text = typeof at === "string" ? at : path;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => params[name] ?? whole);
}

export const isDocument = (req: IncomingMessage): boolean =>
  req.method === "GET" || req.method === "POST"
    ? (req.headers["sec-fetch-mode"] === "navigate" || req.headers["sec-fetch-dest"] === undefined) &&
      (req.headers.accept?.includes("text/html") ?? false)
    : false;

export const common = {
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Origin-Agent-Cluster": "?1",
  "Cache-Control": "no-store",
};

/** A plain answer of ours, for scripts and for what no person sees. */
export function answerPlain(
  req: IncomingMessage,
  res: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  const body = Buffer.from(`${text}\n`, "utf8");
  res.writeHead(status, {
    ...common,
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": body.length,
    ...(status === 503 ? { "Retry-After": "2" } : {}),
    // What of the request was not read will not be: the connection cannot be used again.
    ...(req.complete ? {} : { Connection: "close" }),
    ...headers,
  });
  res.end(req.method === "HEAD" ? undefined : body);
}

/**
 * Tells what is the matter at a workspace's origin: a small page in the person's language where a page is
 * shown, one sentence elsewhere. The page asks the app around it to enter again (`labyard.enter-needed`).
 */
export function answerNotice(
  req: IncomingMessage,
  res: ServerResponse,
  notice: Notice,
  at: Origins,
  { status = statuses[notice], back = "/" }: { status?: number; back?: string } = {},
) {
  if (!isDocument(req)) {
    // The script inside JupyterLab waits for a paused one as long as it takes: images/jupyter/reconnect.js.
    const headers: Record<string, string> = notice === "paused" ? { "X-Labyard-Paused": "1" } : {};
    return answerPlain(req, res, status, sentence(req, `${notice}.text`), headers);
  }
  const nonce = randomBytes(16).toString("base64");
  const body = Buffer.from(page(req, notice, `${at.app}${back}`, at, nonce), "utf8");
  res.writeHead(status, {
    ...common,
    "Content-Security-Policy": `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'; frame-ancestors ${at.app}`,
    "Content-Type": "text/html; charset=utf-8",
    "Content-Length": body.length,
    ...(status === 503 ? { "Retry-After": "2" } : {}),
    ...(req.complete ? {} : { Connection: "close" }),
  });
  res.end(body);
}

function page(req: IncomingMessage, notice: Notice, back: string, at: Origins, nonce: string): string {
  const [title, text, link] = ["title", "text", "link"].map((part) =>
    asText(sentence(req, `${notice}.${part}`)),
  );
  const comesBack = notice === "waiting" || notice === "paused";
  const script = comesBack
    ? "setTimeout(function(){location.reload()},2000)"
    : notice === "broken"
      ? ""
      : `if(parent!==window)parent.postMessage({type:"labyard.enter-needed",reason:${JSON.stringify(notice)}},${JSON.stringify(at.app)})`;
  return document(req, nonce, {
    title,
    body: `<main role="${comesBack ? "status" : "main"}"><h1>${title}</h1><p>${text}</p><a href="${asText(back)}" target="_blank" rel="noopener">${link}</a></main>`,
    script,
  });
}

/** A page of ours that needs nothing but itself: no file, no text of the app. */
export function document(
  req: IncomingMessage,
  nonce: string,
  { title, body, script }: { title: string | undefined; body: string; script: string },
): string {
  return `<!doctype html>
<html lang="${localeOf(req)}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style nonce="${nonce}">
:root{color-scheme:light dark;--text:#1f2328;--quiet:#59636e;--page:#fff;--link:#0b5cad}
@media(prefers-color-scheme:dark){:root{--text:#e6e8eb;--quiet:#9aa4af;--page:#16181c;--link:#7ab7ff}}
body{margin:0;min-height:100vh;display:grid;place-items:center;background:var(--page);color:var(--text);font:16px/1.6 system-ui,"PingFang SC","Microsoft YaHei",sans-serif}
main{max-width:32rem;padding:2rem}h1{font-size:1.25rem;margin:0 0 .5rem}p{margin:0 0 1rem;color:var(--quiet)}a{color:var(--link)}code{font:13px ui-monospace,monospace}
</style></head>
<body>${body}
${script ? `<script nonce="${nonce}">${script}</script>` : ""}</body></html>
`;
}

export const asText = (text: string): string =>
  text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
