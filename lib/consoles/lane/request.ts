import { type Origins, originOf, whoseHost, workspaceHost } from "@/lib/platform/origins";
import { grantHash } from "../proxy/cookies";
import { judgeWorkspaceRequest } from "../proxy/guard";
import { requestHeaders } from "../proxy/headers";
import type { Target } from "../rights";
import { readFields } from "./head";

const mostBytes = 16 * 1024;

/** What says that more than a head belongs to a request, or that it wants to become something else. */
const heavy = ["content-length", "transfer-encoding", "trailer", "expect", "upgrade", "http2-settings"];

/** A GET that is all there: its target, and its header lines as they came. */
export type Plain = { target: string; lines: string };

/** One whole GET and not a byte more, or null: then Node's own parser has to look at it. */
export function readPlain(text: string): Plain | null {
  if (text.length > mostBytes || !text.startsWith("GET /")) return null;
  const end = text.indexOf("\r\n");
  if (text.indexOf("\r\n\r\n", end) !== text.length - 4 || !text.endsWith(" HTTP/1.1", end)) return null;
  return { target: text.slice(4, end - 9), lines: text.slice(end + 2, -2) };
}

/** What header lines amount to: who asks for which workspace, by which grant, and what of it is told inside. */
export type Asker = {
  label: string;
  hash: string;
  host: string;
  /** The connection ends with the answer. */
  last: boolean;
  /** The header lines for inside, and the empty line. */
  inward(target: Target): string;
};

/**
 * Judges the header lines of a GET, all of them and by the same rules as everywhere: null for what is refused,
 * belongs to somebody else, or is unusual in any way.
 */
export function judgeLines(lines: string, at: Origins): Asker | null {
  const fields = readFields(lines, () => true);
  if (!fields || heavy.some((name) => fields.of[name] !== undefined)) return null;
  const { host, connection, cookie } = fields.of;
  const hop = connection?.toLowerCase();
  if (hop !== undefined && hop !== "keep-alive" && hop !== "close") return null;
  const whose = whoseHost(host ?? "", at);
  if (whose.kind !== "workspace") return null;
  const { label } = whose;
  const own = { origin: originOf(label, at), secure: at.secure };
  const hash = grantHash(cookie, label, at);
  if (!judgeWorkspaceRequest("GET", fields.of, own).ok || hash === null) return null;
  const inside = workspaceHost(label, at);
  const scheme = at.app.startsWith("https:") ? "https" : "http";
  let made: { for: Target; text: string } | undefined;
  return {
    label,
    hash,
    host: inside,
    last: hop === "close",
    inward(target) {
      if (made?.for === target) return made.text;
      const to = { host: inside, secret: target.secret, scheme } as const;
      const text = asLines([...requestHeaders(fields.raw, connection, to), "connection", "keep-alive"]);
      made = { for: target, text: `${text}\r\n` };
      return made.text;
    },
  };
}

export function asLines(headers: readonly string[]): string {
  let text = "";
  for (let i = 0; i + 1 < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return text;
}
