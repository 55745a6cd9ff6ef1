import { describe, expect, test } from "vitest";
import { grantCookie, originOf, readOrigins, whoseHost } from "./origins";

const base = {
  PUBLIC_URL: "http://localhost:3000",
  WORKSPACE_DOMAIN: "localhost",
  LISTEN: "127.0.0.1:3000",
  INSECURE_HTTP: false,
};
const label = "wab3cd4ef5gh6jk7mn8pq";

describe("whose a Host is", () => {
  const loopback = readOrigins(base);
  const domain = readOrigins({
    ...base,
    PUBLIC_URL: "https://lab.uni.edu",
    WORKSPACE_DOMAIN: "unilabs.net",
    LISTEN: "0.0.0.0:8080",
  });

  test.each([
    ["localhost:3000", "app"],
    ["LOCALHOST:3000", "app"],
    [`${label}.localhost:3000`, label],
    [`${label.toUpperCase()}.localhost:3000`, label],
    ["127.0.0.1:3000", "loopback"],
    ["[::1]:3000", "loopback"],
    // another port is another origin
    ["localhost", "unknown"],
    ["localhost:3001", "unknown"],
    [`${label}.localhost`, "unknown"],
    [`${label}.localhost:3001`, "unknown"],
    [`${label}.localhost:30000`, "unknown"],
    // so is a trailing dot, and it has other cookies
    ["localhost.:3000", "unknown"],
    [`${label}.localhost.:3000`, "unknown"],
    // names around ours
    [`${label}.localhost:3000.evil.com`, "unknown"],
    [`x.${label}.localhost:3000`, "unknown"],
    [`${label}.evil.localhost:3000`, "unknown"],
    [`${label}xlocalhost:3000`, "unknown"],
    [".localhost:3000", "unknown"],
    ["admin.localhost:3000", "unknown"],
    ["w-1.localhost:3000", "unknown"],
    [`evil@${label}.localhost:3000`, "unknown"],
    ["[::1]", "unknown"],
    ["[::ffff:127.0.0.1]:3000", "unknown"],
    ["169.254.169.254", "unknown"],
    ["", "unknown"],
  ])("%s → %s", (host, expected) => {
    const whose = whoseHost(host, loopback);
    expect(whose.kind === "workspace" ? whose.label : whose.kind).toBe(expected);
  });

  test.each([
    ["lab.uni.edu", "app"],
    ["lab.uni.edu:443", "app"],
    ["lab.uni.edu:80", "unknown"],
    [`${label}.unilabs.net`, label],
    [`${label}.unilabs.net:443`, label],
    [`${label}.unilabs.net:8080`, "unknown"],
    [`${label}.lab.uni.edu`, "unknown"],
    ["unilabs.net", "unknown"],
    ["evilunilabs.net", "unknown"],
    ["127.0.0.1:8080", "loopback"],
  ])("with domains: %s → %s", (host, expected) => {
    const whose = whoseHost(host, domain);
    expect(whose.kind === "workspace" ? whose.label : whose.kind).toBe(expected);
  });

  test("origins are written as browsers do", () => {
    expect(originOf(label, loopback)).toBe(`http://${label}.localhost:3000`);
    expect(originOf(label, domain)).toBe(`https://${label}.unilabs.net`);
  });
});

describe("settings that are refused", () => {
  test.each([
    [
      "plain http on a real name",
      { PUBLIC_URL: "http://lab.uni.edu", WORKSPACE_DOMAIN: "unilabs.net" },
      /plain http/,
    ],
    [
      "workspaces that others cannot reach",
      { PUBLIC_URL: "https://lab.uni.edu" },
      /other machines cannot reach/,
    ],
    ["a path", { PUBLIC_URL: "http://localhost:3000/lab" }, /origin only/],
    ["an address for workspaces", { WORKSPACE_DOMAIN: "127.0.0.1" }, /DNS name/],
    ["a port in the domain", { WORKSPACE_DOMAIN: "localhost:3000" }, /DNS name/],
  ])("%s", (_, settings, why) => {
    expect(() => readOrigins({ ...base, ...settings })).toThrow(why);
  });

  test("unless the operator insists", () => {
    const at = readOrigins({
      ...base,
      PUBLIC_URL: "http://lab.uni.edu",
      WORKSPACE_DOMAIN: "unilabs.net",
      INSECURE_HTTP: true,
    });
    expect(at.secure).toBe(false);
    expect(grantCookie(label, "t", at)).toBe(`ws-${label}=t; Path=/; HttpOnly; SameSite=Lax`);
  });
});

test("the cookie line that was seen to work", () => {
  expect(grantCookie(label, "t", readOrigins(base))).toBe(
    `__Host-Http-ws-${label}=t; Path=/; Secure; HttpOnly; SameSite=None; Partitioned`,
  );
});
