import { and, eq, sql } from "drizzle-orm";
import type { z } from "zod";
import { affected, type Tx, transact } from "@/db/client";
import { auditLog, enrolments } from "@/db/schema";
import { recordAudit } from "@/lib/audit";
import { publishChange } from "@/lib/changes";
import type { Ctx } from "@/lib/platform/context";
import { notFound } from "@/lib/platform/errors";
import { loadClass } from "./load";
import { moveDeadlinesOf } from "./move-deadlines";
import { enrolmentInput } from "./schema";

type Args = { ctx: Ctx; input: z.input<typeof enrolmentInput> };

/** Takes a student off the roster. The account, their attempts and files stay. */
export async function removeStudent({ ctx, input }: Args): Promise<void> {
  const { classId, userId } = enrolmentInput.parse(input);
  await loadClass(ctx, classId, "edit");
  await transact(ctx.db, async (tx) => {
    const removed = await tx
      .delete(enrolments)
      .where(and(eq(enrolments.classId, classId), eq(enrolments.userId, userId)));
    if (affected(removed) === 0) throw notFound("student");
    await recordAudit(ctx, tx, {
      action: "class.student.remove",
      targetType: "class",
      targetId: classId,
      before: { userId },
    });
    await publishChange(ctx, tx, [`user:${userId}`], "experiments.changed");
    await moveDeadlinesOf(ctx, tx, [userId]);
  });
}

/** Undo of {@link removeStudent}: only for someone who was in this class before. */
export async function restoreStudent({ ctx, input }: Args): Promise<void> {
  const { classId, userId } = enrolmentInput.parse(input);
  await loadClass(ctx, classId, "edit");
  await transact(ctx.db, async (tx) => {
    if (!(await wasRemoved(tx, classId, userId))) throw notFound("student");
    await tx.insert(enrolments).ignore().values({ classId, userId, createdAt: ctx.clock.now() });
    await recordAudit(ctx, tx, {
      action: "class.student.restore",
      targetType: "class",
      targetId: classId,
      after: { userId },
    });
    await publishChange(ctx, tx, [`user:${userId}`], "experiments.changed");
    await moveDeadlinesOf(ctx, tx, [userId]);
  });
}

/** The audit log knows; an id of anybody else must not put them on a roster. */
async function wasRemoved(tx: Tx, classId: string, userId: string): Promise<boolean> {
  const rows = await tx
    .select({ id: auditLog.id })
    .from(auditLog)
    .where(
      and(
        eq(auditLog.targetType, "class"),
        eq(auditLog.targetId, classId),
        eq(auditLog.action, "class.student.remove"),
        sql`json_unquote(json_extract(${auditLog.before}, '$.userId')) = ${userId}`,
      ),
    )
    .limit(1);
  return rows.length > 0;
}
