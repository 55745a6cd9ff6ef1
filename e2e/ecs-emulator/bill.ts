import type { Clock } from "./clock";

export type Kind = "compute" | "disk" | "snapshot" | "image" | "eip" | "bandwidth";

export interface BillLine {
  resourceId: string;
  kind: Kind;
  /** The instance that it was made for or from. */
  instanceId: string | null;
  seconds: number;
  /** Rounded half up. */
  microYuan: number;
}

export interface BillSheet {
  total: number;
  /** Micro-yuan of each instance with the disks, addresses, snapshots and images made for it or from it. */
  instances: Record<string, number>;
  lines: BillLine[];
}

interface Meter {
  resourceId: string;
  kind: Kind;
  instanceId: string | null;
  rate: () => number;
  /** Since when it runs, and at which price an hour; undefined while it stands. */
  running: { since: number; rate: number } | undefined;
  ms: number;
  /** Micro-yuan an hour times ms: whole numbers, so nothing is lost. */
  spent: bigint;
}

const hour = 3_600_000n;
const rounded = (spent: bigint): number => Number((spent + hour / 2n) / hour);

/** One meter a resource, to the millisecond; sums are rounded once, at the end. */
export class Bill {
  readonly #meters = new Map<string, Meter>();

  constructor(private readonly clock: Clock) {}

  /** Starts or goes on; `rate` is asked in micro-yuan an hour. */
  start(kind: Kind, resourceId: string, instanceId: string | null, rate: () => number): void {
    const key = `${kind} ${resourceId}`;
    const meter = this.#meters.get(key) ?? {
      resourceId,
      kind,
      instanceId,
      rate,
      running: undefined,
      ms: 0,
      spent: 0n,
    };
    this.#meters.set(key, meter);
    meter.rate = rate;
    meter.running ??= { since: this.clock.now(), rate: Math.round(rate()) };
  }

  stop(kind: Kind, resourceId: string): void {
    const meter = this.#meters.get(`${kind} ${resourceId}`);
    if (!meter?.running) return;
    this.#read(meter);
    meter.running = undefined;
  }

  /** For which instance it turned out to be made. */
  assign(kind: Kind, resourceId: string, instanceId: string): void {
    const meter = this.#meters.get(`${kind} ${resourceId}`);
    if (meter) meter.instanceId ??= instanceId;
  }

  /** To be called when a price changes: what has run so far is charged at the old one. */
  reprice(): void {
    for (const meter of this.#meters.values()) {
      if (!meter.running) continue;
      this.#read(meter);
      meter.running.rate = Math.round(meter.rate());
    }
  }

  total(): number {
    return rounded(this.#read().reduce((sum, meter) => sum + meter.spent, 0n));
  }

  sheet(): BillSheet {
    const byInstance = new Map<string, bigint>();
    const meters = this.#read();
    for (const { instanceId, spent } of meters) {
      if (instanceId) byInstance.set(instanceId, (byInstance.get(instanceId) ?? 0n) + spent);
    }
    return {
      total: this.total(),
      instances: Object.fromEntries([...byInstance].map(([id, spent]) => [id, rounded(spent)])),
      lines: meters.map(({ resourceId, kind, instanceId, ms, spent }) => ({
        resourceId,
        kind,
        instanceId,
        seconds: ms / 1000,
        microYuan: rounded(spent),
      })),
    };
  }

  #read(only?: Meter): Meter[] {
    const meters = only ? [only] : [...this.#meters.values()];
    for (const meter of meters) {
      if (!meter.running) continue;
      const ms = Math.round(this.clock.now() - meter.running.since);
      meter.ms += ms;
      meter.spent += BigInt(ms) * BigInt(meter.running.rate);
      meter.running.since = this.clock.now();
    }
    return meters;
  }
}
