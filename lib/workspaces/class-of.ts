import { and, asc, eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { enrolments } from "@/db/schema/courses";
import { assignments, tasks } from "@/db/schema/experiments";
import { attempts } from "@/db/schema/workspaces";

/** The class through which the attempt's student has the experiment; null when it was given to them alone. */
export async function classOf(tx: Tx, attemptId: string): Promise<string | null> {
  const [found] = await tx
    .select({ classId: enrolments.classId })
    .from(attempts)
    .innerJoin(tasks, eq(tasks.id, attempts.taskId))
    .innerJoin(
      assignments,
      and(eq(assignments.experimentId, tasks.experimentId), eq(assignments.targetType, "class")),
    )
    .innerJoin(
      enrolments,
      and(eq(enrolments.classId, assignments.targetId), eq(enrolments.userId, attempts.userId)),
    )
    .where(eq(attempts.id, attemptId))
    .orderBy(asc(enrolments.createdAt), asc(enrolments.classId))
    .limit(1);
  return found?.classId ?? null;
}
