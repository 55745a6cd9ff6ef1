export type Limits = {
  /** When the first workspace became ready; null: the clock has not started. */
  startedAt: Date | null;
  durationMinutes: number | null;
  extensionMinutes: number;
  /** The student's close: over all assignments that reach them; null: never. */
  windowClosesAt: Date | null;
  /** Set by an extension past the close; counts in its place. */
  closesAt: Date | null;
};

const minute = 60_000;

const later = (a: Date | null, b: Date | null): Date | null => (a && b ? (a > b ? a : b) : (a ?? b));

/** The close that holds for this attempt: an extension past the window moves it. */
const closeOf = ({ windowClosesAt, closesAt }: Pick<Limits, "windowClosesAt" | "closesAt">) =>
  windowClosesAt && later(windowClosesAt, closesAt);

/** min(the student's close, start + duration + extensions) (design 4); null: nothing limits it. */
export function deadlineOf(limits: Limits): Date | null {
  const close = closeOf(limits);
  const { startedAt, durationMinutes, extensionMinutes } = limits;
  if (!startedAt || durationMinutes === null) return close;
  const end = new Date(startedAt.getTime() + (durationMinutes + extensionMinutes) * minute);
  return close && close < end ? close : end;
}

/**
 * What an extension by `minutes` changes: it counts from the present deadline, and moves the student's
 * close too where it would cut the extension short.
 */
export function extended(limits: Limits, minutes: number): Pick<Limits, "extensionMinutes" | "closesAt"> {
  const deadline = deadlineOf(limits);
  const extensionMinutes = limits.extensionMinutes + minutes;
  if (!deadline) return { extensionMinutes, closesAt: limits.closesAt };
  const wanted = new Date(deadline.getTime() + minutes * minute);
  const close = closeOf(limits);
  // Where the close was the nearer limit, the duration has to reach as far as the new close.
  const byDuration =
    limits.startedAt && limits.durationMinutes !== null
      ? Math.ceil((wanted.getTime() - limits.startedAt.getTime()) / minute) - limits.durationMinutes
      : extensionMinutes;
  return {
    extensionMinutes: Math.max(extensionMinutes, byDuration),
    closesAt: close && close < wanted ? wanted : limits.closesAt,
  };
}
