import { eq } from "drizzle-orm";
import type { z } from "zod";
import { transact } from "@/db/client";
import { courses } from "@/db/schema";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { loadCourse } from "./load";
import { editCourseInput } from "./schema";

export async function editCourse({ ctx, input }: { ctx: Ctx; input: z.input<typeof editCourseInput> }) {
  const { courseId, ...fields } = editCourseInput.parse(input);
  const { name, code, term, description } = await loadCourse(ctx, courseId, "edit");
  await transact(ctx.db, async (tx) => {
    await tx
      .update(courses)
      .set({ ...fields, updatedAt: ctx.clock.now() })
      .where(eq(courses.id, courseId));
    await recordAudit(ctx, tx, {
      action: "course.edit",
      targetType: "course",
      targetId: courseId,
      before: { name, code, term, description },
      after: fields,
    });
  });
  return { courseId };
}
