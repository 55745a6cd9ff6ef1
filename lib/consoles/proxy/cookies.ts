import { sha256 } from "@/lib/platform/crypto";
import { grantCookieName, type Origins } from "@/lib/platform/origins";

/** The value of one cookie; the first one counts, as everywhere. */
export function cookieValue(header: string | undefined, name: string): string | null {
  if (!header) return null;
  for (let at = header.indexOf(name); at >= 0; at = header.indexOf(name, at + 1)) {
    const before = header.slice(0, at).trimEnd();
    if (header[at + name.length] !== "=" || (before !== "" && !before.endsWith(";"))) continue;
    const end = header.indexOf(";", at);
    return header.slice(at + name.length + 1, end < 0 ? undefined : end).trim();
  }
  return null;
}

/** What the grant of this workspace is kept under, by the cookie that a browser brought; null without one. */
export function grantHash(header: string | undefined, label: string, at: Origins): string | null {
  const token = cookieValue(header, grantCookieName(label, at));
  return token && /^[\w-]{43}$/.test(token) ? sha256(token) : null;
}
