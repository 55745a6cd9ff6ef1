import { z } from "zod";

/** One page of a list that is read by key: `next` opens the following one, null at the end. */
export type Page<T> = { rows: T[]; next: string | null };

/** Makes a page out of `limit + 1` rows. */
export function pageOf<T>(rows: T[], limit: number, keyOf: (row: T) => readonly string[]): Page<T> {
  const kept = rows.slice(0, limit);
  const last = kept.at(-1);
  return { rows: kept, next: rows.length > limit && last ? encode(keyOf(last)) : null };
}

const encode = (key: readonly string[]) => Buffer.from(JSON.stringify(key)).toString("base64url");

/** The key inside a cursor; a cursor that is not ours reads from the start. */
export function readCursor(cursor: string | undefined, parts: number): string[] | null {
  if (!cursor) return null;
  try {
    const key = z
      .array(z.string())
      .length(parts)
      .safeParse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
    return key.success ? key.data : null;
  } catch {
    return null;
  }
}

/** A search text as a LIKE pattern: `%` and `_` are themselves. */
export const likePattern = (search: string): string =>
  `%${search.replace(/[\\%_]/g, (sign) => `\\${sign}`)}%`;
