import { and, eq } from "drizzle-orm";
import type { z } from "zod";
import { affected, type Tx, transact } from "@/db/client";
import { courseClasses, enrolments } from "@/db/schema";
import { recordAudit } from "@/lib/audit";
import { publishChange, type Topic } from "@/lib/changes";
import type { Ctx } from "@/lib/platform/context";
import { loadClass, loadCourse } from "./load";
import { moveDeadlinesOf } from "./move-deadlines";
import { courseClassInput } from "./schema";

type Args = { ctx: Ctx; input: z.input<typeof courseClassInput> };

/** The class takes the course, whose teachers may change its roster from then on: so who does it must be able to already. */
export async function enrolClass({ ctx, input }: Args): Promise<void> {
  const { courseId, classId } = courseClassInput.parse(input);
  await loadCourse(ctx, courseId, "edit");
  await loadClass(ctx, classId, "edit");
  await transact(ctx.db, async (tx) => {
    const added = await tx.insert(courseClasses).ignore().values({ courseId, classId });
    if (affected(added) === 0) return;
    await record(ctx, tx, "course.class.enrol", { courseId, classId });
  });
}

/** The class leaves the course; its assignments stay and count again when it comes back. */
export async function withdrawClass({ ctx, input }: Args): Promise<void> {
  const { courseId, classId } = courseClassInput.parse(input);
  await loadCourse(ctx, courseId, "edit");
  await transact(ctx.db, async (tx) => {
    const removed = await tx
      .delete(courseClasses)
      .where(and(eq(courseClasses.courseId, courseId), eq(courseClasses.classId, classId)));
    if (affected(removed) === 0) return;
    await record(ctx, tx, "course.class.withdraw", { courseId, classId });
  });
}

async function record(ctx: Ctx, tx: Tx, action: string, after: { courseId: string; classId: string }) {
  await recordAudit(ctx, tx, { action, targetType: "course", targetId: after.courseId, after });
  const students = await studentsOf(tx, after.classId);
  const topics = students.map((userId): Topic => `user:${userId}`);
  await publishChange(ctx, tx, topics, "experiments.changed");
  await moveDeadlinesOf(ctx, tx, students);
}

async function studentsOf(tx: Tx, classId: string): Promise<string[]> {
  const rows = await tx
    .select({ userId: enrolments.userId })
    .from(enrolments)
    .where(eq(enrolments.classId, classId))
    .limit(5000);
  return rows.map((row) => row.userId);
}
