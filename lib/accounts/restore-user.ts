import { eq } from "drizzle-orm";
import { transact } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { forbidden } from "@/lib/platform/errors";
import { lockAccount } from "./load-account";
import { can } from "./policy";
import { userIdSchema } from "./schema";

/** Opens a suspended account again; the person signs in anew. */
export async function restoreUser(options: { ctx: Ctx; input: { userId: string } }): Promise<void> {
  const { ctx } = options;
  const { userId } = userIdSchema.parse(options.input);
  if (!can(ctx.actor, "list")) throw forbidden();
  await transact(ctx.db, async (tx) => {
    const user = await lockAccount(tx, userId);
    if (!can(ctx.actor, "suspend", user)) throw forbidden("accounts.notSuspendable");
    if (user.status === "active") return;
    await tx.update(users).set({ status: "active", updatedAt: ctx.clock.now() }).where(eq(users.id, userId));
    await recordAudit(ctx, tx, {
      action: "user.restored",
      targetType: "user",
      targetId: userId,
      before: { status: user.status },
      after: { status: "active" },
    });
  });
}
