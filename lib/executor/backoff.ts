const table = [15, 30, 60, 120, 300, 600, 1_200, 2_400, 3_600, 7_200].map((seconds) => seconds * 1_000);
const [shortest, longest] = [1_000, 86_400_000];

/** Milliseconds before the next attempt, `attempt` having failed (0 is the first); `random` gives 0 to 1. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const base = table[Math.min(attempt, table.length - 1)] ?? longest;
  return base + Math.floor(random() * 30_000);
}

/** A Retry-After header in milliseconds from `now`: seconds, or a date; between 1 s and a day. */
export function retryAfter(header: string | null, now: Date): number | undefined {
  if (!header) return undefined;
  const ms =
    header.length <= 7 && /^\d+$/.test(header)
      ? Number(header) * 1_000
      : new Date(header).getTime() - now.getTime();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, shortest), longest) : undefined;
}
