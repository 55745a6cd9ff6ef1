import type { Clock } from "@/lib/platform/clock";
import type { Offer } from "./offers";

/** So long nobody asks again for what was just refused: a class of sixty would ask sixty times. */
const shortMs = 60_000;

const shared = globalThis as typeof globalThis & {
  labyardCloudShort?: Map<string, { until: number; code: string }>;
};
const keyOf = (hostId: string, { zoneId, vSwitchId, instanceType, spot }: Offer) =>
  [hostId, zoneId, vSwitchId, instanceType, spot].join(" ");

export function noteShort(clock: Clock, hostId: string, offer: Offer, code: string): void {
  shared.labyardCloudShort ??= new Map();
  shared.labyardCloudShort.set(keyOf(hostId, offer), { until: clock.now().getTime() + shortMs, code });
}

/** Why this offer was refused a moment ago; null where it is worth asking. */
export function isKnownShort(clock: Clock, hostId: string, offer: Offer): string | null {
  const known = shared.labyardCloudShort?.get(keyOf(hostId, offer));
  return known && clock.now().getTime() < known.until ? known.code : null;
}
