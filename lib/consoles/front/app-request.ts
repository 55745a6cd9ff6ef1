import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Origins } from "@/lib/platform/origins";

const internal = ["x-middleware-", "x-invoke-", "x-labyard-", "x-forwarded-"];

/** Takes from a request to the app what only this process may say, and says it. */
export function cleanAppRequest(req: IncomingMessage, at: Origins): void {
  const { headers } = req;
  const forwarded = headers["x-forwarded-for"];
  for (const name of Object.keys(headers))
    if (internal.some((prefix) => name.startsWith(prefix))) delete headers[name];
  delete headers.forwarded;
  delete headers["x-real-ip"];
  // Only a TLS end on this machine may say who is behind it, and its own word is the last one.
  const peer = req.socket.remoteAddress ?? "";
  const behindTls = at.app.startsWith("https:") && isLoopback(peer);
  const last = typeof forwarded === "string" ? forwarded.split(",").at(-1)?.trim() : undefined;
  headers["x-forwarded-for"] = (behindTls && last) || peer;
  headers["x-forwarded-host"] = at.appHost;
  headers["x-forwarded-proto"] = at.app.startsWith("https:") ? "https" : "http";
  // Where a page sends a person back to after sign-in.
  headers["x-labyard-path"] = encodeURI(decodeSafely(req.url ?? "/"));
}

const decodeSafely = (text: string): string => {
  try {
    return decodeURI(text);
  } catch {
    return "/";
  }
};

export const isLoopback = (address: string | undefined): boolean =>
  address !== undefined &&
  (address === "::1" || address.startsWith("127.") || address.startsWith("::ffff:127."));

/** The headers of every answer of the app. Next finds the nonce in the request's copy of the policy. */
export function secureAppAnswer(req: IncomingMessage, res: ServerResponse, at: Origins, dev: boolean): void {
  res.setHeader("X-Content-Type-Options", "nosniff");
  res.setHeader("X-Frame-Options", "DENY");
  // The form that carries a ticket needs an Origin; `no-referrer` would make it `null`.
  res.setHeader("Referrer-Policy", "strict-origin");
  res.setHeader("Cross-Origin-Opener-Policy", "same-origin");
  res.setHeader("Cross-Origin-Resource-Policy", "same-origin");
  res.setHeader("Origin-Agent-Cluster", "?1");
  res.setHeader("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()");
  if (at.app.startsWith("https:")) res.setHeader("Strict-Transport-Security", "max-age=31536000");
  if (req.url?.startsWith("/_next/static/")) return;
  if (req.url?.startsWith("/api/")) {
    // What a person uploaded never runs as a page of this origin, however it is opened.
    res.setHeader("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox");
    return;
  }
  const policy = appPolicy(at, randomBytes(16).toString("base64"), dev);
  req.headers["content-security-policy"] = policy;
  res.setHeader("Content-Security-Policy", policy);
}

function appPolicy(at: Origins, nonce: string, dev: boolean): string {
  const workspaces = `${at.app.slice(0, at.app.indexOf(":"))}://*${at.suffix}`;
  const socket = at.app.replace(/^http/, "ws");
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${dev ? " 'unsafe-eval'" : ""}`,
    // React writes style attributes; a style reads nothing out.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    `connect-src 'self' ${socket}`,
    `frame-src ${workspaces}`,
    `form-action 'self' ${workspaces}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "object-src 'none'",
  ].join("; ");
}
