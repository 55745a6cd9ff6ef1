/** From when to when; null is open on that side. */
export type Window = { opensAt: Date | null; closesAt: Date | null };

const earliest = (a: Date | null, b: Date | null) => (a === null || b === null ? null : a < b ? a : b);
const latest = (a: Date | null, b: Date | null) => (a === null || b === null ? null : a > b ? a : b);

/**
 * The window of one student, over every assignment that reaches them: earliest open to latest close. A side that
 * an assignment leaves out is the experiment's. Null: nothing reaches them.
 */
export function windowOf(experiment: Window, assignments: readonly Window[]): Window | null {
  const own = assignments.map((row) => ({
    opensAt: row.opensAt ?? experiment.opensAt,
    closesAt: row.closesAt ?? experiment.closesAt,
  }));
  return own.reduce<Window | null>(
    (sum, row) =>
      sum
        ? { opensAt: earliest(sum.opensAt, row.opensAt), closesAt: latest(sum.closesAt, row.closesAt) }
        : row,
    null,
  );
}

export type WindowPhase = "before" | "open" | "after";

export function phaseOf(window: Window, now: Date): WindowPhase {
  if (window.opensAt && now < window.opensAt) return "before";
  if (window.closesAt && now >= window.closesAt) return "after";
  return "open";
}
