import type { Origins } from "@/lib/platform/origins";
import { frameOnlyBy } from "./csp";

/** Headers as node and undici keep them raw: name, value, name, value, … */
export type RawHeaders = readonly (string | Buffer)[];

const hopByHop = [
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
];

const droppedFromBrowser = new Set([
  ...hopByHop,
  "host", // ours
  "cookie", // the grant, and whatever else the browser holds for this name
  "cookie2",
  "authorization", // ours
  "expect",
  "forwarded",
  "via",
  "x-real-ip",
  "x-client-ip",
  "true-client-ip",
  "cf-connecting-ip",
  "x-original-url",
  "x-rewrite-url",
  "x-http-method-override",
  "rsc",
  "service-worker",
  "service-worker-navigation-preload",
]);
const droppedPrefixesFromBrowser = [
  "x-forwarded-",
  "x-middleware-",
  "x-invoke-",
  "x-nextjs-",
  "next-",
  "x-labyard-",
  "proxy-",
];

const droppedFromUpstream = new Set([
  ...hopByHop,
  "set-cookie", // Jupyter does without: facts are in docs/origins.md
  "set-cookie2",
  "service-worker-allowed",
  "clear-site-data",
  "strict-transport-security",
  "public-key-pins",
  "public-key-pins-report-only",
  "expect-ct",
  "alt-svc",
  "nel",
  "report-to",
  "reporting-endpoints",
  "content-security-policy-report-only",
  "x-accel-redirect",
  "x-accel-buffering",
  "x-accel-expires",
  "x-sendfile",
  "x-lighttpd-send-file",
  "refresh",
  "server",
  "x-powered-by",
  // Set by us below.
  "x-frame-options",
  "x-content-type-options",
  "referrer-policy",
  "cross-origin-opener-policy",
  "cross-origin-resource-policy",
  "origin-agent-cluster",
]);

/** Memory for names already judged, small and bounded: names come from outside. */
function judge(rule: (name: string) => boolean): (name: string) => { name: string; keep: boolean } {
  const known = new Map<string, { name: string; keep: boolean }>();
  return (raw) => {
    let verdict = known.get(raw);
    if (!verdict) {
      const name = raw.toLowerCase();
      verdict = { name, keep: rule(name) };
      if (known.size < 2000) known.set(raw, verdict);
    }
    return verdict;
  };
}

const judgeRequest = judge(
  (name) =>
    !droppedFromBrowser.has(name) && !droppedPrefixesFromBrowser.some((prefix) => name.startsWith(prefix)),
);
const judgeResponse = judge(
  (name) =>
    !droppedFromUpstream.has(name) && !name.startsWith("access-control-") && !name.startsWith("proxy-"),
);

/** Every header that `Connection` names belongs to that hop only. */
function namedByConnection(value: string): Set<string> | null {
  const lower = value.toLowerCase();
  if (lower === "keep-alive" || lower === "upgrade" || lower === "close") return null;
  return new Set(lower.split(",").map((name) => name.trim()));
}

export type Inside = { host: string; secret: string; scheme: "http" | "https" };

/**
 * What of a browser's request reaches a workspace: neither a cookie nor a credential of ours, no word
 * about other hops. In their place the token of this one workspace and its own name.
 */
export function requestHeaders(
  raw: readonly string[],
  connection: string | undefined,
  inside: Inside,
): string[] {
  const named = connection ? namedByConnection(connection) : null;
  const out = [
    "host",
    inside.host,
    "authorization",
    `token ${inside.secret}`,
    "x-forwarded-host",
    inside.host,
    "x-forwarded-proto",
    inside.scheme,
  ];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const { name, keep } = judgeRequest(raw[i] ?? "");
    if (!keep || named?.has(name)) continue;
    const value = raw[i + 1] ?? "";
    // Where the person came from is no business of what students run.
    if (name === "referer" && !value.startsWith(`${inside.scheme}://${inside.host}/`)) continue;
    out.push(name, value);
  }
  return out;
}

export class ForeignRedirect extends Error {}

/** The same path on this workspace, or a refusal: a workspace sends nobody elsewhere. */
export function ownLocation(location: string, host: string): string {
  let url: URL;
  try {
    url = new URL(location, `http://${host}/`);
  } catch {
    throw new ForeignRedirect(location);
  }
  if (
    (url.protocol !== "http:" && url.protocol !== "https:") ||
    url.host !== host ||
    url.username ||
    url.password
  )
    throw new ForeignRedirect(location);
  // Relative to the page is kept relative to the page, unless it begins with a slash.
  const target = `${url.pathname.replace(/^\/+/, "/")}${url.search}${url.hash}`;
  return /^[A-Za-z0-9._~?#-]/.test(location) && !/^[a-z][a-z0-9+.-]*:/i.test(location) ? location : target;
}

const guardHeaders = [
  "X-Content-Type-Options",
  "nosniff",
  "Referrer-Policy",
  "same-origin",
  "Cross-Origin-Opener-Policy",
  "same-origin",
  "Cross-Origin-Resource-Policy",
  "same-origin",
  "Origin-Agent-Cluster",
  "?1",
];

/**
 * What of a workspace's answer reaches the browser, with the headers that every answer of a workspace
 * origin carries. Throws {@link ForeignRedirect}.
 */
export function responseHeaders(raw: RawHeaders, host: string, at: Pick<Origins, "app">): string[] {
  const out = [...guardHeaders];
  let policy: string | null = null;
  let named: Set<string> | null = null;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (judgeResponse(text(raw[i])).name === "connection") named = namedByConnection(text(raw[i + 1]));
  }
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const { name, keep } = judgeResponse(text(raw[i]));
    if (!keep || named?.has(name)) continue;
    const value = text(raw[i + 1]);
    if (name === "content-security-policy") policy = policy === null ? value : `${policy}, ${value}`;
    else if (name === "location") out.push("Location", ownLocation(value, host));
    else if (name === "cache-control") out.push("Cache-Control", privately(value));
    else out.push(text(raw[i]), value);
  }
  out.push("Content-Security-Policy", frameOnlyBy(policy, at.app));
  return out;
}

/** A shared cache on the way knows nothing of grants. */
const privately = (value: string): string =>
  value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => !/^s-maxage\b/i.test(part))
    .map((part) => (/^public$/i.test(part) ? "private" : part))
    .join(", ");

const text = (part: string | Buffer | undefined): string =>
  part === undefined ? "" : typeof part === "string" ? part : part.toString("latin1");
