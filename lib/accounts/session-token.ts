import { decode, encode, type JWT } from "next-auth/jwt";
import { derivedKey } from "@/lib/platform/crypto";
import { env } from "@/lib/platform/env";

// Used by server.ts as well as by Next: nothing of next-auth but its JWT may be imported here.

/** A session never lives longer than this, however busy it is. */
export const sessionLongestMs = 7 * 24 * 60 * 60 * 1000;
/** Without a request for so long, a session ends. */
export const sessionIdleMs = 12 * 60 * 60 * 1000;

const audience = "labyard-session";

const secure = (): boolean => {
  const url = new URL(env().PUBLIC_URL);
  return url.protocol === "https:" || url.hostname === "localhost" || url.hostname.endsWith(".localhost");
};

/** `__Host-Http-`: no sibling origin and no script can plant it (seen in Chromium, also on other ports). */
export const sessionCookie = () => ({
  name: secure() ? "__Host-Http-labyard-session" : "labyard-session",
  options: {
    path: "/",
    httpOnly: true,
    secure: secure(),
    sameSite: "strict" as const,
    // 250 cookies planted by a same-site neighbour evicted a cookie without it.
    priority: "high" as const,
  },
});

export const tokenSecret = (): string => derivedKey("next-auth").toString("hex");

/** The claims of a session token; anything else that next-auth may have signed is no session. */
const sessionClaims = (userId: string, sessionId: string): JWT => ({
  sub: userId,
  sid: sessionId,
  aud: audience,
});

export type SessionName = { userId: string; sessionId: string };

export async function readToken(token: string | undefined): Promise<SessionName | undefined> {
  if (!token || token.length > 4096) return undefined;
  // A forged, cut or expired token is nobody, not an error.
  const claims = await decode({ token, secret: tokenSecret() }).catch(() => null);
  if (claims?.aud !== audience || typeof claims.sub !== "string" || typeof claims.sid !== "string")
    return undefined;
  return { userId: claims.sub, sessionId: claims.sid };
}

/** The cookie value that names a session row. */
export const writeToken = (name: SessionName): Promise<string> =>
  encode({
    token: sessionClaims(name.userId, name.sessionId),
    secret: tokenSecret(),
    maxAge: sessionLongestMs / 1000,
  });

/** The session token of a raw `Cookie` header. Two of that name: someone planted one, so none counts. */
export function tokenOfCookieHeader(header: string | null | undefined): string | undefined {
  const name = sessionCookie().name;
  const values = (header ?? "")
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part.startsWith(`${name}=`))
    .map((part) => part.slice(name.length + 1));
  return values.length === 1 ? values[0] : undefined;
}

/** Which session a raw `Cookie` header names; whether it still counts is another question. */
export const sessionNameOf = (cookie: string | null | undefined): Promise<SessionName | undefined> =>
  readToken(tokenOfCookieHeader(cookie));

/** For the one route that hands out cookies. */
export const sessionTokens = {
  cookie: sessionCookie,
  claims: sessionClaims,
  secret: tokenSecret,
  longestMs: sessionLongestMs,
};
