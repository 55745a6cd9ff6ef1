import { forbidden } from "./errors";

type HeaderBag = { get(name: string): string | null };

/**
 * Refuses what another origin made the browser send: a workspace is same-site with the app, so
 * SameSite cookies are no defence there. Only top-level GET navigations may come from elsewhere.
 */
export function requireOwnOrigin(method: string, headers: HeaderBag, publicUrl: string): void {
  const site = headers.get("sec-fetch-site");
  if (method === "GET" || method === "HEAD") {
    if (site === null || site === "same-origin" || site === "none") return;
    if (headers.get("sec-fetch-mode") === "navigate" && headers.get("sec-fetch-dest") === "document") return;
    throw forbidden("foreignOrigin");
  }
  // `Origin: null` (a sandboxed frame) and a missing Origin are foreign too.
  if (headers.get("origin") !== new URL(publicUrl).origin) throw forbidden("foreignOrigin");
  if (site !== null && site !== "same-origin") throw forbidden("foreignOrigin");
}

/** The listener in front writes the page's own path into this request header, for the way back after sign-in. */
export const pathHeader = "x-labyard-path";
