import { and, eq } from "drizzle-orm";
import type { z } from "zod";
import { transact } from "@/db/client";
import { courseMembers } from "@/db/schema";
import { recordAudit } from "@/lib/audit";
import { publishChange } from "@/lib/changes";
import type { Ctx } from "@/lib/platform/context";
import { notFound } from "@/lib/platform/errors";
import { keepTeacher } from "./add-member";
import { loadCourse } from "./load";
import { moveDeadlinesOf } from "./move-deadlines";
import type { CourseRole } from "./policy";
import { memberInput } from "./schema";

/** Answers what undo needs: the role that the person had. */
export async function removeMember({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof memberInput>;
}): Promise<{ role: CourseRole }> {
  const { courseId, userId } = memberInput.parse(input);
  await loadCourse(ctx, courseId, "edit");
  return transact(ctx.db, async (tx) => {
    const member = and(eq(courseMembers.courseId, courseId), eq(courseMembers.userId, userId));
    const [before] = await tx
      .select({ role: courseMembers.role })
      .from(courseMembers)
      .where(member)
      .for("update");
    if (!before) throw notFound("member");
    if (before.role === "teacher") await keepTeacher(tx, courseId, userId);
    await tx.delete(courseMembers).where(member);
    await recordAudit(ctx, tx, {
      action: "course.member.remove",
      targetType: "course",
      targetId: courseId,
      before: { userId, role: before.role },
    });
    await publishChange(ctx, tx, [`user:${userId}`], "experiments.changed");
    await moveDeadlinesOf(ctx, tx, [userId]);
    return { role: before.role };
  });
}
