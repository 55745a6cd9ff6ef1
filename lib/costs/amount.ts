const hourMs = 3_600_000n;

/** What a stretch costs, in micro-yuan: its milliseconds at a price an hour, rounded once, half up. */
export function amountOf(price: number, fromAt: Date, untilAt: Date): number {
  const ms = BigInt(Math.max(0, untilAt.getTime() - fromAt.getTime()));
  return Number((ms * BigInt(price) * 2n + hourMs) / (hourMs * 2n));
}
