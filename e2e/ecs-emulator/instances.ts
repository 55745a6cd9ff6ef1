import type { Bill } from "./bill";
import { regionOf, typeOf, zoneOf } from "./catalog";
import type { Clock } from "./clock";
import type { Disks } from "./disks";
import type { Eips } from "./eips";
import type { Events } from "./events";
import type { Ids } from "./ids";
import type { Image } from "./images";
import { type Instance, machineOf, type Order, type Status } from "./instance";
import type { Knobs } from "./knobs";
import type { Machines } from "./machines";
import type { Network } from "./network";
import type { PriceList } from "./prices";
import { Refusal, unknownThing } from "./refusal";
import type { Stock } from "./stock";

interface Parts {
  clock: Clock;
  ids: Ids;
  bill: Bill;
  prices: PriceList;
  knobs: Knobs;
  stock: Stock;
  network: Network;
  disks: Disks;
  eips: Eips;
  events: Events;
  machines: Machines;
}

/**
 * The life of instances: Pending, Starting, Running; Stopping, Stopped; Starting again; gone. Compute costs from the
 * accepted order until the instance is gone, less the time from Stopped to the next start under StopCharging.
 */
export class Instances {
  readonly #all = new Map<string, Instance>();

  constructor(private readonly parts: Parts) {}

