import { highestPrice } from "@/lib/clouds";
import type { PriceOf } from "@/lib/costs";
import type { Ctx } from "@/lib/platform/context";

/** What the cloud says, at its dearest offer: whatever comes of a start, it was counted. */
export const priceOf =
  (ctx: Ctx): PriceOf =>
  (spec) =>
    highestPrice({ ctx, input: spec });
