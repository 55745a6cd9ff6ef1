import { typeOf } from "./catalog";
import type { Knobs } from "./knobs";

const gib = 1024 ** 3;
const anyOf = (table: Record<string, number>, key: string): number => table[key] ?? table["*"] ?? 0;

/** What things cost now, in micro-yuan an hour. */
export class PriceList {
  constructor(private readonly knobs: Knobs) {}

  instance(type: string): number {
    return this.knobs.prices.instanceHour[type] ?? typeOf(type)?.hour ?? 0;
  }

  spot(type: string): number {
    return Math.round(this.instance(type) * anyOf(this.knobs.prices.spotShare, type));
  }

  disk(category: string, sizeGib: number): number {
    return anyOf(this.knobs.prices.diskGibHour, category) * sizeGib;
  }

  snapshot(sizeGib: number): number {
    return this.knobs.prices.snapshotGibHour * sizeGib;
  }

  image(sizeGib: number): number {
    return this.knobs.prices.imageGibHour * sizeGib;
  }

  eip(bandwidthMbps: number, chargeType: string, isBound: boolean): number {
    const holding = isBound ? 0 : this.knobs.prices.eipHour;
    return holding + this.bandwidth(bandwidthMbps, chargeType);
  }

  bandwidth(mbps: number, chargeType: string): number {
    return chargeType === "PayByBandwidth" ? this.knobs.prices.bandwidthMbpsHour * mbps : 0;
  }
}

export const bytes = (sizeGib: number): number => sizeGib * gib;
/** Yuan, as the API answers prices. */
export const yuan = (microYuan: number): number => microYuan / 1_000_000;
