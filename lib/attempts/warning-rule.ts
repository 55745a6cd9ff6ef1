/** Minutes before a deadline at which its student is warned. */
export const warningMarks = [15, 5, 1] as const;

const minute = 60_000;

type Clocked = { startedAt: Date; deadlineAt: Date; warnedMinutes: number | null };

/** The mark that `now` has passed, if this attempt ever had more time than that; null: none, or it is over. */
export function markAt({ startedAt, deadlineAt }: Clocked, now: Date): number | null {
  const left = deadlineAt.getTime() - now.getTime();
  if (left <= 0) return null;
  const whole = deadlineAt.getTime() - startedAt.getTime();
  return warningMarks.findLast((mark) => left <= mark * minute && whole > mark * minute) ?? null;
}

/** The warning to be given now; null: none is due, or it was given already. */
export function dueMark(attempt: Clocked, now: Date): number | null {
  const mark = markAt(attempt, now);
  return mark !== null && (attempt.warnedMinutes === null || mark < attempt.warnedMinutes) ? mark : null;
}

/** When to look again: at the next mark, else at the deadline. */
export function nextLook({ startedAt, deadlineAt }: Clocked, now: Date): Date {
  const next = warningMarks
    .map((mark) => new Date(deadlineAt.getTime() - mark * minute))
    .find((at) => at > now && at > startedAt);
  return next ?? deadlineAt;
}

/**
 * What was given stays given when a deadline moves, except for marks that now lie ahead again: past those the
 * warning comes once more.
 */
export function warnedAfterMove(attempt: Clocked, now: Date): number | null {
  if (attempt.warnedMinutes === null) return null;
  const mark = markAt(attempt, now);
  return mark === null ? null : Math.max(mark, attempt.warnedMinutes);
}
