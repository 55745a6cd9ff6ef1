export interface Call {
  /** The cloud's clock, ms. */
  at: number;
  action: string;
  /** `OK`, an error code, or `dropped`. */
  result: string;
  accessKeyId: string | null;
}

/** Every call that came in, for those who must not make too many. */
export class Calls {
  readonly log: Call[] = [];

  note(call: Call): Call {
    this.log.push(call);
    return call;
  }

  count(action?: string): number {
    return this.log.filter((one) => action === undefined || one.action === action).length;
  }

  /** Counts by action. */
  byAction(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { action } of this.log) counts[action] = (counts[action] ?? 0) + 1;
    return counts;
  }

  /** The most calls within one second of the clock, of an action or of all together. */
  mostPerSecond(action?: string): number {
    const counts = new Map<number, number>();
    for (const one of this.log) {
      if (action !== undefined && one.action !== action) continue;
      const second = Math.floor(one.at / 1_000);
      counts.set(second, (counts.get(second) ?? 0) + 1);
    }
    return Math.max(0, ...counts.values());
  }
}
