import { expect, test } from "vitest";
import { mayMonitor } from "./may-monitor";

const token = "a-token-of-the-monitor";
const ask = (headers: Record<string, string>, peer = "127.0.0.1", wanted: string | undefined = token) =>
  mayMonitor({ peer, headers }, wanted);

test.each([
  [
    "the token, from anywhere",
    { host: "lab.uni.example", authorization: `Bearer ${token}` },
    "10.0.0.7",
    true,
  ],
  ["this machine by number", { host: "127.0.0.1:3000" }, "127.0.0.1", true],
  ["this machine by number, IPv6", { host: "[::1]:3000" }, "::1", true],
  ["a mapped peer", { host: "127.0.0.1" }, "::ffff:127.0.0.1", true],
  [
    "another token",
    { host: "lab.uni.example", authorization: "Bearer a-token-of-the-monitoR" },
    "10.0.0.7",
    false,
  ],
  ["half a token", { host: "lab.uni.example", authorization: "Bearer a-token" }, "10.0.0.7", false],
  ["no token", { host: "lab.uni.example" }, "10.0.0.7", false],
  ["this machine by the app's name", { host: "localhost:3000" }, "127.0.0.1", false],
  ["a web server in front", { host: "127.0.0.1:3000", "x-forwarded-for": "10.0.0.7" }, "127.0.0.1", false],
  ["a name that lies", { host: "127.0.0.1.evil.example" }, "127.0.0.1", false],
  ["a peer elsewhere that says it is here", { host: "127.0.0.1:3000" }, "10.0.0.7", false],
] as [string, Record<string, string>, string, boolean][])("%s", (_, headers, peer, may) => {
  expect(ask(headers, peer)).toBe(may);
});

test("without a token set, no token opens", () => {
  const headers = { host: "lab.uni.example", authorization: "Bearer " };
  expect(mayMonitor({ peer: "10.0.0.7", headers }, undefined)).toBe(false);
  expect(
    mayMonitor({ peer: "10.0.0.7", headers: { ...headers, authorization: "Bearer undefined" } }, undefined),
  ).toBe(false);
});
