import type { IncomingHttpHeaders } from "node:http";

export type Judged = { ok: true } | { ok: false; why: "site" | "origin" | "service-worker" };

const refused = (why: "site" | "origin" | "service-worker"): Judged => ({ ok: false, why });
const fine: Judged = { ok: true };

/**
 * Who may make a request at a workspace's origin: its own pages, and a person who goes there. The proxy
 * signs every request with Jupyter's token, which switches Jupyter's own check off: this is the check.
 */
export function judgeWorkspaceRequest(
  method: string,
  headers: IncomingHttpHeaders,
  own: { origin: string; secure: boolean },
): Judged {
  if (headers["service-worker"] !== undefined || headers["sec-fetch-dest"] === "serviceworker")
    return refused("service-worker");
  const reads = method === "GET" || method === "HEAD";
  if (headers.origin !== undefined && headers.origin !== own.origin) return refused("origin");
  const site = headers["sec-fetch-site"];
  if (site === undefined) {
    // Browsers leave the header out on plain http of a real name only; there Origin has to do.
    if (own.secure) return refused("site");
    return reads || headers.origin === own.origin ? fine : refused("origin");
  }
  if (site === "same-origin" || site === "none") return fine;
  const goes = headers["sec-fetch-mode"] === "navigate";
  const dest = headers["sec-fetch-dest"];
  return method === "GET" && goes && (dest === "document" || dest === "iframe") ? fine : refused("site");
}

/** A WebSocket has no `Sec-Fetch-Site`: its Origin must be the workspace's own, to the letter. */
export const judgeUpgrade = (headers: IncomingHttpHeaders, own: { origin: string }): Judged =>
  headers.origin === own.origin ? fine : refused("origin");

/**
 * Requests at the app's origin: nobody else's page may make one, except to send a person there. A frame or
 * script of a workspace is `same-site` at best.
 */
export function judgeAppRequest(method: string, headers: IncomingHttpHeaders, app: string): Judged {
  if (headers["service-worker"] !== undefined) return refused("service-worker");
  const site = headers["sec-fetch-site"];
  if (site === "same-site" || site === "cross-site") {
    const goes = headers["sec-fetch-mode"] === "navigate" && headers["sec-fetch-dest"] === "document";
    return method === "GET" && goes ? fine : refused("site");
  }
  const writes = method !== "GET" && method !== "HEAD" && method !== "OPTIONS";
  return writes && headers.origin !== undefined && headers.origin !== app ? refused("origin") : fine;
}
