import { describe, expect, test } from "vitest";
import { isAct } from "../activity";
import { cookieValue } from "./cookies";
import { frameOnlyBy } from "./csp";
import { closeFrame, FrameScanner } from "./frames";
import { judgeAppRequest, judgeUpgrade, judgeWorkspaceRequest } from "./guard";
import { ForeignRedirect, ownLocation, requestHeaders, responseHeaders } from "./headers";
import { isPlainTarget, landingPath } from "./paths";

const host = "wab3cd4ef5gh.localhost:3000";
const own = { origin: `http://${host}`, secure: true };
const app = "http://localhost:3000";

describe("paths", () => {
  test.each([
    "/",
    "/lab",
    "/lab/tree/a%20b/%E4%BD%A0%E5%A5%BD.ipynb",
    "/api/contents/x.y/z?content=1&type=a%2Fb",
    "/static/@jupyterlab/1.2.3/a~b.js",
    "/files/100%25.txt",
    "/api/kernels/0-1/channels?session_id=1//2",
    "/.well-known/x",
    "/files/.hidden",
    "/a/..b/c",
  ])("plain: %s", (path) => expect(isPlainTarget(path)).toBe(true));

  test.each([
    "",
    "*",
    "lab",
    "http://169.254.169.254/",
    "//evil",
    "/a//b",
    "/\\evil",
    "/%5cevil",
    "/a%2fb",
    "/%2F..%2fetc",
    "/a/../b",
    "/a/./b",
    "/..",
    "/%2e%2e/b",
    "/a/%2E./b",
    "/a%00",
    "/a%0d%0ab",
    "/a%zz",
    "/a%",
    "/a b",
    "/a#b",
    "/ä",
    "/a\u0000",
    "/%ff",
  ])("refused: %s", (path) => expect(isPlainTarget(path)).toBe(false));

  test.each([
    [null, "/lab"],
    ["", "/lab"],
    ["/lab/tree/a.ipynb?reset", "/lab/tree/a.ipynb?reset"],
    ["//evil.com/x", "/evil.com/x"],
    ["/\\evil", "/evil"],
    ["\\\\evil", "/evil"],
    ["https://evil.com", "/lab"],
    ["/..//evil", "/lab"],
    ["/%09/evil", "/lab"],
    ["@evil", "/@evil"],
    ["/__lab/enter", "/lab"],
  ])("landing on %s → %s", (wanted, path) => expect(landingPath(wanted)).toBe(path));
});

describe("what of a request reaches the workspace", () => {
  const inside = { host, secret: "s3cret", scheme: "http" } as const;
  const pass = (raw: string[], connection?: string) => {
    const out = requestHeaders(raw, connection, inside);
    const pairs: Record<string, string[]> = {};
    for (let i = 0; i < out.length; i += 2)
      pairs[out[i] ?? ""] = [...(pairs[out[i] ?? ""] ?? []), out[i + 1] ?? ""];
    return pairs;
  };

  test("ours in place of the browser's", () => {
    expect(
      pass([
        "Host",
        "evil",
        "Authorization",
        "Bearer x",
        "AUTHORIZATION",
        "y",
        "X-Forwarded-Host",
        "evil",
        "Accept",
        "*/*",
      ]),
    ).toEqual({
      host: [host],
      authorization: ["token s3cret"],
      "x-forwarded-host": [host],
      "x-forwarded-proto": ["http"],
      accept: ["*/*"],
    });
  });

  test.each([
    "Cookie",
    "cookie2",
    "Forwarded",
    "X-Forwarded-For",
    "X-FORWARDED-PORT",
    "X-Real-IP",
    "X-Middleware-Subrequest",
    "x-invoke-path",
    "x-nextjs-data",
    "RSC",
    "Next-Router-State-Tree",
    "Next-Action",
    "X-Labyard-Path",
    "Proxy-Authorization",
    "Keep-Alive",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "HTTP2-Settings",
    "Expect",
    "Via",
  ])("%s stays outside", (name) => {
    expect(Object.keys(pass([name, "x"]))).toEqual([
      "host",
      "authorization",
      "x-forwarded-host",
      "x-forwarded-proto",
    ]);
  });

  test("what Connection names is dropped, and the rest kept", () => {
    const out = pass(["Connection", "close, X-Secret", "X-Secret", "1", "X-Kept", "2"], "close, X-Secret");
    expect(out["x-secret"]).toBeUndefined();
    expect(out["x-kept"]).toEqual(["2"]);
  });

  test("Referer of the app is not told", () => {
    expect(pass(["Referer", `${app}/`]).referer).toBeUndefined();
    expect(pass(["Referer", `${own.origin}.evil/`]).referer).toBeUndefined();
    expect(pass(["Referer", `${own.origin}/lab`]).referer).toEqual([`${own.origin}/lab`]);
  });
});

