import { and, eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { courseMembers, courses, experiments } from "@/db/schema";
import type { Ctx } from "@/lib/platform/context";
import { AppError, forbidden, notFound, unauthenticated } from "@/lib/platform/errors";
import { can, type ExperimentAction } from "./policy";

/** The experiment, if this actor may do that with it. What one may not watch is `not_found`. */
export async function loadExperiment(
  ctx: Ctx,
  experimentId: string,
  action: ExperimentAction,
  tx: Tx = ctx.db,
) {
  if (ctx.actor.type === "nobody") throw unauthenticated();
  const userId = ctx.actor.type === "user" ? ctx.actor.id : "";
  const [row] = await tx
    .select({
      experiment: experiments,
      course: { id: courses.id, name: courses.name, archivedAt: courses.archivedAt },
      role: courseMembers.role,
    })
    .from(experiments)
    .innerJoin(courses, eq(courses.id, experiments.courseId))
    .leftJoin(courseMembers, and(eq(courseMembers.courseId, courses.id), eq(courseMembers.userId, userId)))
    .where(eq(experiments.id, experimentId));
  if (!row) throw notFound("experiment");
  const thing = {
    role: row.role,
    archived: row.experiment.archivedAt !== null,
    courseArchived: row.course.archivedAt !== null,
  };
  if (!can(ctx.actor, "watch", thing)) throw notFound("experiment");
  if (!can(ctx.actor, action, thing)) {
    const teaches = can(ctx.actor, action, { ...thing, archived: false, courseArchived: false });
    throw forbidden(teaches ? (thing.courseArchived ? "courseArchived" : "experimentArchived") : "forbidden");
  }
  const teaches = can(ctx.actor, "edit", { ...thing, archived: false });
  return {
    ...row.experiment,
    course: row.course,
    role: row.role,
    may: { edit: can(ctx.actor, "edit", thing), restore: teaches },
  };
}

const refusals = new Set(["not_found", "forbidden", "unauthenticated"]);

async function allowed(check: Promise<unknown>): Promise<boolean> {
  try {
    await check;
    return true;
  } catch (error) {
    if (error instanceof AppError && refusals.has(error.code)) return false;
    throw error;
  }
}

/** Teachers and assistants of its course, and administrators: see the class at work, extend, stop. */
export const canWatchExperiment = (ctx: Ctx, experimentId: string): Promise<boolean> =>
  allowed(loadExperiment(ctx, experimentId, "watch"));
