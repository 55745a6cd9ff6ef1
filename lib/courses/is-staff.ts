import { and, eq, inArray } from "drizzle-orm";
import { courseMembers } from "@/db/schema";
import type { Ctx } from "@/lib/platform/context";

/** Whether the person teaches or assists in any course: what the teaching pages are shown for. */
export async function isStaff(ctx: Ctx): Promise<boolean> {
  if (ctx.actor.type !== "user") return false;
  if (ctx.actor.permissions.has("course.create") || ctx.actor.permissions.has("course.any")) return true;
  const rows = await ctx.db
    .select({ courseId: courseMembers.courseId })
    .from(courseMembers)
    .where(and(eq(courseMembers.userId, ctx.actor.id), inArray(courseMembers.role, ["teacher", "assistant"])))
    .limit(1);
  return rows.length > 0;
}
