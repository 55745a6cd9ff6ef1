import { and, eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { courseMembers } from "@/db/schema/courses";
import { experiments, tasks } from "@/db/schema/experiments";
import { attempts } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { notFound } from "@/lib/platform/errors";
import { type StaffRole, staffRole } from "@/lib/workspaces";
import { type AttemptAction, can } from "./policy";

type AttemptRow = typeof attempts.$inferSelect;
type TaskRow = typeof tasks.$inferSelect;

export type LoadedAttempt = {
  attempt: AttemptRow;
  task: TaskRow;
  experiment: { id: string; title: string; courseId: string };
  staff: StaffRole;
};

/** The attempt, if the actor may do this to it; otherwise `not_found`, as if it were not there. */
export async function loadAttempt(
  ctx: Ctx,
  attemptId: string,
  action: AttemptAction,
  tx: Tx = ctx.db,
): Promise<LoadedAttempt> {
  const actorId = ctx.actor.type === "user" ? ctx.actor.id : "";
  const [row] = await tx
    .select({
      attempt: attempts,
      task: tasks,
      experiment: { id: experiments.id, title: experiments.title, courseId: experiments.courseId },
      role: courseMembers.role,
    })
    .from(attempts)
    .innerJoin(tasks, eq(tasks.id, attempts.taskId))
    .innerJoin(experiments, eq(experiments.id, tasks.experimentId))
    .leftJoin(
      courseMembers,
      and(eq(courseMembers.courseId, experiments.courseId), eq(courseMembers.userId, actorId)),
    )
    .where(eq(attempts.id, attemptId));
  if (!row) throw notFound("attempt");
  const staff = staffRole(ctx, row.role);
  if (!can(ctx.actor, action, { userId: row.attempt.userId, staff })) throw notFound("attempt");
  return { attempt: row.attempt, task: row.task, experiment: row.experiment, staff };
}
