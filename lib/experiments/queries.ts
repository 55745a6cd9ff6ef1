import { and, asc, desc, eq, isNotNull, isNull, lt, ne, notInArray, sql } from "drizzle-orm";
import type { z } from "zod";
import {
  assignments,
  attachments,
  attempts,
  classes,
  experiments,
  tasks,
  templates,
  users,
  workspaces,
} from "@/db/schema";
import { loadCourse } from "@/lib/courses";
import type { Ctx } from "@/lib/platform/context";
import { AppError, notFound } from "@/lib/platform/errors";
import { type Page, pageOf, readCursor } from "@/lib/platform/keyset";
import { experimentStudents } from "./audience";
import { type CheckItem, checklistOf } from "./checklist";
import { loadExperiment } from "./load";
import { listExperimentsInput } from "./schema";
import { studentExperiment } from "./student";
import { phaseOf } from "./window";

export type ExperimentRow = {
  id: string;
  title: string;
  status: "draft" | "published";
  opensAt: Date | null;
  closesAt: Date | null;
  weight: number;
  archivedAt: Date | null;
  templateName: string | null;
  assigned: number;
  running: number;
};

/** The experiments of a course, newest first. */
export async function listExperiments({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof listExperimentsInput>;
}): Promise<Page<ExperimentRow>> {
  const { courseId, archived, cursor, limit } = listExperimentsInput.parse(input);
  await loadCourse(ctx, courseId, "view");
  const after = readCursor(cursor, 1);
  const rows = await ctx.db
    .select({
      id: experiments.id,
      title: experiments.title,
      status: experiments.status,
      opensAt: experiments.opensAt,
      closesAt: experiments.closesAt,
      weight: experiments.weight,
      archivedAt: experiments.archivedAt,
      templateName: templates.name,
      assigned:
        sql<number>`(select count(*) from assignments a where a.experiment_id = experiments.id)`.mapWith(
          Number,
        ),
      running: sql<number>`(select count(*) from workspaces w
        join attempts t on t.id = w.attempt_id join tasks k on k.id = t.task_id
        where k.experiment_id = experiments.id and w.state not in ('stopped', 'failed'))`.mapWith(Number),
    })
    .from(experiments)
    .leftJoin(tasks, and(eq(tasks.experimentId, experiments.id), eq(tasks.position, 1)))
    .leftJoin(templates, eq(templates.id, tasks.templateId))
    .where(
      and(
        eq(experiments.courseId, courseId),
        archived ? isNotNull(experiments.archivedAt) : isNull(experiments.archivedAt),
        after ? lt(experiments.id, after[0] ?? "") : undefined,
      ),
    )
    .orderBy(desc(experiments.id))
    .limit(limit + 1);
  return pageOf(rows, limit, (row) => [row.id]);
}

/** Everything the editor shows of one experiment. */
export async function getExperiment(ctx: Ctx, experimentId: string) {
  const experiment = await loadExperiment(ctx, experimentId, "watch");
  const [taskRows, files, rows] = await Promise.all([
    ctx.db
      .select({
        task: tasks,
        template: { id: templates.id, name: templates.name, archivedAt: templates.archivedAt },
      })
      .from(tasks)
      .leftJoin(templates, eq(templates.id, tasks.templateId))
      .where(eq(tasks.experimentId, experimentId))
      .orderBy(asc(tasks.position)),
    ctx.db
      .select({
        id: attachments.id,
        name: attachments.name,
        size: attachments.size,
        createdAt: attachments.createdAt,
        createdByName: users.name,
      })
      .from(attachments)
      .leftJoin(users, eq(users.id, attachments.createdBy))
      .where(eq(attachments.experimentId, experimentId))
      .orderBy(asc(attachments.name)),
    assignmentsOf(ctx, experimentId),
  ]);
  const task = taskRows[0];
  if (!task) throw notFound("task");
  return { experiment, task: task.task, template: task.template, attachments: files, assignments: rows };
}

/** Classes and students by name, with their own windows. */
async function assignmentsOf(ctx: Ctx, experimentId: string) {
  const own = { opensAt: assignments.opensAt, closesAt: assignments.closesAt };
  const [classRows, students] = await Promise.all([
    ctx.db
      .select({
        targetId: classes.id,
        name: classes.name,
        ...own,
        students: sql<number>`(select count(*) from enrolments e where e.class_id = ${classes.id})`.mapWith(
          Number,
        ),
      })
      .from(assignments)
      .innerJoin(classes, eq(classes.id, assignments.targetId))
      .where(and(eq(assignments.experimentId, experimentId), eq(assignments.targetType, "class")))
      .orderBy(asc(classes.name)),
    ctx.db
      .select({
        targetId: users.id,
        name: users.name,
        number: users.number,
        username: users.username,
        ...own,
      })
      .from(assignments)
      .innerJoin(users, eq(users.id, assignments.targetId))
      .where(and(eq(assignments.experimentId, experimentId), eq(assignments.targetType, "student")))
      .orderBy(asc(users.username))
      .limit(500),
  ]);
  return { classes: classRows, students };
}

