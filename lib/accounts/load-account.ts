import { eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { userRoles, users } from "@/db/schema/accounts";
import { notFound } from "@/lib/platform/errors";
import { type Role, roles } from "@/lib/platform/permissions";

export type Account = typeof users.$inferSelect & { roles: Role[] };

/** An account with its roles, its row locked: what is decided about it stays true until the commit. */
export async function lockAccount(tx: Tx, userId: string): Promise<Account> {
  const [user] = await tx.select().from(users).where(eq(users.id, userId)).for("update");
  if (!user) throw notFound("user");
  const rows = await tx.select({ role: userRoles.role }).from(userRoles).where(eq(userRoles.userId, userId));
  return { ...user, roles: roles.filter((role) => rows.some((row) => row.role === role)) };
}
