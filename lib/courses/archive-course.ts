import { eq } from "drizzle-orm";
import type { z } from "zod";
import { transact } from "@/db/client";
import { courses } from "@/db/schema";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { loadCourse } from "./load";
import { courseIdInput } from "./schema";

type Args = { ctx: Ctx; input: z.input<typeof courseIdInput> };

/** Takes the course and its experiments off every list; nothing is deleted. */
export const archiveCourse = (args: Args) => setArchived(args, true);
export const restoreCourse = (args: Args) => setArchived(args, false);

async function setArchived({ ctx, input }: Args, archived: boolean): Promise<void> {
  const { courseId } = courseIdInput.parse(input);
  const before = await loadCourse(ctx, courseId, "restore");
  if ((before.archivedAt !== null) === archived) return;
  const now = ctx.clock.now();
  await transact(ctx.db, async (tx) => {
    await tx
      .update(courses)
      .set({ archivedAt: archived ? now : null, updatedAt: now })
      .where(eq(courses.id, courseId));
    await recordAudit(ctx, tx, {
      action: archived ? "course.archive" : "course.restore",
      targetType: "course",
      targetId: courseId,
    });
  });
}
