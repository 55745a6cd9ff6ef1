import type { Knobs } from "./knobs";
import { Refusal } from "./refusal";

/** How many of a type a zone has. Who is stopped with StopCharging holds none. */
export class Stock {
  readonly #held = new Map<string, number>();

  constructor(private readonly knobs: Knobs) {}

  /** Infinity without a limit; undefined where the zone does not sell the type. */
  left(zoneId: string, type: string): number | undefined {
    const { stock } = this.knobs;
    const limit = [stock[zoneId], stock["*"]]
      .flatMap((row) => (row ? [row[type], row["*"]] : []))
      .find((one) => one !== undefined);
    if (limit === null) return undefined;
    if (limit === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(0, limit - (this.#held.get(`${zoneId} ${type}`) ?? 0));
  }

  /** Takes as many as there are, at least `least`. */
  take(zoneId: string, type: string, amount: number, least: number): number {
    const left = this.left(zoneId, type);
    if (left === undefined) {
      const why = `The specified instance type is not supported in zone ${zoneId}.`;
      throw new Refusal(403, "InvalidInstanceType.ZoneNotSupported", why);
    }
    const taken = Math.min(left, amount);
    if (taken < least) {
      const why =
        "The requested resource is sold out in the specified zone; try other types of resources or other zones.";
      throw new Refusal(403, "OperationDenied.NoStock", why);
    }
    const key = `${zoneId} ${type}`;
    this.#held.set(key, (this.#held.get(key) ?? 0) + taken);
    return taken;
  }

  give(zoneId: string, type: string, amount = 1): void {
    const key = `${zoneId} ${type}`;
    this.#held.set(key, (this.#held.get(key) ?? 0) - amount);
  }
}
