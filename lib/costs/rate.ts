import type { cloudResources } from "@/db/schema/clouds";

export type CloudResource = typeof cloudResources.$inferSelect;

/** `compute` with its disk while it runs, `disk` while it is stopped; the others are what they are. */
type ChargeKind = "compute" | "disk" | "snapshot" | "image" | "address";
export type Rate = { kind: ChargeKind; price: number };

type Priced = Pick<CloudResource, "kind" | "state" | "externalId" | "runningPrice" | "restingPrice">;

/**
 * What a resource costs from now on, in micro-yuan an hour; null: nothing. `as is`: whatever it cost until now,
 * because a thing that is being deleted costs until the cloud says that it is gone.
 */
export function rateOf(resource: Priced): Rate | "as is" | null {
  const { kind, state } = resource;
  switch (state) {
    case "intended":
    case "gone":
    case "refused":
      return null;
    case "deleting":
      return "as is";
    case "stopped":
      if (kind === "instance") return { kind: "disk", price: resource.restingPrice };
      // An address that is bound to nothing is dearer.
      return kind === "address" ? { kind, price: resource.restingPrice } : ownRate(resource);
    default:
      return ownRate(resource);
  }
}

/** What it costs as if it ran; a disk or a copy has one price in whichever column it was written. */
export const ownRate = ({ kind, runningPrice, restingPrice }: Priced): Rate =>
  kind === "instance"
    ? { kind: "compute", price: runningPrice }
    : { kind, price: kind === "address" ? runningPrice : runningPrice || restingPrice };
