import { and, asc, eq } from "drizzle-orm";
import { roles, userRoles, users } from "@/db/schema/accounts";
import type { Ctx, UserActor } from "@/lib/platform/context";
import type { Role } from "@/lib/platform/permissions";

/** Who the demo story is about: it is told as the teacher would do it. */
export type DemoPeople = {
  admin: UserActor;
  teacher: UserActor;
  students: { number: string; name: string }[];
};

/** The demo accounts; undefined where there are none (any more), or where they are closed. */
export async function demoPeople({ ctx }: { ctx: Ctx }): Promise<DemoPeople | undefined> {
  const rows = await ctx.db
    .select({
      id: users.id,
      name: users.name,
      number: users.number,
      role: userRoles.role,
      permissions: roles.permissions,
    })
    .from(users)
    .innerJoin(userRoles, eq(userRoles.userId, users.id))
    .innerJoin(roles, eq(roles.name, userRoles.role))
    .where(and(eq(users.demo, true), eq(users.status, "active")))
    .orderBy(asc(users.username));
  const first = (wanted: Role): UserActor | undefined => {
    const row = rows.find(({ role }) => role === wanted);
    return (
      row && {
        type: "user",
        id: row.id,
        name: row.name,
        roles: [wanted],
        permissions: new Set(row.permissions),
        sessionId: "",
      }
    );
  };
  const [admin, teacher] = [first("superadmin"), first("teacher")];
  if (!admin || !teacher) return undefined;
  const students = rows
    .filter(({ role }) => role === "student")
    .flatMap(({ name, number }) => (number ? [{ name, number }] : []));
  return { admin, teacher, students };
}
