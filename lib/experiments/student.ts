import { and, asc, eq, inArray, isNull, or, type SQL, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import {
  assignments,
  attachments,
  courseClasses,
  courses,
  enrolments,
  experiments,
  tasks,
  templates,
} from "@/db/schema";
import { type Ctx, requireUser } from "@/lib/platform/context";
import { notFound } from "@/lib/platform/errors";
import { phaseOf, type Window, windowOf } from "./window";

const reachedColumns = {
  experiment: experiments,
  course: { id: courses.id, name: courses.name },
  own: { opensAt: assignments.opensAt, closesAt: assignments.closesAt },
};

const visible = () =>
  and(eq(experiments.status, "published"), isNull(experiments.archivedAt), isNull(courses.archivedAt));

/** Through a class of theirs that takes the course. */
const throughClasses = (db: Tx, userId: string, which: SQL | undefined) =>
  db
    .select(reachedColumns)
    .from(enrolments)
    .innerJoin(
      assignments,
      and(eq(assignments.targetType, "class"), eq(assignments.targetId, enrolments.classId)),
    )
    .innerJoin(experiments, eq(experiments.id, assignments.experimentId))
    .innerJoin(courses, eq(courses.id, experiments.courseId))
    .innerJoin(
      courseClasses,
      and(eq(courseClasses.courseId, courses.id), eq(courseClasses.classId, enrolments.classId)),
    )
    .where(and(eq(enrolments.userId, userId), which))
    .limit(2000);

/** To them alone, while they still belong to the course. */
const directly = (db: Tx, userId: string, which: SQL | undefined) =>
  db
    .select(reachedColumns)
    .from(assignments)
    .innerJoin(experiments, eq(experiments.id, assignments.experimentId))
    .innerJoin(courses, eq(courses.id, experiments.courseId))
    .where(
      and(
        eq(assignments.targetType, "student"),
        eq(assignments.targetId, userId),
        which,
        or(
          sql`exists (select 1 from course_members cm
            where cm.user_id = ${userId} and cm.course_id = ${experiments.courseId})`,
          sql`exists (select 1 from enrolments e join course_classes cc on cc.class_id = e.class_id
            where e.user_id = ${userId} and cc.course_id = ${experiments.courseId})`,
        ),
      ),
    )
    .limit(2000);

/** Published experiments that reach the student, with the student's window. */
const reached = (db: Tx, userId: string, experimentId?: string) =>
  reachedAmong(db, userId, and(visible(), experimentId ? eq(experiments.id, experimentId) : undefined));

async function reachedAmong(db: Tx, userId: string, which: SQL | undefined) {
  const rows = [...(await throughClasses(db, userId, which)), ...(await directly(db, userId, which))];
  const found = new Map<string, { row: (typeof rows)[number]; windows: Window[] }>();
  for (const row of rows) {
    const entry = found.get(row.experiment.id) ?? { row, windows: [] };
    entry.windows.push(row.own);
    found.set(row.experiment.id, entry);
  }
  return [...found.values()].map(({ row, windows }) => ({
    experiment: row.experiment,
    course: row.course,
    window: windowOf(row.experiment, windows) ?? row.experiment,
  }));
}

/**
 * The task as this student has it, with their own window; `not_found` unless it is published and reaches them.
 * A job names the student; a person is only ever themselves.
 */
export async function studentTask({ ctx, taskId, userId }: { ctx: Ctx; taskId: string; userId?: string }) {
  const student = ctx.actor.type === "system" && userId ? userId : requireUser(ctx).id;
  if (userId && userId !== student) throw notFound("task");
  const [task] = await ctx.db.select().from(tasks).where(eq(tasks.id, taskId));
  if (!task) throw notFound("task");
  const [found] = await reached(ctx.db, student, task.experimentId);
  if (!found) throw notFound("task");
  const { opensAt, closesAt } = found.window;
  return { task, experiment: found.experiment, course: found.course, window: { opensAt, closesAt } };
}

/**
 * The window that limits a student's attempt, whoever asks. An attempt outlives its assignment: where the experiment
 * was withdrawn or no longer reaches the student, its own window holds, so that nothing runs for ever.
 */
export async function studentWindow(db: Tx, taskId: string, userId: string): Promise<Window | null> {
  const [row] = await db
    .select({ id: experiments.id, opensAt: experiments.opensAt, closesAt: experiments.closesAt })
    .from(tasks)
    .innerJoin(experiments, eq(experiments.id, tasks.experimentId))
    .where(eq(tasks.id, taskId));
  if (!row) return null;
  const [found] = await reachedAmong(db, userId, eq(experiments.id, row.id));
  const { opensAt, closesAt } = found?.window ?? row;
  return { opensAt, closesAt };
}

/** The signed-in student's experiments with their tasks: open ones first, by close. */
export async function listStudentExperiments(ctx: Ctx) {
  const found = await reached(ctx.db, requireUser(ctx).id);
  if (found.length === 0) return [];
  const taskRows = await ctx.db
    .select({ task: tasks, templateName: templates.name })
    .from(tasks)
    .leftJoin(templates, eq(templates.id, tasks.templateId))
    .where(
      inArray(
        tasks.experimentId,
        found.map((row) => row.experiment.id),
      ),
    )
    .orderBy(asc(tasks.position));
  return found
    .map(({ experiment, course, window }) => ({
      id: experiment.id,
      title: experiment.title,
      course,
      weight: experiment.weight,
      window: { opensAt: window.opensAt, closesAt: window.closesAt },
      tasks: taskRows
        .filter((row) => row.task.experimentId === experiment.id)
        .map((row) => ({ ...row.task, templateName: row.templateName })),
    }))
    .sort((a, b) => order(a.window.closesAt) - order(b.window.closesAt) || (a.id < b.id ? 1 : -1));
}

const order = (closesAt: Date | null) => closesAt?.getTime() ?? Number.MAX_SAFE_INTEGER;

/** One experiment as its student sees it; text and attachments are nobody's before it opens. */
export async function studentExperiment({ ctx, experimentId }: { ctx: Ctx; experimentId: string }) {
  const [found] = await reached(ctx.db, requireUser(ctx).id, experimentId);
  if (!found) throw notFound("experiment");
  const [taskRows, materials] = await Promise.all([
    ctx.db.select().from(tasks).where(eq(tasks.experimentId, experimentId)).orderBy(asc(tasks.position)),
    materialsOf(ctx.db, experimentId),
  ]);
  const { opensAt, closesAt } = found.window;
  const phase = phaseOf(found.window, ctx.clock.now());
  const early = phase === "before";
  return {
    experiment: early ? { ...found.experiment, description: "" } : found.experiment,
    course: found.course,
    window: { opensAt, closesAt },
    phase,
    tasks: taskRows,
    attachments: early ? [] : materials.map(({ id, name, size }) => ({ id, name, size })),
  };
}

/** What a workspace finds in `~/materials`. */
export const materialsOf = (db: Tx, experimentId: string) =>
  db
    .select({
      id: attachments.id,
      name: attachments.name,
      sha256: attachments.sha256,
      size: attachments.size,
    })
    .from(attachments)
    .where(eq(attachments.experimentId, experimentId))
    .orderBy(asc(attachments.name));
