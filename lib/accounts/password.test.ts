import { expect, test } from "vitest";
import { hashPassword, initialPassword, needsRehash, verifyPassword } from "./password";
import { passwordFault } from "./password-rules";

test("a hash is argon2id in PHC form, salted, and opens for its password only", async () => {
  const [a, b] = await Promise.all([hashPassword("correct horse"), hashPassword("correct horse")]);
  expect(a).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(a).not.toBe(b);
  expect(await verifyPassword("correct horse", a)).toBe(true);
  expect(await verifyPassword("correct horsf", a)).toBe(false);
  expect(needsRehash(a)).toBe(false);
});

test("nothing is cut off, and the same letters typed on another keyboard are the same", async () => {
  const long = `${"x".repeat(100)}é😀`;
  const hash = await hashPassword(long);
  expect(await verifyPassword(`${"x".repeat(100)}e\u0301😀`, hash)).toBe(true);
  expect(await verifyPassword("x".repeat(100), hash)).toBe(false);
});

test("a hash with weaker settings still opens, and asks to be renewed", async () => {
  // argon2id, m=64, t=1, p=1 of "password" with the salt "somesaltsomesalt"
  const { argon2Sync } = await import("node:crypto");
  const salt = Buffer.from("somesaltsomesalt");
  const tag = argon2Sync("argon2id", {
    message: "password",
    nonce: salt,
    memory: 64,
    passes: 1,
    parallelism: 1,
    tagLength: 32,
  });
  const old = `$argon2id$v=19$m=64,t=1,p=1$${salt.toString("base64").replace(/=+$/, "")}$${tag.toString("base64").replace(/=+$/, "")}`;
  expect(await verifyPassword("password", old)).toBe(true);
  expect(needsRehash(old)).toBe(true);
  expect(await verifyPassword("password", "plain text")).toBe(false);
});

test("one-time passwords can be read aloud", () => {
  for (let turn = 0; turn < 200; turn++) expect(initialPassword()).toMatch(/^[b-df-hj-km-np-tv-z2-9]{10}$/);
});

const person = { username: "20260001", number: "20260001", name: "张三", email: "zhangsan@uni.edu" };

test.each([
  ["short", "tooShort"],
  ["x".repeat(129), "tooLong"],
  ["password", "common"],
  ["Password123!", "common"],
  ["12345678", "common"],
  ["abcdefgh", "common"],
  ["aaaaaaaaaa", "common"],
  ["abcabcabc", "common"],
  ["19990101", "common"],
  ["1qaz2wsx", "common"],
  ["uni2026!", "school"],
  ["labyard1", "school"],
  ["Daxue2026", "school"],
  ["20260001", "personal"],
  ["20260001!", "personal"],
  ["zhangsan12", "personal"],
  ["10006202", "personal"],
  ["correct horse battery", undefined],
  ["红烧肉和米饭都好吃", undefined],
  ["m4rble-otter", undefined],
  [`${"x".repeat(60)}tq7${"y".repeat(10)}`, undefined],
])("the password %j is %s", (password, fault) => {
  expect(passwordFault(password, person)).toBe(fault);
});
