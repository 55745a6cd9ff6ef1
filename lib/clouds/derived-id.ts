import { createHash } from "node:crypto";

const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/**
 * The id of the n-th row for something that has an id itself: whoever makes it makes the same one. It is ordered by
 * time as the other one is.
 */
export function derivedId(of: string, n: number | string): string {
  const hash = createHash("sha256").update(`${of} ${n}`).digest();
  const tail = [...hash.subarray(0, 16)].map((byte) => letters[byte % letters.length]).join("");
  return `${of.slice(0, 10)}${tail}`;
}
