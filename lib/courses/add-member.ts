import { and, eq, inArray, or } from "drizzle-orm";
import type { z } from "zod";
import { type Tx, transact } from "@/db/client";
import { courseMembers, userRoles, users } from "@/db/schema";
import { recordAudit } from "@/lib/audit";
import { publishChange } from "@/lib/changes";
import type { Ctx } from "@/lib/platform/context";
import { invalid } from "@/lib/platform/errors";
import { loadCourse } from "./load";
import { moveDeadlinesOf } from "./move-deadlines";
import { addMemberInput } from "./schema";

/** Adds a person by user name or number, or changes the role of one who is there. */
export async function addMember({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof addMemberInput>;
}): Promise<{ userId: string; name: string }> {
  const { courseId, person, role } = addMemberInput.parse(input);
  await loadCourse(ctx, courseId, "edit");
  const found = await findPerson(ctx.db, person);
  if (role === "teacher" && !(await mayTeach(ctx.db, found.id)))
    throw invalid("invalid", { role: "teach.member.notTeacher" });
  await transact(ctx.db, async (tx) => {
    const [before] = await tx
      .select({ role: courseMembers.role })
      .from(courseMembers)
      .where(and(eq(courseMembers.courseId, courseId), eq(courseMembers.userId, found.id)))
      .for("update");
    if (before?.role === role) return;
    if (before?.role === "teacher") await keepTeacher(tx, courseId, found.id);
    await tx
      .insert(courseMembers)
      .values({ courseId, userId: found.id, role })
      .onDuplicateKeyUpdate({ set: { role } });
    await recordAudit(ctx, tx, {
      action: "course.member.add",
      targetType: "course",
      targetId: courseId,
      before: before ? { userId: found.id, role: before.role } : null,
      after: { userId: found.id, role },
    });
    await publishChange(ctx, tx, [`user:${found.id}`], "experiments.changed");
    await moveDeadlinesOf(ctx, tx, [found.id]);
  });
  return { userId: found.id, name: found.name };
}

/** A course without a teacher could be changed by administrators only. */
export async function keepTeacher(tx: Tx, courseId: string, except: string): Promise<void> {
  const teachers = await tx
    .select({ userId: courseMembers.userId })
    .from(courseMembers)
    .where(and(eq(courseMembers.courseId, courseId), eq(courseMembers.role, "teacher")))
    .for("update");
  if (!teachers.some((row) => row.userId !== except))
    throw invalid("lastTeacher", { role: "teach.member.lastTeacher" });
}

async function findPerson(tx: Tx, person: string): Promise<{ id: string; name: string }> {
  const username = person.normalize("NFKC").toLowerCase();
  const rows = await tx
    .select({ id: users.id, name: users.name, username: users.username })
    .from(users)
    .where(and(eq(users.status, "active"), or(eq(users.username, username), eq(users.number, person))))
    .limit(3);
  const exact = rows.find((row) => row.username === username) ?? (rows.length === 1 ? rows[0] : undefined);
  if (exact) return exact;
  throw invalid("invalid", { person: rows.length > 1 ? "teach.member.ambiguous" : "teach.member.unknown" });
}

async function mayTeach(tx: Tx, userId: string): Promise<boolean> {
  const rows = await tx
    .select({ role: userRoles.role })
    .from(userRoles)
    .where(and(eq(userRoles.userId, userId), inArray(userRoles.role, ["teacher", "admin", "superadmin"])));
  return rows.length > 0;
}
