import { eq } from "drizzle-orm";
import { transact } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { forbidden } from "@/lib/platform/errors";
import { endSessions } from "./end-sessions";
import { lockAccount } from "./load-account";
import { can } from "./policy";
import { userIdSchema } from "./schema";
import { forgetSessions } from "./session-alive";
import { requireAnotherSuperadmin } from "./superadmins";

/** Closes an account until it is restored; every session of it ends at once. */
export async function suspendUser(options: { ctx: Ctx; input: { userId: string } }): Promise<void> {
  const { ctx } = options;
  const { userId } = userIdSchema.parse(options.input);
  if (!can(ctx.actor, "list")) throw forbidden();
  const ended = await transact(ctx.db, async (tx) => {
    const user = await lockAccount(tx, userId);
    if (!can(ctx.actor, "suspend", user)) throw forbidden("accounts.notSuspendable");
    if (user.status === "suspended") return [];
    if (user.roles.includes("superadmin")) await requireAnotherSuperadmin(tx, userId);
    await tx
      .update(users)
      .set({ status: "suspended", updatedAt: ctx.clock.now() })
      .where(eq(users.id, userId));
    await recordAudit(ctx, tx, {
      action: "user.suspended",
      targetType: "user",
      targetId: userId,
      before: { status: user.status },
      after: { status: "suspended" },
    });
    return endSessions({ ctx, tx, userId });
  });
  forgetSessions(ended);
}
