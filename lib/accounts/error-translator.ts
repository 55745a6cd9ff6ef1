import type { Translate } from "@/lib/platform/action";

/** Sentences of `messages/<locale>/errors*.json` in the language of this request. */
export async function errorTranslator(): Promise<Translate> {
  const { getTranslations } = await import("next-intl/server");
  const t = await getTranslations("errors");
  return (key, params) => (t.has(key) ? t(key, params) : undefined);
}
