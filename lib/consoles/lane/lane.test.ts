import { describe, expect, test } from "vitest";
import { sha256 } from "@/lib/platform/crypto";
import { readOrigins } from "@/lib/platform/origins";
import { readAnswer } from "./answer";
import { Body } from "./body";
import { judgeLines, readPlain } from "./request";

const at = readOrigins({
  PUBLIC_URL: "http://localhost:3000",
  WORKSPACE_DOMAIN: "localhost",
  LISTEN: "127.0.0.1:3000",
  INSECURE_HTTP: false,
});
const host = "wab3cd4ef5gh.localhost:3000";
const token = "t".repeat(43);

describe("a plain GET", () => {
  const head = (first: string, lines = "Host: x\r\n") => `${first}\r\n${lines}\r\n`;

  test("is one head and not a byte more", () => {
    expect(readPlain(head("GET /a?b HTTP/1.1", "Host: x\r\nA: b\r\n"))).toEqual({
      target: "/a?b",
      lines: "Host: x\r\nA: b\r\n",
    });
  });

  test.each([
    head("POST / HTTP/1.1"),
    head("HEAD / HTTP/1.1"),
    head("get / HTTP/1.1"),
    head("GET / HTTP/1.0"),
    head("GET http://x/ HTTP/1.1"),
    " GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET / HTTP/1.1\nHost: x\n\n",
    "GET / HTTP/1.1\r\nHost: x\r\n",
    `${head("GET / HTTP/1.1")}x`,
    head("GET / HTTP/1.1") + head("GET /b HTTP/1.1"),
    head("GET / HTTP/1.1", `X: ${"x".repeat(17_000)}\r\n`),
  ])("%j is none", (text) => expect(readPlain(text)).toBeNull());
});

describe("header lines that may pass", () => {
  const usual = [
    `Host: ${host}`,
    "Connection: keep-alive",
    "Accept: */*",
    "Sec-Fetch-Site: same-origin",
    `Cookie: a=b; __Host-Http-ws-wab3cd4ef5gh=${token}`,
  ];
  const judge = (lines: string[]) => judgeLines(lines.map((line) => `${line}\r\n`).join(""), at);

  test("say whose they are, and are made ours for inside", () => {
    const asker = judge(usual);
    expect(asker).toMatchObject({ label: "wab3cd4ef5gh", hash: sha256(token), host, last: false });
    expect(asker?.inward({ address: "127.0.0.1:1", secret: "s3cret" })).toBe(
      [
        `host: ${host}`,
        "authorization: token s3cret",
        `x-forwarded-host: ${host}`,
        "x-forwarded-proto: http",
        "accept: */*",
        "sec-fetch-site: same-origin",
        "connection: keep-alive",
        "\r\n",
      ].join("\r\n"),
    );
    expect(judge(usual.map((line) => line.replace("keep-alive", "close")))?.last).toBe(true);
  });

  test.each([
    ["another connection", ["Connection: close, x-hop"]],
    ["a body", ["Content-Length: 0"]],
    ["chunks", ["Transfer-Encoding: chunked"]],
    ["an expectation", ["Expect: 100-continue"]],
    ["an upgrade", ["Upgrade: websocket"]],
    ["a second Host", [`Host: ${host}`]],
    ["a second cookie", ["Cookie: x=y"]],
    ["a name twice", ["Accept: text/html"]],
    ["a folded line", ["X: y", " z"]],
    ["a blank before the colon", ["Upgrade : websocket"]],
    ["a name with a blank", ["X Y: z"]],
    ["no colon", ["X"]],
    ["no name", [": x"]],
    ["a bare line feed", ["X: y\nUpgrade: websocket"]],
    ["a bare carriage return", ["X: y\rUpgrade: websocket"]],
    ["a null", ["X: \u0000"]],
    ["what is not ASCII", ["X: é"]],
    ["a foreign Origin", ["Origin: http://evil.com"]],
    ["a service worker", ["Service-Worker: script"]],
  ])("not with %s", (_, more) => expect(judge([...usual, ...more])).toBeNull());

  test.each(usual.map((line, i) => [line, usual.filter((_, at) => at !== i)] as const))(
    "without %s",
    (line, rest) => expect(judge([...rest]) === null).toBe(!/^(Connection|Accept)/.test(line)),
  );

  test.each([
    ["Host", "localhost:3000"],
    ["Host", `${host}.`],
    ["Sec-Fetch-Site", "same-site"],
    ["Sec-Fetch-Site", "cross-site"],
    ["Cookie", `__Host-Http-ws-wother4ef5gh=${token}`],
    ["Cookie", `__Host-Http-ws-wab3cd4ef5gh=${token}x`],
  ])("not with %s: %s", (name, value) =>
    expect(judge(usual.map((line) => (line.startsWith(`${name}:`) ? `${name}: ${value}` : line)))).toBeNull(),
  );
});

