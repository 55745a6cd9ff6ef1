const units: Record<string, number> = {
  w: 604_800_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
};

/** Milliseconds of a duration as the SDK writes it (`1w2d3h4m5s`, `500ms`), or undefined. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|[wdhms]))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|[wdhms])/g)) {
    total += Number(amount) * (units[unit ?? ""] ?? 0);
  }
  return total;
}

/** When a sleep or a wait ends: after a duration, or at a time. */
export type Until = { afterMs: number } | { at: Date };

/** A duration or an ISO date, as `step.sleep`, `step.sleepUntil` and `timeout` send them. */
export function parseUntil(text: string): Until | undefined {
  const afterMs = parseDuration(text);
  if (afterMs !== undefined) return { afterMs };
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? new Date(text) : undefined;
  return at && Number.isFinite(at.getTime()) ? { at } : undefined;
}
