"use client";

import { useNow, useTranslations } from "next-intl";
import type { Tone } from "@/components/ui/badge";
import { StateChip } from "@/components/ui/state-chip";
import { stateOf } from "../phase";
import type { Window } from "../window";

const tones: Record<ReturnType<typeof stateOf>, Tone> = {
  archived: "neutral",
  draft: "warn",
  before: "info",
  open: "ok",
  after: "neutral",
};

/** Draft, not open yet, open, over: by the experiment's own window. */
export function ExperimentState({
  experiment,
}: {
  experiment: Window & { status: "draft" | "published"; archivedAt: Date | null };
}) {
  const t = useTranslations("experiments.state");
  const now = useNow({ updateInterval: 30_000 });
  const state = stateOf(experiment, now);
  return <StateChip tone={tones[state]}>{t(state)}</StateChip>;
}
