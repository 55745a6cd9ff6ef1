import { useTranslations } from "next-intl";

/** What of an error may reach the browser: a code, a key of `errors.*`, and what fills the sentence. */
export type ShownError = {
  code: string;
  key: string;
  params?: Record<string, string | number>;
  /** Field name → key of `errors.*` (or `errors.validation.*`). */
  fields?: Record<string, string>;
  requestId?: string;
};

type Translator = {
  (key: string, values?: Record<string, string | number>): string;
  has(key: string): boolean;
};

/**
 * The sentence for an error, with `t` of the namespace `errors`: its own key, else that of its code,
 * else the neutral one. Works in server and client components.
 */
function errorMessage(t: Translator, error: Pick<ShownError, "code" | "key" | "params">): string {
  if (t.has(error.key)) {
    const text = t(error.key, error.params);
    if (text) return text;
  }
  return t.has(error.code) ? t(error.code) : t("internal");
}

/** Under which number the log has it, for what nobody foresaw; a refusal says all there is in its sentence. */
export function useRequestLine(): (error: Pick<ShownError, "code" | "requestId">) => string | undefined {
  const t = useTranslations("ui.error");
  return ({ code, requestId }) =>
    requestId && (code === "internal" || code === "unavailable")
      ? `${t("requestId")} ${requestId}`
      : undefined;
}

/** {@link errorMessage} bound to the language of the page. */
export function useErrorMessage(): (error: Pick<ShownError, "code" | "key" | "params">) => string {
  const t = useTranslations("errors");
  return (error) => errorMessage(t as unknown as Translator, error);
}
