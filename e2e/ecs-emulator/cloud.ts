import { Account, type Keys } from "./account";
import type { Answer } from "./answer";
import type { Backing } from "./backing";
import { Bill } from "./bill";
import { Calls } from "./calls";
import { Clock } from "./clock";
import { Commands } from "./commands";
import { Disks } from "./disks";
import { Eips } from "./eips";
import { Events } from "./events";
import { Faults } from "./faults";
import { Ids } from "./ids";
import { Images } from "./images";
import { Instances } from "./instances";
import { defaultKnobs, type KnobChange, type Knobs } from "./knobs";
import { Machines } from "./machines";
import { Network } from "./network";
import { PriceList } from "./prices";
import { Snapshots } from "./snapshots";
import { Stock } from "./stock";
import { LaunchTemplates } from "./templates";

export interface Leftovers {
  instances: string[];
  disks: string[];
  eips: string[];
  snapshots: string[];
  images: string[];
}

/** The whole cloud, in memory: every noun once, and what they share. */
export class Cloud {
  readonly knobs: Knobs = defaultKnobs();
  readonly calls = new Calls();
  readonly ids: Ids;
  readonly clock: Clock;
  readonly bill: Bill;
  readonly prices = new PriceList(this.knobs);
  readonly stock = new Stock(this.knobs);
  readonly network = new Network();
  readonly account: Account;
  readonly faults: Faults;
  readonly disks: Disks;
  readonly snapshots: Snapshots;
  readonly images: Images;
  readonly eips: Eips;
  readonly events: Events;
  readonly machines: Machines;
  readonly instances: Instances;
  readonly templates: LaunchTemplates;
  readonly commands: Commands;
  /** What was answered to a client token: its parameters and the answer. */
  readonly tokens = new Map<string, { asked: string; answer: Answer }>();

  constructor(options: {
    now: () => number;
    keys: readonly Keys[];
    backing: Backing | undefined;
    world: string;
    knobs: KnobChange;
    failed: (what: string, error: unknown) => void;
  }) {
    this.ids = new Ids(options.world);
    const { knobs, ids, prices, network } = this;
    this.clock = new Clock(options.now);
    this.bill = new Bill(this.clock);
    this.account = new Account(knobs, this.bill, options.keys);
    this.faults = new Faults(knobs, () => this.clock.now());
    this.disks = new Disks(this.clock, ids, this.bill, prices);
    this.snapshots = new Snapshots(this.clock, ids, this.bill, prices, knobs);
    this.images = new Images(this.clock, ids, this.bill, prices, knobs);
    this.eips = new Eips(this.clock, ids, this.bill, prices, network);
    this.events = new Events(this.clock, ids);
    this.machines = new Machines(options.backing, options.failed);
    this.instances = new Instances(this);
    this.templates = new LaunchTemplates(this.clock, ids);
    this.commands = new Commands(this.clock, ids, knobs, this.machines);
    this.set(options.knobs);
  }

  /** Changes knobs now; what has run so far is charged at the old prices. */
  set({ prices, quota, ...change }: KnobChange): void {
    this.clock.settle();
    Object.assign(this.knobs, change);
    Object.assign(this.knobs.prices, prices);
    Object.assign(this.knobs.quota, quota);
    this.bill.reprice();
    for (const one of this.instances.all()) {
      const limit = one.spotStrategy === "SpotWithPriceLimit" ? one.spotPriceLimit : undefined;
      if (limit !== undefined && this.prices.spot(one.type) > limit * 1_000_000) this.instances.reclaim(one);
    }
  }

  /** Ids of everything that exists and costs, or could. */
  leftovers(): Leftovers {
    this.clock.settle();
    const ids = (all: { id: string }[]) => all.map((one) => one.id);
    return {
      instances: ids(this.instances.all()),
      disks: ids(this.disks.all()),
      eips: ids(this.eips.all()),
      snapshots: ids(this.snapshots.all()),
      images: ids(this.images.own()),
    };
  }
}
