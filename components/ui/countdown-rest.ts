export type CountdownLevel = "quiet" | "warn" | "danger" | "over";

const minute = 60_000;
const marks = [15, 5, 1, 0] as const;

/** Quiet until 15 minutes are left, then warn, danger from 5. */
export function countdownLevel(rest: number): CountdownLevel {
  if (rest <= 0) return "over";
  if (rest <= 5 * minute) return "danger";
  return rest <= 15 * minute ? "warn" : "quiet";
}

/** The mark (minutes) that was passed between two looks at the clock, for one polite announcement. */
export function crossedMark(before: number, now: number): number | null {
  if (before === Number.POSITIVE_INFINITY) return null;
  return marks.findLast((mark) => before > mark * minute && now <= mark * minute) ?? null;
}

/** Whole hours and minutes above ten minutes, minutes and seconds below. */
export function splitRest(rest: number): {
  hours: number;
  minutes: number;
  seconds: number;
  precise: boolean;
} {
  const seconds = Math.max(0, Math.ceil(rest / 1000));
  const precise = seconds < 600;
  if (precise) return { hours: 0, minutes: Math.floor(seconds / 60), seconds: seconds % 60, precise };
  const minutes = Math.floor(seconds / 60);
  return { hours: Math.floor(minutes / 60), minutes: minutes % 60, seconds: 0, precise };
}