export async function publishChecklist(ctx: Ctx, experimentId: string): Promise<CheckItem[]> {
  const detail = await getExperiment(ctx, experimentId);
  const students = await experimentStudents(ctx.db, experimentId);
  const now = ctx.clock.now();
  const windows = [...detail.assignments.classes, ...detail.assignments.students].map((row) => ({
    opensAt: row.opensAt ?? detail.experiment.opensAt,
    closesAt: row.closesAt ?? detail.experiment.closesAt,
  }));
  return checklistOf(
    {
      description: detail.experiment.description,
      window: detail.experiment,
      template: detail.template ? { archived: detail.template.archivedAt !== null } : null,
      assignments: windows.length,
      students: students.length,
      someoneCanStart: windows.some((window) => phaseOf(window, now) !== "after"),
    },
    now,
  );
}

const starting = ["requested", "queued", "provisioning", "booting"] as const;

/** How many students would notice: with an attempt that is open; of these at work, and waiting for their start. */
export async function experimentActivity(ctx: Ctx, experimentId: string) {
  await loadExperiment(ctx, experimentId, "watch");
  const [open, live] = await Promise.all([
    ctx.db
      .select({ count: sql<number>`count(distinct ${attempts.userId})` })
      .from(attempts)
      .innerJoin(tasks, eq(tasks.id, attempts.taskId))
      .where(and(eq(tasks.experimentId, experimentId), eq(attempts.state, "open"))),
    ctx.db
      .selectDistinct({ userId: attempts.userId, state: workspaces.state })
      .from(workspaces)
      .innerJoin(attempts, eq(attempts.id, workspaces.attemptId))
      .innerJoin(tasks, eq(tasks.id, attempts.taskId))
      .where(
        and(
          eq(tasks.experimentId, experimentId),
          eq(attempts.state, "open"),
          notInArray(workspaces.state, ["stopped", "failed"]),
        ),
      ),
  ]);
  const waits = (state: (typeof live)[number]["state"]) => starting.some((one) => one === state);
  const waiting = new Set(live.filter(({ state }) => waits(state)).map(({ userId }) => userId)).size;
  const running = new Set(live.filter(({ state }) => !waits(state)).map(({ userId }) => userId)).size;
  return { openAttempts: Number(open[0]?.count ?? 0), running, waiting };
}

/** An attachment for download: staff of its course, or a student for whom the experiment is open or past. */
export async function readAttachment(ctx: Ctx, attachmentId: string) {
  const [row] = await ctx.db.select().from(attachments).where(eq(attachments.id, attachmentId));
  if (!row) throw notFound("attachment");
  const { name, sha256, size } = row;
  try {
    await loadExperiment(ctx, row.experimentId, "watch");
    return { name, sha256, size };
  } catch (error) {
    if (!(error instanceof AppError && error.code === "not_found")) throw error;
  }
  const seen = await studentExperiment({ ctx, experimentId: row.experimentId }).catch((error: unknown) => {
    if (error instanceof AppError && error.code === "not_found") throw notFound("attachment");
    throw error;
  });
  if (!seen.attachments.some((file) => file.id === attachmentId)) throw notFound("attachment");
  return { name, sha256, size };
}

/** Students of the course who can be given the experiment on their own, by name or number. */
export async function findCourseStudents(ctx: Ctx, experimentId: string, search: string) {
  const { courseId } = await loadExperiment(ctx, experimentId, "edit");
  const pattern = `%${search.replace(/[\\%_]/g, (sign) => `\\${sign}`)}%`;
  return ctx.db
    .select({ id: users.id, name: users.name, username: users.username, number: users.number })
    .from(users)
    .where(
      and(
        ne(users.status, "suspended"),
        sql`(${users.name} like ${pattern} or ${users.username} like ${pattern} or ${users.number} like ${pattern})`,
        sql`(exists (select 1 from course_members cm where cm.course_id = ${courseId} and cm.user_id = ${users.id}
            and cm.role = 'student')
          or exists (select 1 from enrolments e join course_classes cc on cc.class_id = e.class_id
            where cc.course_id = ${courseId} and e.user_id = ${users.id}))`,
      ),
    )
    .orderBy(asc(users.username))
    .limit(20);
}
