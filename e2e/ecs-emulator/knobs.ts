/** What goes wrong, and when. A rule without `action` counts every call. */
export interface FaultRule {
  action?: string;
  /** Only the n-th matching call, from 1; without it every one. */
  nth?: number;
  /** After so many hits the rule is spent. */
  times?: number;
  /**
   * `drop-before`: the connection ends and nothing was done. `drop-after`: it was done, and nobody hears of it.
   * `error`: refused with the code. `error-after`: it was done, but the answer is the error.
   */
  kind: "drop-before" | "drop-after" | "error" | "error-after";
  status?: number;
  code?: string;
  message?: string;
}

/** Prices in micro-yuan (1 yuan = 1 000 000). */
export interface Prices {
  /** An hour of an instance type, without disks. */
  instanceHour: Record<string, number>;
  /** The share of the normal price that a spot instance costs, by type or `*`. */
  spotShare: Record<string, number>;
  /** An hour of a GiB, by disk category or `*`. */
  diskGibHour: Record<string, number>;
  snapshotGibHour: number;
  /** On top of the snapshots of an image. */
  imageGibHour: number;
  /** While it is bound to no instance. */
  eipHour: number;
  /** An hour of a Mbps of PayByBandwidth; PayByTraffic costs nothing while nothing flows. */
  bandwidthMbpsHour: number;
}

export interface Knobs {
  /** A new instance is missing in lists for so long, ms. */
  listLagMs: number;
  /** Pending after RunInstances, then Starting (also of a start or a restart), then Running, ms. */
  pendingMs: number;
  startingMs: number;
  stoppingMs: number;
  /** From an accepted deletion until the instance is gone from lists, ms. */
  deletingMs: number;
  isDeleteRefusedWhilePending: boolean;
  /** Spot: from the notice (lock `Recycling`) to the end, ms. */
  spotNoticeMs: number;
  imageMs: number;
  snapshotMs: number;
  /** A command that has no real machine behind it. */
  commandMs: number;
  /** How many may be held at once, by zone (or `*`) and type (or `*`); null: the zone does not sell the type. */
  stock: Record<string, Record<string, number | null>>;
  /** null: no limit. */
  quota: { instances: number | null; vcpus: number | null };
  /** What the account has before anything is spent, micro-yuan; null: enough. */
  balance: number | null;
  accountStatus: "normal" | "overdue" | "unverified";
  /** Calls in one minute of the clock, by action or `*` (each action for itself). */
  throttle: Record<string, number>;
  throttled: { status: number; code: string };
  faults: FaultRule[];
  /** Somebody else, such as a job of the account, binds a new address to each running instance as soon as it is listed. */
  addresses: "PayByTraffic" | "PayByBandwidth" | null;
  /** Actions that the RAM policy of the keys does not allow. */
  deniedActions: string[];
  prices: Prices;
}

/** A change of knobs: what is not named stays. */
export type KnobChange = Partial<Omit<Knobs, "prices" | "quota">> & {
  prices?: Partial<Prices>;
  quota?: Partial<Knobs["quota"]>;
};

export const defaultKnobs = (): Knobs => ({
  listLagMs: 0,
  pendingMs: 500,
  startingMs: 1_500,
  stoppingMs: 1_000,
  deletingMs: 0,
  isDeleteRefusedWhilePending: true,
  spotNoticeMs: 300_000,
  imageMs: 5_000,
  snapshotMs: 3_000,
  commandMs: 500,
  stock: {},
  quota: { instances: null, vcpus: null },
  balance: null,
  accountStatus: "normal",
  throttle: {},
  throttled: { status: 400, code: "Throttling.User" },
  faults: [],
  addresses: null,
  deniedActions: [],
  prices: {
    instanceHour: {},
    spotShare: { "*": 0.2 },
    diskGibHour: { "*": 700, cloud_efficiency: 486, cloud_auto: 1_500, cloud_essd: 2_100 },
    snapshotGibHour: 167,
    imageGibHour: 0,
    eipHour: 20_000,
    bandwidthMbpsHour: 63_000,
  },
});