describe("an answer's head", () => {
  const read = (status: string, ...lines: string[]) =>
    readAnswer([status, ...lines, "", ""].join("\r\n"), host, at);
  const ok = "HTTP/1.1 200 OK";

  test("is cleaned, and says how long the body is", () => {
    const head = read(
      ok,
      "Content-Type: text/plain",
      "Content-Length: 12",
      "Set-Cookie: a=b",
      "Connection: close",
    );
    expect(head).toMatchObject({ status: 200, length: 12, again: false });
    expect(head?.outward).toMatch(/^HTTP\/1\.1 200 OK\r\nX-Content-Type-Options: nosniff\r\n/);
    expect(head?.outward).toContain(
      "Content-Type: text/plain\r\nContent-Length: 12\r\nContent-Security-Policy: frame-ancestors http://localhost:3000\r\n",
    );
    expect(head?.outward).not.toMatch(/set-cookie|connection/i);
  });

  test.each([
    [ok, ["Transfer-Encoding: chunked"], null],
    [ok, ["Content-Length: 0"], 0],
    ["HTTP/1.1 204 No Content", ["Server: x"], 0],
    ["HTTP/1.1 304 Not Modified", ["Content-Length: 9"], 0],
  ])("%s with %j", (status, lines, length) => expect(read(status, ...lines)?.length).toBe(length));

  test.each([
    ["no length at all", ok, []],
    ["two lengths", ok, ["Content-Length: 1", "Content-Length: 1"]],
    ["a length and chunks", ok, ["Content-Length: 1", "Transfer-Encoding: chunked"]],
    ["another coding", ok, ["Transfer-Encoding: gzip, chunked"]],
    ["a signed length", ok, ["Content-Length: +1"]],
    ["a list of lengths", ok, ["Content-Length: 1, 1"]],
    ["a trailer", ok, ["Transfer-Encoding: chunked", "Trailer: X"]],
    ["a folded line", ok, ["Content-Length: 1", " 2"]],
    ["a bare line feed", ok, ["X: y\nContent-Length: 5", "Content-Length: 1"]],
    ["an older protocol", "HTTP/1.0 200 OK", ["Content-Length: 1"]],
    ["an interim answer", "HTTP/1.1 100 Continue", []],
    ["another protocol", "HTTP/1.1 101 Switching Protocols", ["Upgrade: x"]],
    ["a body where there is none", "HTTP/1.1 204 No Content", ["Content-Length: 5"]],
    ["chunks where there are none", "HTTP/1.1 304 Not Modified", ["Transfer-Encoding: chunked"]],
    ["no status", "HTTP/1.1 OK", ["Content-Length: 1"]],
  ])("%s is unusual", (_, status, lines) => expect(read(status, ...lines)).toBeNull());
});

describe("a body", () => {
  const bytes = (text: string) => Buffer.from(text, "latin1");
  const whole = "5\r\nhello\r\n1A\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n";

  test.each([1, 2, 3, 7, 1000])("in chunks ends where it ends, in pieces of %i bytes", (size) => {
    const body = new Body(null);
    const heard: string[] = [];
    for (let at = 0; at < whole.length; at += size) heard.push(body.feed(bytes(whole.slice(at, at + size))));
    expect(heard.pop()).toBe("done");
    expect(heard.every((one) => one === "more")).toBe(true);
  });

  test.each([
    `${whole}x`,
    "5;a=b\r\nhello\r\n",
    "5 \r\nhello\r\n",
    " 5\r\nhello\r\n",
    "\r\nhello",
    "5\nhello",
    "-5\r\n",
    "0x5\r\n",
    "123456789\r\n",
    "5\r\nhello!\r\n",
    "0\r\nX: y\r\n\r\n",
  ])("%j is broken", (text) => expect(new Body(null).feed(bytes(text))).toBe("broken"));

  test("of a known length", () => {
    const body = new Body(5);
    expect([body.feed(bytes("abc")), body.feed(bytes("xde"), 1), body.feed(bytes("!"))]).toEqual([
      "more",
      "done",
      "broken",
    ]);
    expect(new Body(0).feed(bytes("head"), 4)).toBe("done");
  });
});
