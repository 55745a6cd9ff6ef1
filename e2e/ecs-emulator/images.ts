import type { Bill } from "./bill";
import { regions } from "./catalog";
import type { Clock } from "./clock";
import type { Ids } from "./ids";
import type { Knobs } from "./knobs";
import type { PriceList } from "./prices";
import { Refusal, unknownThing } from "./refusal";
import type { Snapshot } from "./snapshots";
import type { Tags } from "./tags";

export interface Image {
  id: string;
  name: string;
  description: string;
  regionId: string;
  owner: "system" | "self";
  os: "linux" | "windows";
  osName: string;
  platform: string;
  /** `ecs-user` may log in, where the order asks for it. */
  hasOrdinaryUser: boolean;
  sizeGib: number;
  snapshotIds: string[];
  madeFrom: string | null;
  createdAt: number;
  readyAt: number;
  tags: Tags;
}

const published = [
  ["ubuntu_24_04_x64_20G_alibase_20260915.vhd", "linux", "Ubuntu 24.04 64位", "Ubuntu", 20, true],
  ["debian_13_0_x64_20G_alibase_20260915.vhd", "linux", "Debian 13.0 64位", "Debian", 20, true],
  ["centos_7_9_x64_20G_alibase_20240628.vhd", "linux", "CentOS 7.9 64位", "CentOS", 20, false],
  [
    "win2025_24H2_x64_dtc_zh-cn_40G_alibase_20260915.vhd",
    "windows",
    "Windows Server 2025 数据中心版 64位中文版",
    "Windows Server 2025",
    40,
    false,
  ],
] as const;

/** Public images, the same in every region, and those that were made of instances. */
export class Images {
  readonly #own = new Map<string, Image>();
  readonly #public: Image[];

  constructor(
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly bill: Bill,
    private readonly prices: PriceList,
    private readonly knobs: Knobs,
  ) {
    const at = Date.UTC(2026, 8, 15);
    this.#public = regions.flatMap(({ id: regionId }) =>
      published.map(([id, os, osName, platform, sizeGib, hasOrdinaryUser]) => ({
        id,
        name: id,
        description: "",
        regionId,
        owner: "system" as const,
        os,
        osName,
        platform,
        hasOrdinaryUser,
        sizeGib,
        snapshotIds: [],
        madeFrom: null,
        createdAt: at,
        readyAt: at,
        tags: new Map(),
      })),
    );
  }

  all(regionId: string): Image[] {
    return [...this.own(), ...this.#public].filter((one) => one.regionId === regionId);
  }

  own(): Image[] {
    return [...this.#own.values()];
  }

  get(id: string, regionId: string): Image {
    const image = this.all(regionId).find((one) => one.id === id);
    if (!image) throw unknownThing("ImageId", id);
    return image;
  }

  /** An image from which something can boot. */
  usable(id: string, regionId: string): Image {
    const image = this.get(id, regionId);
    if (!this.isReady(image)) throw new Refusal(403, "ImageNotReady", "The image is still being made.");
    return image;
  }

  isReady(image: Image): boolean {
    return this.clock.now() >= image.readyAt;
  }

  add(
    like: Pick<Image, "os" | "osName" | "platform" | "hasOrdinaryUser" | "regionId" | "madeFrom">,
    snapshots: Snapshot[],
    { name, description, tags }: Pick<Image, "name" | "description" | "tags">,
  ): Image {
    if (name && this.own().some((one) => one.name === name && one.regionId === like.regionId)) {
      throw new Refusal(400, "InvalidImageName.Duplicated", "The specified image name is taken.");
    }
    const now = this.clock.now();
    const id = this.ids.next("m-");
    const made: Image = {
      ...like,
      id,
      name: name || id,
      description,
      tags,
      owner: "self",
      sizeGib: snapshots.find((one) => one.diskKind === "system")?.sizeGib ?? 40,
      snapshotIds: snapshots.map((one) => one.id),
      createdAt: now,
      readyAt: now + this.knobs.imageMs,
    };
    for (const snapshot of snapshots) snapshot.imageId = id;
    this.#own.set(id, made);
    this.bill.start("image", id, made.madeFrom, () => this.prices.image(made.sizeGib));
    return made;
  }

  remove(image: Image): void {
    if (image.owner !== "self") throw new Refusal(403, "Forbidden.NotImageOwner");
    this.bill.stop("image", image.id);
    this.#own.delete(image.id);
  }
}
