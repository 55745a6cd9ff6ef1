/** How many fell into a class of latency: `latency` n means from 2^(n/4) ms to 2^((n+1)/4) ms; null: no latency. */
export type LatencyClass = { latency: number | null; count: number };

/** The latency in ms below which this share lies, evenly within a class; null where nothing was measured. */
export function percentile(classes: readonly LatencyClass[], share: number): number | null {
  const counts = new Map<number, number>();
  let total = 0;
  for (const { latency, count } of classes) {
    if (latency === null) continue;
    counts.set(latency, (counts.get(latency) ?? 0) + count);
    total += count;
  }
  if (total === 0) return null;
  let left = share * total;
  let upper = 0;
  for (const [latency, count] of [...counts].sort(([a], [b]) => a - b)) {
    const lower = 2 ** (latency / 4);
    upper = 2 ** ((latency + 1) / 4);
    if (left <= count) return lower + (upper - lower) * (left / count);
    left -= count;
  }
  return upper;
}
