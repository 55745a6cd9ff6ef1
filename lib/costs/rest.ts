const minute = 60_000;
const day = 24 * 60 * minute;
/** What a start may take before the student's clock runs, and an end after it. */
const startMs = 5 * minute;
const endMs = 2 * minute;

type Clock = {
  /** Null: the clock has not started. */
  startedAt: Date | null;
  deadlineAt: Date | null;
  /** Null: as long as the window is open. */
  durationMinutes: number | null;
  /** Since when something stands in the cloud for it. */
  sinceAt: Date | null;
};

/**
 * How long a desktop may still cost, in milliseconds, with its start and end: never more than was counted before, less
 * the time that has gone. Where no duration limits it, a day at most is counted: a window is often weeks.
 */
export function restMs({ startedAt, deadlineAt, durationMinutes, sinceAt }: Clock, now: Date): number {
  const left = deadlineAt ? deadlineAt.getTime() - now.getTime() : Number.POSITIVE_INFINITY;
  if (startedAt && durationMinutes !== null) return Math.max(0, finite(left) + endMs);
  const most = durationMinutes === null ? day : durationMinutes * minute;
  if (startedAt) return Math.max(0, Math.min(left, most) + endMs);
  const gone = sinceAt ? Math.max(0, now.getTime() - sinceAt.getTime()) : 0;
  return Math.max(0, Math.min(left, most) + Math.max(0, startMs - gone) + endMs);
}

const finite = (ms: number): number => (Number.isFinite(ms) ? ms : day);
