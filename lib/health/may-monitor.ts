import type { IncomingHttpHeaders } from "node:http";
import { sameText } from "@/lib/platform/crypto";
import { env } from "@/lib/platform/env";

type Asking = { peer: string | undefined; headers: IncomingHttpHeaders };

const isHere = (peer: string | undefined): boolean => peer === "::1" || /^(::ffff:)?127\./.test(peer ?? "");

/**
 * Whether figures and details may be told: to who has METRICS_TOKEN, and to a monitor on this machine that calls
 * 127.0.0.1 by number. A web server in front comes from this machine too, but with the name of the site or with
 * headers that say for whom.
 */
export function mayMonitor({ peer, headers }: Asking, token = env().METRICS_TOKEN): boolean {
  const given = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1];
  if (token && given && sameText(given, token)) return true;
  const forwarded = headers["x-forwarded-for"] ?? headers.forwarded ?? headers["x-real-ip"];
  return isHere(peer) && forwarded === undefined && /^(127\.[\d.]+|\[::1\])(:\d+)?$/.test(headers.host ?? "");
}
