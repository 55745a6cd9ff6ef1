import { and, asc, desc, eq, inArray, isNotNull, isNull, like, lt, or, type SQL, sql } from "drizzle-orm";
import type { z } from "zod";
import { classes, courseClasses, courseMembers, courses, users } from "@/db/schema";
import type { Ctx } from "@/lib/platform/context";
import { unauthenticated } from "@/lib/platform/errors";
import { likePattern, type Page, pageOf, readCursor } from "@/lib/platform/keyset";
import { actorId, loadClass, loadCourse, roleInClass, roleOfRank } from "./load";
import { type CourseRole, canClass } from "./policy";
import { listInput } from "./schema";

type ListArgs = { ctx: Ctx; input: z.input<typeof listInput> };

const count = (text: SQL) => sql<number>`(${text})`.mapWith(Number);

export type CourseRow = {
  id: string;
  name: string;
  code: string;
  term: string;
  archivedAt: Date | null;
  role: CourseRole | null;
  experiments: number;
  published: number;
  students: number;
};

const enrolledIn = sql`select count(distinct e.user_id) from enrolments e
  join course_classes cc on cc.class_id = e.class_id where cc.course_id = courses.id`;

/** The courses that this actor teaches or assists in; administrators have all. */
export async function listCourses({ ctx, input }: ListArgs): Promise<Page<CourseRow>> {
  if (ctx.actor.type === "nobody") throw unauthenticated();
  const { search, archived, cursor, limit } = listInput.parse(input);
  const after = readCursor(cursor, 1);
  const all = ctx.actor.permissions.has("course.any");
  const pattern = likePattern(search);
  const rows = await ctx.db
    .select({
      id: courses.id,
      name: courses.name,
      code: courses.code,
      term: courses.term,
      archivedAt: courses.archivedAt,
      role: courseMembers.role,
      experiments: count(
        sql`select count(*) from experiments x where x.course_id = courses.id and x.archived_at is null`,
      ),
      published: count(sql`select count(*) from experiments x
        where x.course_id = courses.id and x.archived_at is null and x.status = 'published'`),
      students: count(enrolledIn),
    })
    .from(courses)
    .leftJoin(
      courseMembers,
      and(eq(courseMembers.courseId, courses.id), eq(courseMembers.userId, actorId(ctx))),
    )
    .where(
      and(
        all ? undefined : inArray(courseMembers.role, ["teacher", "assistant"]),
        archived ? isNotNull(courses.archivedAt) : isNull(courses.archivedAt),
        search ? or(like(courses.name, pattern), like(courses.code, pattern)) : undefined,
        after ? lt(courses.id, after[0] ?? "") : undefined,
      ),
    )
    .orderBy(desc(courses.id))
    .limit(limit + 1);
  return pageOf(rows, limit, (row) => [row.id]);
}

export const getCourse = (ctx: Ctx, courseId: string) => loadCourse(ctx, courseId, "view");

/** Teachers, assistants and single students, in this order. */
export async function listMembers(ctx: Ctx, courseId: string) {
  await loadCourse(ctx, courseId, "view");
  return ctx.db
    .select({
      userId: users.id,
      name: users.name,
      username: users.username,
      number: users.number,
      role: courseMembers.role,
    })
    .from(courseMembers)
    .innerJoin(users, eq(users.id, courseMembers.userId))
    .where(eq(courseMembers.courseId, courseId))
    .orderBy(sql`field(${courseMembers.role}, 'teacher', 'assistant', 'student')`, asc(users.username))
    .limit(500);
}

const classSize = count(sql`select count(*) from enrolments e where e.class_id = classes.id`);

/** The classes that take a course. */
export async function listCourseClasses(ctx: Ctx, courseId: string) {
  await loadCourse(ctx, courseId, "view");
  return ctx.db
    .select({ id: classes.id, name: classes.name, archivedAt: classes.archivedAt, students: classSize })
    .from(courseClasses)
    .innerJoin(classes, eq(classes.id, courseClasses.classId))
    .where(eq(courseClasses.courseId, courseId))
    .orderBy(asc(classes.name))
    .limit(200);
}

/** Own classes, and those that take a course in which the actor teaches or assists. */
function visibleClasses(ctx: Ctx, roles: readonly CourseRole[] = ["teacher", "assistant"]): SQL | undefined {
  if (ctx.actor.type === "nobody") throw unauthenticated();
  if (ctx.actor.permissions.has("class.any")) return undefined;
  return or(
    eq(classes.createdBy, actorId(ctx)),
    sql`exists (select 1 from course_classes cc join course_members cm on cm.course_id = cc.course_id
      where cc.class_id = ${classes.id} and cm.user_id = ${actorId(ctx)} and cm.role in ${roles})`,
  );
}

export type ClassRow = {
  id: string;
  name: string;
  archivedAt: Date | null;
  students: number;
  courses: string[];
  may: { edit: boolean; archive: boolean };
};

export async function listClasses({ ctx, input }: ListArgs): Promise<Page<ClassRow>> {
  const visible = visibleClasses(ctx);
  const { search, archived, cursor, limit } = listInput.parse(input);
  const after = readCursor(cursor, 1);
  const rows = await ctx.db
    .select({
      id: classes.id,
      name: classes.name,
      archivedAt: classes.archivedAt,
      students: classSize,
      createdBy: classes.createdBy,
      rank: roleInClass(ctx),
    })
    .from(classes)
    .where(
      and(
        visible,
        archived ? isNotNull(classes.archivedAt) : isNull(classes.archivedAt),
        search ? like(classes.name, likePattern(search)) : undefined,
        after ? lt(classes.id, after[0] ?? "") : undefined,
      ),
    )
    .orderBy(desc(classes.id))
    .limit(limit + 1);
  const page = pageOf(rows, limit, (row) => [row.id]);
  const taken = await coursesOf(
    ctx,
    page.rows.map((row) => row.id),
  );
  return {
    rows: page.rows.map(({ createdBy, rank, ...row }) => {
      const thing = { createdBy, role: roleOfRank(rank), archived: row.archivedAt !== null };
      const may = {
        edit: canClass(ctx.actor, "edit", thing),
        archive: canClass(ctx.actor, "archive", thing),
      };
      return { ...row, courses: taken.get(row.id) ?? [], may };
    }),
    next: page.next,
  };
}

async function coursesOf(ctx: Ctx, classIds: string[]): Promise<Map<string, string[]>> {
  if (classIds.length === 0) return new Map();
  const rows = await ctx.db
    .select({ classId: courseClasses.classId, name: courses.name })
    .from(courseClasses)
    .innerJoin(courses, eq(courses.id, courseClasses.courseId))
    .where(and(inArray(courseClasses.classId, classIds), isNull(courses.archivedAt)))
    .orderBy(asc(courses.name));
  const found = new Map<string, string[]>();
  for (const row of rows) found.set(row.classId, [...(found.get(row.classId) ?? []), row.name]);
  return found;
}

export const getClass = (ctx: Ctx, classId: string) => loadClass(ctx, classId, "view");

/** Classes of which one may change the roster, that could take this course and do not yet. */
export async function enrollableClasses(ctx: Ctx, courseId: string) {
  await loadCourse(ctx, courseId, "edit");
  return ctx.db
    .select({ id: classes.id, name: classes.name, students: classSize })
    .from(classes)
    .where(
      and(
        visibleClasses(ctx, ["teacher"]),
        isNull(classes.archivedAt),
        sql`not exists (select 1 from course_classes cc where cc.class_id = ${classes.id} and cc.course_id = ${courseId})`,
      ),
    )
    .orderBy(asc(classes.name))
    .limit(500);
}
