import { useTranslations } from "next-intl";
import type { Tone } from "@/components/ui/badge";
import { StateChip } from "@/components/ui/state-chip";
import type { RunState } from "@/db/schema/executor";

const tones: Record<RunState, Tone> = {
  queued: "info",
  running: "info",
  completed: "ok",
  failed: "danger",
  cancelled: "neutral",
};

export function RunStateChip({ state }: { state: RunState }) {
  const t = useTranslations("jobs.states");
  return (
    <StateChip tone={tones[state]} moving={state === "running"}>
      {t(state)}
    </StateChip>
  );
}

type Words = (
  key: "milliseconds" | "seconds" | "minutes" | "hours",
  values: Record<string, string>,
) => string;

/** A length of time in words: 12 ms, 3.4 s, 2 min 5 s, 3 h 10 min. */
export function lengthText(t: Words, ms: number): string {
  const seconds = ms / 1_000;
  if (ms < 100) return t("milliseconds", { ms: String(Math.round(ms)) });
  if (seconds < 59.5)
    return t("seconds", { seconds: seconds < 10 ? seconds.toFixed(1) : seconds.toFixed(0) });
  const whole = Math.round(seconds);
  if (whole < 3_600)
    return t("minutes", { minutes: String(Math.floor(whole / 60)), seconds: String(whole % 60) });
  const minutes = Math.round(whole / 60);
  return t("hours", { hours: String(Math.floor(minutes / 60)), minutes: String(minutes % 60) });
}

/** How long something took. */
export function Took({ from, to, ms }: { from?: Date | null; to?: Date | null; ms?: number | null }) {
  const t = useTranslations("jobs");
  const length = ms ?? (from && to ? Math.max(0, to.getTime() - from.getTime()) : null);
  return length === null ? <span className="text-muted">—</span> : lengthText(t as Words, length);
}

/** What a job does, in words; one without words by its id. */
export function FunctionName({ id }: { id: string }) {
  const t = useTranslations("jobs.functions");
  const name = functionKey(id);
  return t.has(name) ? t(name) : <span className="font-mono text-sm">{name}</span>;
}

/** `labyard-workspace-stop` → `workspace-stop`: without the name of the app. */
export const functionKey = (id: string): string => id.replace(/^labyard-/, "");
