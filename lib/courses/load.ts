import { and, eq, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { classes, courseMembers, courses } from "@/db/schema";
import type { Ctx } from "@/lib/platform/context";
import { forbidden, notFound, unauthenticated } from "@/lib/platform/errors";
import { type ClassAction, type CourseAction, type CourseRole, canClass, canCourse } from "./policy";

/** The actor's id in joins; nobody and jobs match no row. */
export const actorId = (ctx: Ctx): string => (ctx.actor.type === "user" ? ctx.actor.id : "");

/** The course, if this actor may do that in it. What one may not see is `not_found`, what one may not do `forbidden`. */
export async function loadCourse(ctx: Ctx, courseId: string, action: CourseAction, tx: Tx = ctx.db) {
  if (ctx.actor.type === "nobody") throw unauthenticated();
  const [row] = await tx
    .select({ course: courses, role: courseMembers.role })
    .from(courses)
    .leftJoin(
      courseMembers,
      and(eq(courseMembers.courseId, courses.id), eq(courseMembers.userId, actorId(ctx))),
    )
    .where(eq(courses.id, courseId));
  if (!row) throw notFound("course");
  const thing = { role: row.role, archived: row.course.archivedAt !== null };
  if (!canCourse(ctx.actor, "view", thing)) throw notFound("course");
  if (!canCourse(ctx.actor, action, thing)) {
    throw forbidden(
      action === "edit" && canCourse(ctx.actor, "restore", thing) ? "courseArchived" : "forbidden",
    );
  }
  const may = { edit: canCourse(ctx.actor, "edit", thing), restore: canCourse(ctx.actor, "restore", thing) };
  return { ...row.course, role: row.role, may };
}

/**
 * The best role the actor has in any course that the class takes: 2 teacher, 1 assistant. Names are written out,
 * because drizzle drops the table of a column when a query has one table only.
 */
export const roleInClass = (ctx: Ctx) => sql<number | null>`(
  select max(case cm.role when 'teacher' then 2 when 'assistant' then 1 else 0 end)
  from course_classes cc join course_members cm on cm.course_id = cc.course_id
  where cc.class_id = classes.id and cm.user_id = ${actorId(ctx)})`;

export const roleOfRank = (rank: number | null): CourseRole | null =>
  Number(rank) === 2 ? "teacher" : Number(rank) === 1 ? "assistant" : null;

export async function loadClass(ctx: Ctx, classId: string, action: ClassAction, tx: Tx = ctx.db) {
  if (ctx.actor.type === "nobody") throw unauthenticated();
  const [row] = await tx
    .select({ class: classes, rank: roleInClass(ctx) })
    .from(classes)
    .where(eq(classes.id, classId));
  if (!row) throw notFound("class");
  const role = roleOfRank(row.rank);
  const thing = { createdBy: row.class.createdBy, role, archived: row.class.archivedAt !== null };
  if (!canClass(ctx.actor, "view", thing)) throw notFound("class");
  if (!canClass(ctx.actor, action, thing)) {
    throw forbidden(thing.archived && action === "edit" ? "classArchived" : "forbidden");
  }
  const may = { edit: canClass(ctx.actor, "edit", thing), archive: canClass(ctx.actor, "archive", thing) };
  return { ...row.class, may };
}
