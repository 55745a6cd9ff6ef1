import type { Bill } from "./bill";
import type { Clock } from "./clock";
import type { Disk } from "./disks";
import type { Ids } from "./ids";
import type { Knobs } from "./knobs";
import type { PriceList } from "./prices";
import { unknownThing } from "./refusal";
import type { Tags } from "./tags";

export interface Snapshot {
  id: string;
  name: string;
  description: string;
  regionId: string;
  diskId: string;
  diskKind: Disk["kind"];
  category: string;
  sizeGib: number;
  /** The image that it belongs to, if any. */
  imageId: string | undefined;
  madeFrom: string | null;
  createdAt: number;
  readyAt: number;
  tags: Tags;
}

/** Copies of disks. They cost by the size of the disk until somebody deletes them. */
export class Snapshots {
  readonly #all = new Map<string, Snapshot>();

  constructor(
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly bill: Bill,
    private readonly prices: PriceList,
    private readonly knobs: Knobs,
  ) {}

  all(): Snapshot[] {
    return [...this.#all.values()];
  }

  get(id: string): Snapshot {
    const snapshot = this.#all.get(id);
    if (!snapshot) throw unknownThing("SnapshotId", id);
    return snapshot;
  }

  take(disk: Disk, { name = "", description = "", tags = new Map() }: Partial<Snapshot>): Snapshot {
    const now = this.clock.now();
    const made: Snapshot = {
      id: this.ids.next("s-"),
      name,
      description,
      regionId: disk.regionId,
      diskId: disk.id,
      diskKind: disk.kind,
      category: disk.category,
      sizeGib: disk.sizeGib,
      imageId: undefined,
      madeFrom: disk.madeFor,
      createdAt: now,
      readyAt: now + this.knobs.snapshotMs,
      tags,
    };
    this.#all.set(made.id, made);
    this.bill.start("snapshot", made.id, made.madeFrom, () => this.prices.snapshot(made.sizeGib));
    return made;
  }

  isReady(snapshot: Snapshot): boolean {
    return this.clock.now() >= snapshot.readyAt;
  }

  remove(id: string): void {
    this.bill.stop("snapshot", id);
    this.#all.delete(id);
  }
}
