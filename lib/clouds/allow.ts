import type { Ctx } from "@/lib/platform/context";
import { forbidden, unauthenticated } from "@/lib/platform/errors";
import { type CloudAction, can } from "./policy";

/** Throws unless the actor may. */
export function allow(ctx: Ctx, action: Exclude<CloudAction, "freeze">): void {
  if (ctx.actor.type === "nobody") throw unauthenticated();
  if (!can(ctx.actor, action)) throw forbidden();
}
