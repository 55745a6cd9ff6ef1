import { expect, test } from "vitest";
import { desktop, desktopPassword } from "./desktop";
import { answerTo } from "./probe-vnc";

const secret = "0123456789abcdef0123456789abcdef";

test("the password is eight characters of the secret's hash, and tells nothing of it", () => {
  expect(desktopPassword(secret)).toMatch(/^[\w-]{8}$/);
  expect(desktopPassword(secret)).toBe(desktopPassword(secret));
  expect(desktopPassword(`${secret}0`)).not.toBe(desktopPassword(secret));
  expect(secret).not.toContain(desktopPassword(secret));
});

test("VNC's answer to a challenge", () => {
  const challenge = Buffer.from("000102030405060708090a0b0c0d0e0f", "hex");
  expect(answerTo(challenge, "password").toString("hex")).toBe("b866924125c8eebb9debc1db61c538e2");
  // Only eight characters count.
  expect(answerTo(challenge, "passwordmore")).toEqual(answerTo(challenge, "password"));
});

test("guacd is told address, password and where the sound is; a notebook is no desktop", () => {
  const vnc = desktop("10.87.0.5:5901", { protocol: "vnc" }, secret);
  expect(vnc).toMatchObject({ protocol: "vnc", host: "10.87.0.5", port: 5901 });
  expect(vnc.parameters).toMatchObject({
    password: desktopPassword(secret),
    "enable-audio": "true",
    "audio-servername": "10.87.0.5",
  });
  const rdp = desktop("10.87.0.5:3389", { protocol: "rdp" }, secret);
  expect(rdp.parameters).toMatchObject({ password: desktopPassword(secret), "ignore-cert": "true" });
  expect(() => desktop("10.87.0.5:8888", { protocol: "jupyter" }, secret)).toThrow();
});
