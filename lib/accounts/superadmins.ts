import { and, asc, eq } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { roles, userRoles, users } from "@/db/schema/accounts";
import { conflict } from "@/lib/platform/errors";

/** Refuses a change that would leave nobody who can appoint administrators. */
export async function requireAnotherSuperadmin(tx: Tx, userId: string): Promise<void> {
  // The role's own row is the lock: two superadmins who demote each other come one after the other.
  await tx.select().from(roles).where(eq(roles.name, "superadmin")).for("update");
  const rows = await tx
    .select({ id: users.id })
    .from(userRoles)
    .innerJoin(users, eq(users.id, userRoles.userId))
    .where(and(eq(userRoles.role, "superadmin"), eq(users.status, "active")))
    .orderBy(asc(users.id))
    .limit(2);
  if (!rows.some(({ id }) => id !== userId)) throw conflict("accounts.lastSuperadmin");
}
