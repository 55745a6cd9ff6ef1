import type { PriceOf } from "@/lib/costs";
import type { Ctx } from "@/lib/platform/context";

/** What the cloud says. */
export const priceOf =
  (_ctx: Ctx): PriceOf =>
  async () => {
    throw new Error("no cloud yet");
  };
