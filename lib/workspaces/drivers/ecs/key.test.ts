import { utils } from "ssh2";
import { expect, it } from "vitest";
import { keyOf } from "./key";

it("is a key that SSH takes, the same one for the same secret, and another for another", () => {
  const { privateKey, publicKey } = keyOf("one");
  expect(keyOf("one")).toEqual({ privateKey, publicKey });
  expect(keyOf("two").publicKey).not.toBe(publicKey);
  const [mine, theirs] = [utils.parseKey(privateKey), utils.parseKey(publicKey)];
  if (mine instanceof Error || theirs instanceof Error) throw mine;
  expect([mine.type, mine.isPrivateKey(), theirs.isPrivateKey()]).toEqual(["ssh-ed25519", true, false]);
  expect(mine.getPublicSSH()).toEqual(theirs.getPublicSSH());
  const data = Buffer.from("challenge");
  const signed = mine.sign(data);
  expect(theirs.verify(data, signed as Buffer)).toBe(true);
});
