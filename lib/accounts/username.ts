/**
 * The one written form of a sign-in name: NFKC (full-width letters become plain ones), lower case,
 * no outer blanks. Undefined for what could pass for somebody else's name: invisible characters,
 * blanks inside, Latin mixed with Cyrillic or Greek.
 */
export function normalUsername(typed: string): string | undefined {
  const name = typed.normalize("NFKC").trim().toLowerCase().normalize("NFKC");
  if (!/^[\p{L}\p{N}][\p{L}\p{M}\p{N}._@+-]{0,63}$/u.test(name)) return undefined;
  if (/\p{Script=Latin}/u.test(name) && /[\p{Script=Cyrillic}\p{Script=Greek}]/u.test(name)) return undefined;
  return name;
}

/** A person's name or number as written, in one form, without what cannot be seen. */
export const plainText = (typed: string): string =>
  typed
    .normalize("NFKC")
    .replace(/\s+/gu, " ")
    .replace(/[\p{Cc}\p{Cf}]/gu, "")
    .trim();
