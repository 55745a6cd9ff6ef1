import { type Zone, zones } from "./catalog";
import { Refusal, unknownThing } from "./refusal";

const first = 10;
const last = 250;

/** Addresses: private ones of the vSwitches, public ones of the region. */
export class Network {
  readonly #taken = new Set<string>();
  #public = 0;

  zoneOf(vSwitchId: string): Zone {
    const zone = zones.find((one) => one.vSwitchId === vSwitchId);
    if (!zone) throw unknownThing("VSwitchId", vSwitchId);
    return zone;
  }

  free(zone: Zone): number {
    let free = 0;
    for (let number = first; number <= last; number++) if (!this.#taken.has(`${zone.net}.${number}`)) free++;
    return free;
  }

  take(zone: Zone): string {
    for (let number = first; number <= last; number++) {
      const address = `${zone.net}.${number}`;
      if (this.#taken.has(address)) continue;
      this.#taken.add(address);
      return address;
    }
    throw new Refusal(403, "QuotaExceeded.PrivateIpAddress", "The vSwitch has no private address left.");
  }

  give(address: string): void {
    this.#taken.delete(address);
  }

  /** From the block that documents write of; nobody has it. */
  takePublic(): string {
    this.#public++;
    return `198.51.${100 + Math.floor(this.#public / 254)}.${(this.#public % 254) + 1}`;
  }
}
