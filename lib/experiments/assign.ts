import { and, eq } from "drizzle-orm";
import type { z } from "zod";
import { type Tx, transact } from "@/db/client";
import { assignments, courseClasses } from "@/db/schema";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { notFound } from "@/lib/platform/errors";
import { announce, moveDeadlines } from "./announce";
import { courseStudentIds } from "./audience";
import { loadExperiment } from "./load";
import { assignInput, unassignInput } from "./schema";
import type { Window } from "./window";

/** Gives the experiment to a class or a student of its course, or changes their own window. */
export async function assign({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof assignInput>;
}): Promise<{ moved: number }> {
  const { experimentId, targetType, targetId, opensAt, closesAt } = assignInput.parse(input);
  const { courseId } = await loadExperiment(ctx, experimentId, "edit");
  if (!(await belongs(ctx.db, courseId, targetType, targetId))) throw notFound(targetType);
  return transact(ctx.db, async (tx) => {
    await tx
      .insert(assignments)
      .values({ id: ctx.newId(), experimentId, targetType, targetId, opensAt, closesAt })
      .onDuplicateKeyUpdate({ set: { opensAt, closesAt } });
    await recordAudit(ctx, tx, {
      action: "experiment.assign",
      targetType: "experiment",
      targetId: experimentId,
      after: { targetType, targetId, opensAt, closesAt },
    });
    await announce(ctx, tx, experimentId);
    return { moved: await moveDeadlines(ctx, tx, experimentId) };
  });
}

/** Answers the window that the row had, for undo. Running attempts go on to their deadline. */
export async function unassign({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof unassignInput>;
}): Promise<{ window: Window }> {
  const { experimentId, targetType, targetId } = unassignInput.parse(input);
  await loadExperiment(ctx, experimentId, "edit");
  return transact(ctx.db, async (tx) => {
    const which = and(
      eq(assignments.experimentId, experimentId),
      eq(assignments.targetType, targetType),
      eq(assignments.targetId, targetId),
    );
    const [before] = await tx.select().from(assignments).where(which).for("update");
    if (!before) throw notFound("assignment");
    // First, while those whom it concerns can still be found.
    await announce(ctx, tx, experimentId);
    await tx.delete(assignments).where(which);
    const { opensAt, closesAt } = before;
    await recordAudit(ctx, tx, {
      action: "experiment.unassign",
      targetType: "experiment",
      targetId: experimentId,
      before: { targetType, targetId, opensAt, closesAt },
    });
    await moveDeadlines(ctx, tx, experimentId);
    return { window: { opensAt, closesAt } };
  });
}

async function belongs(db: Tx, courseId: string, type: "class" | "student", id: string): Promise<boolean> {
  if (type === "student") return (await courseStudentIds(db, courseId, [id])).has(id);
  const rows = await db
    .select({ id: courseClasses.classId })
    .from(courseClasses)
    .where(and(eq(courseClasses.courseId, courseId), eq(courseClasses.classId, id)));
  return rows.length > 0;
}