describe("what of an answer reaches the browser", () => {
  const pass = (raw: string[]) => {
    const out = responseHeaders(raw, host, { app });
    const pairs: Record<string, string> = {};
    for (let i = 0; i < out.length; i += 2) pairs[(out[i] ?? "").toLowerCase()] = out[i + 1] ?? "";
    return pairs;
  };
  const always = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "origin-agent-cluster": "?1",
    "content-security-policy": `frame-ancestors ${app}`,
  };

  test("every answer carries the guard", () => expect(pass([])).toEqual(always));

  test.each([
    "Set-Cookie",
    "Set-Cookie2",
    "Service-Worker-Allowed",
    "Clear-Site-Data",
    "Strict-Transport-Security",
    "Alt-Svc",
    "NEL",
    "Report-To",
    "Reporting-Endpoints",
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Credentials",
    "X-Accel-Redirect",
    "X-Sendfile",
    "Refresh",
    "X-Frame-Options",
    "Connection",
    "Transfer-Encoding",
    "Keep-Alive",
    "Content-Security-Policy-Report-Only",
    "Server",
  ])("%s stays inside", (name) => expect(pass([name, "x"])).toEqual(always));

  test("the upstream cannot weaken what we set", () => {
    expect(pass(["cross-origin-opener-policy", "unsafe-none", "Referrer-Policy", "unsafe-url"])).toEqual(
      always,
    );
  });

  test("headers named by Connection are dropped", () => {
    expect(pass(["Connection", "X-Hop", "X-Hop", "1", "X-Kept", "2"])).toEqual({ ...always, "x-kept": "2" });
  });

  test("shared caches do not keep it", () => {
    expect(pass(["Cache-Control", "public, max-age=60, s-maxage=600"])["cache-control"]).toBe(
      "private, max-age=60",
    );
  });

  test.each([
    ["/lab?x=1#y", "/lab?x=1#y"],
    ["tree", "tree"],
    ["?a=1", "?a=1"],
    ["../x", "../x"],
    [`http://${host}/lab`, "/lab"],
    [`https://${host}/lab`, "/lab"],
    [`//${host}/lab`, "/lab"],
    ["/..//evil.com", "/evil.com"],
    ["http:evil.com", "/evil.com"],
  ])("Location %s → %s", (location, expected) => expect(ownLocation(location, host)).toBe(expected));

  test.each([
    "//evil.com",
    "https://evil.com/",
    `http://${host}.evil.com/`,
    `http://evil@${host}/`,
    "/\\evil.com",
    "\\\\evil.com",
    "/\t/evil.com",
    "javascript:alert(1)",
    "data:text/html,x",
    app,
  ])("Location %s is refused", (location) => {
    expect(() => responseHeaders(["Location", location], host, { app })).toThrow(ForeignRedirect);
  });

  test.each([
    [null, `frame-ancestors ${app}`],
    ["frame-ancestors 'self'; report-uri /api/security/csp-report", `frame-ancestors ${app}`],
    ["default-src 'none'; FRAME-ANCESTORS *", `default-src 'none'; frame-ancestors ${app}`],
    ["sandbox allow-scripts", `sandbox allow-scripts; frame-ancestors ${app}`],
    [
      "img-src 'self', frame-ancestors *; script-src 'none'",
      `img-src 'self', script-src 'none'; frame-ancestors ${app}`,
    ],
    ["", `frame-ancestors ${app}`],
  ])("policy %s → %s", (policy, expected) => expect(frameOnlyBy(policy, app)).toBe(expected));
});

