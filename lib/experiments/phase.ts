import { phaseOf, type Window } from "./window";

/** How an experiment stands, in one word: for lists and headers of the staff. */
export type ExperimentState = "archived" | "draft" | "before" | "open" | "after";

export function stateOf(
  experiment: Window & { status: "draft" | "published"; archivedAt: Date | null },
  now: Date,
): ExperimentState {
  if (experiment.archivedAt) return "archived";
  return experiment.status === "draft" ? "draft" : phaseOf(experiment, now);
}
