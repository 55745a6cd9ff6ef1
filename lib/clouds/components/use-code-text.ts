"use client";

import { useTranslations } from "next-intl";
import { rowOf } from "../api/error-table";

/** What the cloud means by one of its codes, in words that say who can do what. */
export function useCodeText(): (code: string | null, more?: { action?: string; account?: string }) => string {
  const t = useTranslations("errors.cloud");
  return (code, { action = "", account = "" } = {}) => {
    const { key } = rowOf(code ?? "", 400);
    return t.has(key as never)
      ? t(key as never, { code: code ?? "", action, account, seconds: 5 } as never)
      : (code ?? "");
  };
}
