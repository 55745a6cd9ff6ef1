import { randomBytes } from "node:crypto";
import { monotonicFactory } from "ulid";
import { systemClock } from "./clock";

const next = monotonicFactory();

/**
 * A new row id: 26 characters, ordered by the database's time whatever the clock of this machine does, safe
 * in URLs and container names once lower-cased.
 */
export const newId = (): string => next(systemClock.now().getTime());

/** `bytes` of randomness as lower-case letters and digits without look-alikes, for names people never type. */
export const randomToken = (bytes = 32): string => randomBytes(bytes).toString("base64url");

const labelAlphabet = "abcdefghijkmnpqrstuvwxyz23456789";

/** A random DNS label (letters and digits, starts with a letter), 20 characters: about 99 bits. */
export function randomLabel(): string {
  const letters = [...randomBytes(20)].map((byte) => labelAlphabet[byte % labelAlphabet.length]);
  return `w${letters.join("").slice(1)}`;
}
