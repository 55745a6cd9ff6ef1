import type { Tx } from "@/db/client";
import { loadCourse } from "@/lib/courses";
import type { Ctx } from "@/lib/platform/context";
import { forbidden, unauthenticated } from "@/lib/platform/errors";
import { type CostAction, can } from "./policy";

/** The course whose costs are meant, if this actor may do that with them; archived ones can still be looked at. */
export async function loadCosts(
  ctx: Ctx,
  courseId: string,
  action: Exclude<CostAction, "seeAll">,
  tx: Tx = ctx.db,
) {
  const course = await loadCourse(ctx, courseId, "view", tx);
  if (!can(ctx.actor, action, course.role)) throw forbidden();
  const may = {
    allow: can(ctx.actor, "allow", course.role),
    setBudget: can(ctx.actor, "setBudget", course.role),
    seeAll: can(ctx.actor, "seeAll", course.role),
  };
  return { ...course, may };
}

/** Throws unless the actor may see what everything costs. */
export function requireSeeAll(ctx: Ctx): void {
  if (ctx.actor.type === "nobody") throw unauthenticated();
  if (!can(ctx.actor, "seeAll", null)) throw forbidden();
}
