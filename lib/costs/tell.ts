import { and, eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { courseMembers } from "@/db/schema/courses";
import { publishChange, type Topic } from "@/lib/changes";
import type { Ctx } from "@/lib/platform/context";

/** Tells the open pages of administrators and of the course's teachers. */
export async function tellBudget(ctx: Ctx, tx: Tx, courseId: string, kind: string): Promise<void> {
  const teachers = await tx
    .select({ id: courseMembers.userId })
    .from(courseMembers)
    .where(and(eq(courseMembers.courseId, courseId), eq(courseMembers.role, "teacher")));
  const topics: Topic[] = ["admin", ...teachers.map(({ id }) => `user:${id}` as const)];
  await publishChange(ctx, tx, topics, kind, { courseId });
}
