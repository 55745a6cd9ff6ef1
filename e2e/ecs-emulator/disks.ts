import type { Bill } from "./bill";
import type { Clock } from "./clock";
import type { Ids } from "./ids";
import type { PriceList } from "./prices";
import { Refusal, unknownThing } from "./refusal";
import type { Tags } from "./tags";

export interface Disk {
  id: string;
  name: string;
  regionId: string;
  zoneId: string;
  category: string;
  performanceLevel: string | undefined;
  sizeGib: number;
  kind: "system" | "data";
  imageId: string | undefined;
  snapshotId: string | undefined;
  /** Where it is attached. */
  instanceId: string | undefined;
  device: string | undefined;
  isDeletedWithInstance: boolean;
  /** The instance that it was made for: the bill goes by it. */
  madeFor: string | null;
  createdAt: number;
  tags: Tags;
}

/** Disks cost from their making to their deletion, attached or not, running or not. */
export class Disks {
  readonly #all = new Map<string, Disk>();

  constructor(
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly bill: Bill,
    private readonly prices: PriceList,
  ) {}

  all(): Disk[] {
    return [...this.#all.values()];
  }

  of(instanceId: string): Disk[] {
    return this.all().filter((one) => one.instanceId === instanceId);
  }

  systemDiskOf(instanceId: string): Disk {
    const disk = this.of(instanceId).find((one) => one.kind === "system");
    if (!disk) throw new Refusal(403, "IncorrectDiskStatus", "The instance has no system disk.");
    return disk;
  }

  get(id: string): Disk {
    const disk = this.#all.get(id);
    if (!disk) throw unknownThing("DiskId", id);
    return disk;
  }

  add(disk: Omit<Disk, "id" | "createdAt">): Disk {
    const made = { ...disk, id: this.ids.next("d-"), createdAt: this.clock.now() };
    this.#all.set(made.id, made);
    this.bill.start("disk", made.id, made.madeFor, () => this.prices.disk(made.category, made.sizeGib));
    return made;
  }

  remove(id: string): void {
    this.bill.stop("disk", id);
    this.#all.delete(id);
  }

  /** What happens to the disks of an instance that goes: those that are not deleted with it stay and cost. */
  leave(instanceId: string): void {
    for (const disk of this.of(instanceId)) {
      if (disk.isDeletedWithInstance) this.remove(disk.id);
      else this.detach(disk);
    }
  }

  attach(disk: Disk, instanceId: string, device: string, isDeletedWithInstance: boolean): void {
    if (disk.instanceId) throw new Refusal(403, "IncorrectDiskStatus", "The disk is attached already.");
    Object.assign(disk, { instanceId, device, isDeletedWithInstance });
  }

  detach(disk: Disk): void {
    disk.instanceId = undefined;
    disk.device = undefined;
  }
}
