import type { z } from "zod";
import { transact } from "@/db/client";
import { classes, courseClasses } from "@/db/schema";
import { recordAudit } from "@/lib/audit";
import { type Ctx, requirePermission, requireUser } from "@/lib/platform/context";
import { loadCourse } from "./load";
import { createClassInput } from "./schema";

/** A new, empty roster; with `courseId` it takes that course at once. */
export async function createClass({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof createClassInput>;
}): Promise<{ classId: string }> {
  requirePermission(ctx, "class.create");
  const actor = requireUser(ctx);
  const { name, courseId } = createClassInput.parse(input);
  if (courseId) await loadCourse(ctx, courseId, "edit");
  const [classId, now] = [ctx.newId(), ctx.clock.now()];
  await transact(ctx.db, async (tx) => {
    await tx
      .insert(classes)
      .values({ id: classId, name, createdBy: actor.id, createdAt: now, updatedAt: now });
    if (courseId) await tx.insert(courseClasses).values({ courseId, classId });
    await recordAudit(ctx, tx, {
      action: "class.create",
      targetType: "class",
      targetId: classId,
      after: { name, courseId: courseId ?? null },
    });
  });
  return { classId };
}
