"use client";

import { useTranslations } from "next-intl";
import { Time } from "@/components/ui/time";
import type { Window } from "../window";

/** From when to when, in one line; an open side in words. */
export function WindowWords({ window }: { window: Window }) {
  const t = useTranslations("experiments.window");
  if (!window.opensAt && !window.closesAt) return <span className="text-muted">{t("always")}</span>;
  return (
    <span className="tabular whitespace-nowrap">
      {window.opensAt ? <Time at={window.opensAt} /> : t("now")}
      <span className="mx-1 text-muted">–</span>
      {window.closesAt ? <Time at={window.closesAt} /> : t("never")}
    </span>
  );
}
