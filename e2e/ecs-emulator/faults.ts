import type { FaultRule, Knobs } from "./knobs";
import { Refusal } from "./refusal";

export type Fault = Pick<FaultRule, "kind"> & { refusal: Refusal };

/** Decides for each call, in the order they come, whether something goes wrong with it. */
export class Faults {
  readonly #seen = new Map<FaultRule, { calls: number; hits: number }>();
  readonly #minutes = new Map<string, { minute: number; calls: number }>();

  constructor(
    private readonly knobs: Knobs,
    private readonly now: () => number,
  ) {}

  /** Refuses what is more than the minute allows; blocked in one minute is allowed again in the next. */
  throttle(action: string): void {
    const most = this.knobs.throttle[action] ?? this.knobs.throttle["*"];
    const minute = Math.floor(this.now() / 60_000);
    const before = this.#minutes.get(action);
    const calls = before?.minute === minute ? before.calls + 1 : 1;
    this.#minutes.set(action, { minute, calls });
    if (most === undefined || calls <= most) return;
    const { status, code } = this.knobs.throttled;
    throw new Refusal(status, code, "Request was denied due to request throttling.");
  }

  next(action: string): Fault | undefined {
    let found: Fault | undefined;
    for (const rule of this.knobs.faults) {
      if (rule.action !== undefined && rule.action !== action) continue;
      const seen = this.#seen.get(rule) ?? { calls: 0, hits: 0 };
      this.#seen.set(rule, seen);
      seen.calls++;
      if (found || (rule.nth !== undefined && rule.nth !== seen.calls)) continue;
      if (seen.hits >= (rule.times ?? Number.POSITIVE_INFINITY)) continue;
      seen.hits++;
      const { kind, status = 500, code = "InternalError", message } = rule;
      found = { kind, refusal: new Refusal(status, code, message) };
    }
    return found;
  }
}
