import type { Bill } from "./bill";
import type { Clock } from "./clock";
import type { Ids } from "./ids";
import type { Network } from "./network";
import type { PriceList } from "./prices";
import { Refusal, unknownThing } from "./refusal";

export interface Eip {
  id: string;
  address: string;
  regionId: string;
  bandwidthMbps: number;
  chargeType: string;
  instanceId: string | undefined;
  createdAt: number;
}

/** Addresses of their own: they outlive the instance, and cost until they are released. */
export class Eips {
  readonly #all = new Map<string, Eip>();

  constructor(
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly bill: Bill,
    private readonly prices: PriceList,
    private readonly network: Network,
  ) {}

  all(): Eip[] {
    return [...this.#all.values()];
  }

  get(id: string): Eip {
    const eip = this.#all.get(id);
    if (!eip) throw unknownThing("AllocationId", id);
    return eip;
  }

  of(instanceId: string): Eip | undefined {
    return this.all().find((one) => one.instanceId === instanceId);
  }

  allocate(regionId: string, bandwidthMbps: number, chargeType: string): Eip {
    const made: Eip = {
      id: this.ids.next("eip-"),
      address: this.network.takePublic(),
      regionId,
      bandwidthMbps,
      chargeType,
      instanceId: undefined,
      createdAt: this.clock.now(),
    };
    this.#all.set(made.id, made);
    const rate = () => this.prices.eip(bandwidthMbps, chargeType, made.instanceId !== undefined);
    this.bill.start("eip", made.id, null, rate);
    return made;
  }

  /** While it is bound nobody pays for holding it; one that is younger than its instance was made for it. */
  associate(eip: Eip, instance: { id: string; createdAt: number }): void {
    if (eip.instanceId) throw new Refusal(400, "IncorrectEipStatus", "The address is in use.");
    eip.instanceId = instance.id;
    if (eip.createdAt >= instance.createdAt) this.bill.assign("eip", eip.id, instance.id);
    this.bill.reprice();
  }

  unassociate(eip: Eip): void {
    eip.instanceId = undefined;
    this.bill.reprice();
  }

  release(eip: Eip): void {
    if (eip.instanceId) throw new Refusal(400, "IncorrectEipStatus", "The address is in use.");
    this.bill.stop("eip", eip.id);
    this.#all.delete(eip.id);
  }
}