describe("who may ask", () => {
  const navigation = { "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" };

  test.each([
    ["its own page", "POST", { "sec-fetch-site": "same-origin", origin: own.origin }, true],
    ["a person's address bar", "GET", { "sec-fetch-site": "none", ...navigation }, true],
    ["the app's frame", "GET", { "sec-fetch-site": "cross-site", ...navigation }, true],
    ["a sibling's fetch", "GET", { "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors" }, false],
    [
      "a sibling's POST",
      "POST",
      { "sec-fetch-site": "same-site", origin: "http://wother.localhost:3000" },
      false,
    ],
    ["a sibling's form in a frame", "POST", { "sec-fetch-site": "same-site", ...navigation }, false],
    ["an image elsewhere", "GET", { "sec-fetch-site": "cross-site", "sec-fetch-dest": "image" }, false],
    [
      "an object elsewhere",
      "GET",
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "object" },
      false,
    ],
    ["no word on it", "GET", {}, false],
    ["Origin null", "POST", { "sec-fetch-site": "same-origin", origin: "null" }, false],
    ["a foreign Origin", "GET", { "sec-fetch-site": "none", origin: "http://evil.com" }, false],
    [
      "a service worker script",
      "GET",
      { "sec-fetch-site": "same-origin", "service-worker": "script" },
      false,
    ],
  ])("%s", (_, method, headers, ok) => expect(judgeWorkspaceRequest(method, headers, own).ok).toBe(ok));

  test("on plain http only Origin tells", () => {
    const plain = { origin: "http://w1.lab.uni.edu", secure: false };
    expect(judgeWorkspaceRequest("GET", {}, plain).ok).toBe(true);
    expect(judgeWorkspaceRequest("POST", {}, plain).ok).toBe(false);
    expect(judgeWorkspaceRequest("POST", { origin: plain.origin }, plain).ok).toBe(true);
  });

  test.each([
    [own.origin, true],
    [undefined, false],
    ["null", false],
    [app, false],
    [own.origin.toUpperCase(), false],
    [`${own.origin}.`, false],
    [`${own.origin}0`, false],
    [`https://${host}`, false],
    [`http://x.${host}`, false],
    [`${own.origin}.evil.com`, false],
    [`${own.origin}, ${own.origin}`, false],
    [`${own.origin}/`, false],
  ])("WebSocket Origin %s", (origin, ok) => expect(judgeUpgrade({ origin }, own).ok).toBe(ok));

  test.each([
    [
      "a link in a mail",
      "GET",
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
      true,
    ],
    ["framed by a workspace", "GET", { "sec-fetch-site": "same-site", ...navigation }, false],
    ["fetched by a workspace", "GET", { "sec-fetch-site": "same-site", "sec-fetch-mode": "cors" }, false],
    [
      "posted by a workspace",
      "POST",
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
      false,
    ],
    ["posted without Sec-Fetch, foreign Origin", "POST", { origin: own.origin }, false],
    ["posted with Origin null", "POST", { origin: "null" }, false],
    ["own page", "POST", { "sec-fetch-site": "same-origin", origin: app }, true],
    ["a program", "POST", {}, true],
  ])("the app: %s", (_, method, headers, ok) => expect(judgeAppRequest(method, headers, app).ok).toBe(ok));
});

test.each([
  ["a=1; b=2", "b", "2"],
  ["a=1;b=2", "b", "2"],
  ["xb=1", "b", null],
  ["b=1; b=2", "b", "1"],
  ["c=b=3", "b", null],
  [undefined, "b", null],
])("cookie %s: %s is %s", (header, name, value) => expect(cookieValue(header, name)).toBe(value));

describe("WebSocket frames", () => {
  const frame = (opcode: number, length: number, masked = true): Buffer => {
    const head =
      length < 126
        ? Buffer.from([0x80 | opcode, (masked ? 0x80 : 0) | length])
        : Buffer.from([0x80 | opcode, (masked ? 0x80 : 0) | 126, length >> 8, length & 255]);
    return Buffer.concat([head, Buffer.alloc(masked ? 4 : 0, 7), Buffer.alloc(length, 0x81)]);
  };
  const wire = Buffer.concat([frame(1, 5), frame(9, 0), frame(2, 300), frame(10, 4), frame(1, 0)]);

  test.each([1, 2, 3, 7, 1000])("counted in chunks of %i bytes", (size) => {
    const scanner = new FrameScanner();
    let data = 0;
    for (let at = 0; at < wire.length; at += size) data += scanner.feed(wire.subarray(at, at + size));
    expect(data).toBe(3);
    expect(scanner.atBoundary).toBe(true);
  });

  test("within a frame is no boundary", () => {
    const scanner = new FrameScanner();
    scanner.feed(wire.subarray(0, 8));
    expect(scanner.atBoundary).toBe(false);
  });

  test("a close frame is whole", () => {
    const scanner = new FrameScanner();
    expect(scanner.feed(closeFrame(1001, "restarting"))).toBe(0);
    expect(scanner.atBoundary).toBe(true);
    expect(closeFrame(1001).readUInt16BE(2)).toBe(1001);
  });
});

test.each([
  ["PUT", "/api/contents/a.ipynb", true],
  ["POST", "/api/kernels/1/interrupt", true],
  ["POST", "/api/terminals?x", true],
  ["GET", "/api/contents/a.ipynb", false],
  ["GET", "/api/kernels", false],
  ["PUT", "/lab/api/workspaces/default", false],
  ["POST", "/api/contentsx", false],
])("%s %s is a person's act: %s", (method, path, act) => expect(isAct(method, path)).toBe(act));
