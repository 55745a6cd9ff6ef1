"use client";

import { useTranslations } from "next-intl";
import { useServerNow } from "./use-server-now";

/** Seconds in steps of five, then minutes, then hours: nobody promises more exactly. */
export function roundedWait(ms: number): { unit: "seconds" | "minutes" | "hours"; value: number } | null {
  const seconds = Math.ceil(ms / 5_000) * 5;
  if (seconds <= 0) return null;
  if (seconds <= 90) return { unit: "seconds", value: seconds };
  const minutes = Math.round(seconds / 60);
  return minutes <= 90
    ? { unit: "minutes", value: minutes }
    : { unit: "hours", value: Math.round(minutes / 60) };
}

/** How long about until then, counted down; says “any moment” when that is over. Empty until the browser runs. */
export function WaitText({ until, sentence = false }: { until: Date | null; sentence?: boolean }) {
  const t = useTranslations("workspaces.wait");
  const now = useServerNow();
  if (!until || now === null) return null;
  const left = roundedWait(new Date(until).getTime() - now);
  if (!left) return <span>{t(sentence ? "soonSentence" : "soon")}</span>;
  const wait = t(left.unit, { value: left.value });
  return <span>{t(sentence ? "sentence" : "short", { wait })}</span>;
}
