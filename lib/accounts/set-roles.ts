import { eq } from "drizzle-orm";
import type { z } from "zod";
import { transact } from "@/db/client";
import { userRoles } from "@/db/schema/accounts";
import { recordAudit } from "@/lib/audit";
import { publishChange } from "@/lib/changes";
import type { Ctx } from "@/lib/platform/context";
import { forbidden } from "@/lib/platform/errors";
import { endSessions } from "./end-sessions";
import { lockAccount } from "./load-account";
import { can } from "./policy";
import { setRolesSchema } from "./schema";
import { forgetSessions } from "./session-alive";
import { requireAnotherSuperadmin } from "./superadmins";

/** The roles a person has from now on. Who loses one is signed out, so that nothing open outlives it. */
export async function setRoles(options: { ctx: Ctx; input: z.input<typeof setRolesSchema> }): Promise<void> {
  const { ctx } = options;
  const { userId, roles } = setRolesSchema.parse(options.input);
  if (!can(ctx.actor, "list")) throw forbidden();
  const self = ctx.actor.type === "user" && ctx.actor.id === userId;
  const ended = await transact(ctx.db, async (tx) => {
    const user = await lockAccount(tx, userId);
    if (!can(ctx.actor, "setRoles", { ...user, newRoles: roles })) throw forbidden("accounts.superadminOnly");
    if (user.roles.includes("superadmin") && !roles.includes("superadmin"))
      await requireAnotherSuperadmin(tx, userId);
    await tx.delete(userRoles).where(eq(userRoles.userId, userId));
    await tx.insert(userRoles).values([...new Set(roles)].map((role) => ({ userId, role })));
    await recordAudit(ctx, tx, {
      action: "user.rolesSet",
      targetType: "user",
      targetId: userId,
      before: { roles: user.roles },
      after: { roles },
    });
    await publishChange(ctx, tx, [`user:${userId}`], "roles.changed");
    const loses = user.roles.some((role) => !roles.includes(role));
    return loses && !self ? endSessions({ ctx, tx, userId }) : [];
  });
  forgetSessions(ended);
}
