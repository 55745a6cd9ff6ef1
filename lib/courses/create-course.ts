import type { z } from "zod";
import { transact } from "@/db/client";
import { courseMembers, courses } from "@/db/schema";
import { recordAudit } from "@/lib/audit";
import { type Ctx, requirePermission, requireUser } from "@/lib/platform/context";
import { courseFields } from "./schema";

/** Whoever makes a course teaches it. */
export async function createCourse({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof courseFields>;
}): Promise<{ courseId: string }> {
  requirePermission(ctx, "course.create");
  const actor = requireUser(ctx);
  const fields = courseFields.parse(input);
  const [courseId, now] = [ctx.newId(), ctx.clock.now()];
  await transact(ctx.db, async (tx) => {
    await tx
      .insert(courses)
      .values({ id: courseId, ...fields, createdBy: actor.id, createdAt: now, updatedAt: now });
    await tx.insert(courseMembers).values({ courseId, userId: actor.id, role: "teacher" });
    await recordAudit(ctx, tx, {
      action: "course.create",
      targetType: "course",
      targetId: courseId,
      after: fields,
    });
  });
  return { courseId };
}
