import {
  createCipheriv,
  createDecipheriv,
  createHash,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import { env } from "./env";

/** A 32-byte key for one purpose, derived from LABYARD_SECRET (HKDF-SHA256). */
export function derivedKey(purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", env().LABYARD_SECRET, "labyard", purpose, 32));
}

const keyId = "k1";

/** Encrypts a secret at rest: AES-256-GCM, `k1.<iv>.<tag>.<data>`. */
export function seal(plain: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", derivedKey(`seal ${keyId}`), iv);
  const data = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
  return [keyId, ...[iv, cipher.getAuthTag(), data].map((part) => part.toString("base64url"))].join(".");
}

/** Reverses {@link seal}; throws when the text was changed or the key is another. */
export function unseal(sealed: string): string {
  const [id, iv, tag, data] = sealed.split(".");
  if (id !== keyId || !iv || !tag || data === undefined) throw new Error("unknown sealing key");
  const decipher = createDecipheriv("aes-256-gcm", derivedKey(`seal ${id}`), Buffer.from(iv, "base64url"));
  decipher.setAuthTag(Buffer.from(tag, "base64url"));
  return Buffer.concat([decipher.update(Buffer.from(data, "base64url")), decipher.final()]).toString("utf8");
}

/** SHA-256 in hex: what the database keeps of a token, so that a leaked table opens nothing. */
export const sha256 = (text: string | Buffer): string => createHash("sha256").update(text).digest("hex");

export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
