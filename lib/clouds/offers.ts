import type { CloudSpec } from "@/db/schema/templates";

/** One way to have the instance. */
export type Offer = { zoneId: string; vSwitchId: string; instanceType: string; spot: boolean };

/**
 * All ways in the order of the template: every zone with the first type, then with the next; where spot comes first,
 * everything is asked as spot before anything on demand.
 */
export function offersOf(spec: Pick<CloudSpec, "instanceTypes" | "vSwitches" | "spot">): Offer[] {
  const kinds = spec.spot === "never" ? [false] : spec.spot === "only" ? [true] : [true, false];
  return kinds.flatMap((spot) =>
    spec.instanceTypes.flatMap((instanceType) =>
      spec.vSwitches.map(({ zoneId, vSwitchId }) => ({ zoneId, vSwitchId, instanceType, spot })),
    ),
  );
}

export const offerName = ({ zoneId, instanceType, spot }: Offer): string =>
  `${zoneId} ${instanceType}${spot ? " spot" : ""}`;
