import { and, eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { assignments, enrolments, experiments } from "@/db/schema";
import type { Ctx } from "@/lib/platform/context";
import { notFound } from "@/lib/platform/errors";
import { type AudienceRow, experimentStudents } from "./audience";

const minute = 60_000;

/** An assignment whose close was moved: what it was before (null: the row was made for it), and what it is now. */
export type MovedClose = {
  targetType: "class" | "student";
  targetId: string;
  before: { opensAt: Date | null; closesAt: Date | null } | null;
  closesAt: Date;
};

const later = (at: Date, minutes: number) => new Date(at.getTime() + minutes * minute);

const rowOf = (experimentId: string, targetType: "class" | "student", targetId: string) =>
  and(
    eq(assignments.experimentId, experimentId),
    eq(assignments.targetType, targetType),
    eq(assignments.targetId, targetId),
  );

/** Everybody whom the experiment reaches and who is in this class; `not_found` where it does not have it. */
export async function classAudience(tx: Tx, experimentId: string, classId: string): Promise<AudienceRow[]> {
  const [assigned] = await tx
    .select({ id: assignments.id })
    .from(assignments)
    .where(rowOf(experimentId, "class", classId));
  if (!assigned) throw notFound("class");
  const members = await tx
    .select({ userId: enrolments.userId })
    .from(enrolments)
    .where(eq(enrolments.classId, classId));
  const ids = new Set(members.map(({ userId }) => userId));
  const students = await experimentStudents(tx, experimentId);
  return students.filter(({ userId }) => ids.has(userId));
}

/** When the experiment closes for this class; null: never. */
async function classCloses(tx: Tx, experimentId: string, classId: string): Promise<Date | null> {
  const [row] = await tx
    .select({ own: assignments.closesAt, all: experiments.closesAt })
    .from(assignments)
    .innerJoin(experiments, eq(experiments.id, assignments.experimentId))
    .where(rowOf(experimentId, "class", classId));
  return row?.own ?? row?.all ?? null;
}

/** Moves a class's close by minutes, in the caller's transaction; null where it never closes. */
export async function moveClassClose(
  tx: Tx,
  input: { experimentId: string; classId: string; minutes: number },
): Promise<MovedClose | null> {
  const { experimentId, classId, minutes } = input;
  const which = rowOf(experimentId, "class", classId);
  const [before] = await tx.select().from(assignments).where(which).for("update");
  const close = before ? await classCloses(tx, experimentId, classId) : null;
  if (!before || !close) return null;
  const closesAt = later(close, minutes);
  await tx.update(assignments).set({ closesAt }).where(which);
  const { opensAt } = before;
  return { targetType: "class", targetId: classId, before: { opensAt, closesAt: before.closesAt }, closesAt };
}

/** Gives a student a close of their own, minutes after the one they have; null where it never closes. */
export async function moveStudentClose(
  ctx: Pick<Ctx, "newId">,
  tx: Tx,
  input: { experimentId: string; student: AudienceRow; minutes: number },
): Promise<MovedClose | null> {
  const { experimentId, student, minutes } = input;
  if (!student.window.closesAt) return null;
  const which = rowOf(experimentId, "student", student.userId);
  const [before] = await tx.select().from(assignments).where(which).for("update");
  const closesAt = later(student.window.closesAt, minutes);
  if (before) await tx.update(assignments).set({ closesAt }).where(which);
  else {
    await tx.insert(assignments).values({
      id: ctx.newId(),
      experimentId,
      targetType: "student",
      targetId: student.userId,
      // The row must not open it earlier than their class does.
      opensAt: student.window.opensAt,
      closesAt,
    });
  }
  return {
    targetType: "student",
    targetId: student.userId,
    before: before ? { opensAt: before.opensAt, closesAt: before.closesAt } : null,
    closesAt,
  };
}

/** Undo of one move, unless somebody has changed the window since. */
export async function moveBack(tx: Tx, experimentId: string, moved: MovedClose): Promise<boolean> {
  const which = rowOf(experimentId, moved.targetType, moved.targetId);
  const [now] = await tx.select().from(assignments).where(which).for("update");
  if (now?.closesAt?.getTime() !== moved.closesAt.getTime()) return false;
  if (moved.before) await tx.update(assignments).set(moved.before).where(which);
  else await tx.delete(assignments).where(which);
  return true;
}
