import { encode } from "next-auth/jwt";
import { expect, test } from "vitest";
import { AppError } from "@/lib/platform/errors";
import { requireOwnOrigin } from "@/lib/platform/own-origin";
import { clientAddress } from "./client-address";
import { safeReturnPath } from "./return-path";
import { readToken, sessionCookie, tokenOfCookieHeader, tokenSecret, writeToken } from "./session-token";

const app = "http://localhost:3000";

test.each<[string, string, Record<string, string>, boolean]>([
  ["own POST", "POST", { origin: app, "sec-fetch-site": "same-origin" }, true],
  ["own POST without fetch metadata", "POST", { origin: app }, true],
  [
    "sibling workspace",
    "POST",
    { origin: "http://w1.localhost:3000", "sec-fetch-site": "cross-site" },
    false,
  ],
  ["same host, other port", "POST", { origin: "http://localhost:3001" }, false],
  ["a longer name that begins alike", "POST", { origin: "http://localhost:3000.evil.com" }, false],
  ["sandboxed frame", "POST", { origin: "null" }, false],
  ["no origin", "POST", {}, false],
  ["origin forged by a same-site page", "POST", { origin: app, "sec-fetch-site": "same-site" }, false],
  ["DELETE is no better", "DELETE", { origin: "https://localhost:3000" }, false],
  ["typed address", "GET", { "sec-fetch-site": "none" }, true],
  ["old browser", "GET", {}, true],
  [
    "link in a mail",
    "GET",
    { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
    true,
  ],
  [
    "framed elsewhere",
    "GET",
    { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" },
    false,
  ],
  [
    "fetch from a workspace",
    "GET",
    { "sec-fetch-site": "same-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" },
    false,
  ],
  [
    "image from elsewhere",
    "GET",
    { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" },
    false,
  ],
])("%s", (_what, method, headers, allowed) => {
  const check = () => requireOwnOrigin(method, new Headers(headers), app);
  if (allowed) expect(check).not.toThrow();
  else expect(check).toThrow(AppError);
});

test.each([
  ["/experiments", "/experiments"],
  ["/a?b=c#d", "/a?b=c#d"],
  ["/a?_rsc=1x2y&b=c", "/a?b=c"],
  ["//evil.com", "/"],
  ["/\\evil.com", "/"],
  ["/\t/evil.com", "/"],
  ["https:evil.com", "/"],
  ["https://evil.com", "/"],
  ["/..//evil.com", "/"],
  ["/.//evil.com", "/"],
  ["@evil.com", "/"],
  ["/@evil.com", "/@evil.com"],
  [null, "/"],
])("after sign-in, %j leads to %j", (next, path) => {
  expect(safeReturnPath(next)).toBe(path);
});

test("only a token of ours, for sessions, names a session", async () => {
  const name = { userId: "u", sessionId: "s" };
  const token = await writeToken(name);
  expect(await readToken(token)).toEqual(name);
  expect(await readToken(`${token}x`)).toBeUndefined();
  expect(
    await readToken("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1Iiwic2lkIjoicyIsImF1ZCI6ImxhYnlhcmQtc2Vzc2lvbiJ9."),
  ).toBeUndefined();
  const otherPurpose = await encode({ token: { sub: "u", sid: "s", aud: "other" }, secret: tokenSecret() });
  expect(await readToken(otherPurpose)).toBeUndefined();
  const otherKey = await encode({ token: { sub: "u", sid: "s", aud: "labyard-session" }, secret: "other" });
  expect(await readToken(otherKey)).toBeUndefined();
});

test("a session cookie planted beside ours makes nobody of both", () => {
  const { name } = sessionCookie();
  expect(name).toBe("__Host-Http-labyard-session");
  expect(tokenOfCookieHeader(`a=b; ${name}=t1; c=d`)).toBe("t1");
  expect(tokenOfCookieHeader(`${name}=t1; ${name}=t2`)).toBeUndefined();
  expect(tokenOfCookieHeader(`x${name}=t1`)).toBeUndefined();
  expect(tokenOfCookieHeader(undefined)).toBeUndefined();
});

test("the address is the last hop's, whatever the client claims", () => {
  expect(clientAddress(new Headers({ "x-forwarded-for": "1.2.3.4, ::ffff:10.0.0.9" }))).toBe("10.0.0.9");
  expect(clientAddress(new Headers())).toBe("");
});