  all(): Instance[] {
    return [...this.#all.values()];
  }

  /** Those that lists show already. */
  listed(): Instance[] {
    return this.all().filter((one) => one.listedAt <= this.parts.clock.now());
  }

  /** Those of a region, or which of them are asked for by name. */
  listedIn(regionId: string, ids: readonly string[]): Instance[] {
    return this.listed().filter(
      (one) => one.regionId === regionId && (ids.length === 0 || ids.includes(one.id)),
    );
  }

  get(id: string): Instance {
    const one = this.#all.get(id);
    if (!one) throw unknownThing("InstanceId", id);
    return one;
  }

  /** The instance in one of these states; anything else is refused. */
  in(id: string, ...statuses: Status[]): Instance {
    const one = this.get(id);
    if (!statuses.includes(one.status) || one.isGoing) {
      const why = `The current status of the resource does not support this operation: ${one.status}.`;
      throw new Refusal(403, "IncorrectInstanceStatus", why);
    }
    return one;
  }

  order(order: Order, names: { name: string; hostName: string }): Instance {
    const { clock, ids, knobs, network, machines, disks } = this.parts;
    const zone = zoneOf(order.zoneId);
    if (!zone || !regionOf(order.regionId)) throw new Error(`no zone ${order.zoneId}`);
    const now = clock.now();
    const one: Instance = {
      ...order,
      ...names,
      id: ids.next("i-"),
      source: order.image.id,
      address: machines.takeAddress() ?? network.take(zone),
      publicAddress: order.bandwidthMbps > 0 ? network.takePublic() : undefined,
      status: "Pending",
      epoch: 0,
      stoppedMode: "Not-applicable",
      isStopCharging: false,
      createdAt: now,
      listedAt: now + knobs.listLagMs,
      startedAt: now,
      reclaimedAt: undefined,
      isGoing: false,
      nextPassword: undefined,
      tags: new Map(order.tags),
    };
    this.#all.set(one.id, one);
    const place = { regionId: one.regionId, zoneId: one.zoneId, instanceId: one.id, madeFor: one.id };
    disks.add({
      ...place,
      ...order.disk,
      kind: "system",
      imageId: one.image.id,
      snapshotId: undefined,
      device: "/dev/xvda",
      isDeletedWithInstance: true,
      tags: new Map(order.tags),
    });
    order.dataDisks.forEach((disk, row) => {
      const device = `/dev/xvd${String.fromCharCode(98 + row)}`;
      const rest = { name: "", performanceLevel: undefined, imageId: undefined, tags: new Map(order.tags) };
      disks.add({ ...place, ...rest, ...disk, kind: "data", device });
    });
    this.#charge(one);
    this.#guard(one);
    this.#after(one, knobs.pendingMs, () => this.#boot(one));
    return one;
  }

  start(one: Instance): void {
    if (one.isStopCharging) {
      this.parts.stock.take(one.zoneId, one.type, 1, 1);
      one.isStopCharging = false;
      if (one.bandwidthMbps > 0) one.publicAddress = this.parts.network.takePublic();
      this.#charge(one);
    }
    one.stoppedMode = "Not-applicable";
    this.#boot(one);
  }

  /** Those whose type cannot stop its charging are stopped all the same, without an error. */
  stop(one: Instance, mode: "KeepCharging" | "StopCharging"): void {
    this.#move(one, "Stopping");
    this.parts.machines.halt(machineOf(one));
    this.#after(one, this.parts.knobs.stoppingMs, () => {
      this.#move(one, "Stopped");
      const canStop = typeOf(one.type)?.family !== "ecs.gn6i";
      one.stoppedMode = mode === "KeepCharging" ? mode : canStop ? mode : "Not-applicable";
      if (one.stoppedMode !== "StopCharging") return;
      one.isStopCharging = true;
      one.publicAddress = undefined;
      this.parts.stock.give(one.zoneId, one.type);
      this.parts.bill.stop("compute", one.id);
      this.parts.bill.stop("bandwidth", one.id);
    });
  }

  reboot(one: Instance): void {
    this.parts.machines.halt(machineOf(one));
    this.#boot(one);
  }

  /** Refused while it boots; what is accepted is gone after `deletingMs`, and costs nothing from now. */
  delete(one: Instance): void {
    if (one.isGoing) return;
    one.isGoing = true;
    one.epoch++;
    this.#discharge(one);
    const { clock, knobs } = this.parts;
    if (knobs.deletingMs === 0) this.#vanish(one);
    else {
      one.status = "Stopping";
      clock.at(clock.now() + knobs.deletingMs, () => this.#vanish(one));
    }
  }

  canDelete(one: Instance, isForced: boolean): void {
    if (one.isProtected) {
      throw new Refusal(
        403,
        "InvalidOperation.DeletionProtection",
        "The instance is protected from deletion.",
      );
    }
    if (one.status === "Pending" && this.parts.knobs.isDeleteRefusedWhilePending) {
      const why = "The specified instance status does not support this action while it initializes.";
      throw new Refusal(403, "IncorrectInstanceStatus.Initializing", why);
    }
    if (one.isGoing || one.status === "Stopped" || one.status === "Pending") return;
    if (one.status !== "Running" || !isForced) {
      const why = `The current status of the resource does not support this operation: ${one.status}.`;
      throw new Refusal(403, "IncorrectInstanceStatus", why);
    }
  }

  /** Undefined cancels the guard. */
  releaseAt(one: Instance, time: number | undefined): void {
    one.autoReleaseAt = time;
    this.#guard(one);
  }

  /** The system disk from another image: a new disk, the same instance and address. */
  renew(one: Instance, image: Image, sizeGib: number): string {
    const { disks, machines } = this.parts;
    const { id, createdAt, ...old } = disks.systemDiskOf(one.id);
    disks.remove(id);
    const made = disks.add({ ...old, sizeGib, imageId: image.id });
    one.image = image;
    one.source = image.id;
    machines.renew(machineOf(one));
    return made.id;
  }

  /** The system disk as it was when the snapshot was taken: the same disk, the same instance. */
  reset(one: Instance, snapshotId: string): void {
    one.source = snapshotId;
    this.parts.machines.renew(machineOf(one));
  }

  /** The spot market wants it back: the notice now, the end some minutes later. */
  reclaim(one: Instance): void {
    if (one.spotStrategy === "NoSpot" || one.reclaimedAt !== undefined) return;
    const { clock, knobs } = this.parts;
    one.reclaimedAt = clock.now() + knobs.spotNoticeMs;
    clock.at(one.reclaimedAt, () => {
      if (this.#all.get(one.id) !== one || one.isGoing) return;
      one.reclaimedAt = undefined;
      if (one.spotInterruption === "Terminate") this.delete(one);
      else if (one.status === "Running") this.stop(one, "StopCharging");
    });
  }

  /** The host under it broke, and it is lost. */
  fail(one: Instance, reason = "the host failed"): void {
    this.parts.events.note(one.id, "SystemFailure.Delete", reason);
    this.delete(one);
  }

  price(one: Instance): number {
    const { prices } = this.parts;
    return one.spotStrategy === "NoSpot" ? prices.instance(one.type) : prices.spot(one.type);
  }

  #charge(one: Instance): void {
    const { bill, prices } = this.parts;
    bill.start("compute", one.id, one.id, () => this.price(one));
    if (one.bandwidthMbps > 0) {
      const rate = () => prices.bandwidth(one.bandwidthMbps, one.internetChargeType);
      bill.start("bandwidth", one.id, one.id, rate);
    }
  }

  #discharge(one: Instance): void {
    const { bill, stock } = this.parts;
    bill.stop("compute", one.id);
    bill.stop("bandwidth", one.id);
    if (!one.isStopCharging) stock.give(one.zoneId, one.type);
    this.parts.disks.leave(one.id);
    const eip = this.parts.eips.of(one.id);
    if (eip) this.parts.eips.unassociate(eip);
  }

  #vanish(one: Instance): void {
    this.#all.delete(one.id);
    this.parts.network.give(one.address);
    this.parts.machines.remove(machineOf(one));
  }

  #boot(one: Instance): void {
    this.#move(one, "Starting");
    one.startedAt = this.parts.clock.now();
    one.password = one.nextPassword ?? one.password;
    one.nextPassword = undefined;
    this.parts.machines.boot(machineOf(one));
    this.#after(one, this.parts.knobs.startingMs, () => this.#move(one, "Running"));
  }

  /** Whoever binds addresses to what they see does it now. */
  seen(one: Instance): void {
    const { eips, knobs } = this.parts;
    if (knobs.addresses && one.status === "Running" && !eips.of(one.id)) {
      eips.associate(eips.allocate(one.regionId, 5, knobs.addresses), one);
    }
  }

  #move(one: Instance, status: Status): void {
    one.status = status;
    one.epoch++;
  }

  #after(one: Instance, ms: number, act: () => void): void {
    const { clock } = this.parts;
    const { epoch } = one;
    clock.at(clock.now() + ms, () => {
      if (this.#all.get(one.id) === one && one.epoch === epoch) act();
    });
  }

  /** The cloud's own end of it, whatever state it is in. */
  #guard(one: Instance): void {
    const { autoReleaseAt } = one;
    if (autoReleaseAt === undefined) return;
    this.parts.clock.at(autoReleaseAt, () => {
      const isMeant = this.#all.get(one.id) === one && one.autoReleaseAt === autoReleaseAt;
      if (isMeant) this.delete(one);
    });
  }
}
