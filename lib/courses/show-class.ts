import { and, asc, eq, inArray } from "drizzle-orm";
import type { z } from "zod";
import { courseClasses, courseMembers, courses } from "@/db/schema";
import type { Ctx } from "@/lib/platform/context";
import { actorId, loadClass } from "./load";
import { readRoster } from "./roster";
import { listRosterInput } from "./schema";

/** What the page of a class shows: the class, the courses it takes that this actor may open, and its roster. */
export async function showClass({ ctx, input }: { ctx: Ctx; input: z.input<typeof listRosterInput> }) {
  const asked = listRosterInput.parse(input);
  const group = await loadClass(ctx, asked.classId, "view");
  const [taken, roster] = await Promise.all([coursesOf(ctx, asked.classId), readRoster(ctx, asked)]);
  return { ...group, courses: taken, roster };
}

function coursesOf(ctx: Ctx, classId: string) {
  const all = ctx.actor.permissions.has("course.any");
  return ctx.db
    .select({ id: courses.id, name: courses.name })
    .from(courseClasses)
    .innerJoin(courses, eq(courses.id, courseClasses.courseId))
    .leftJoin(
      courseMembers,
      and(eq(courseMembers.courseId, courses.id), eq(courseMembers.userId, actorId(ctx))),
    )
    .where(
      and(
        eq(courseClasses.classId, classId),
        all ? undefined : inArray(courseMembers.role, ["teacher", "assistant"]),
      ),
    )
    .orderBy(asc(courses.name))
    .limit(100);
}
