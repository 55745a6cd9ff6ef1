import { createHash } from "node:crypto";

const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** The id of the n-th row for something: whoever makes it makes the same one. */
export function derivedId(of: string, n: number | string): string {
  const hash = createHash("sha256").update(`${of} ${n}`).digest();
  return [...hash.subarray(0, 26)].map((byte) => letters[byte % letters.length]).join("");
}
