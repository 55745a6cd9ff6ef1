import { and, asc, eq } from "drizzle-orm";
import { roles, userRoles, users } from "@/db/schema/accounts";
import type { Ctx, UserActor } from "@/lib/platform/context";

/** Who the demo story is about: it is told as the teacher would do it. */
export type DemoPeople = { teacher: UserActor; students: { number: string; name: string }[] };

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
  const row = rows.find(({ role }) => role === "teacher");
  if (!row) return undefined;
  const { id, name, permissions } = row;
  const teacher: UserActor = {
    type: "user",
    id,
    name,
    roles: ["teacher"],
    permissions: new Set(permissions),
    sessionId: "",
  };
  const students = rows
    .filter(({ role }) => role === "student")
    .flatMap(({ name, number }) => (number ? [{ name, number }] : []));
  return { teacher, students };
}
