import { eq } from "drizzle-orm";
import { transact } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { forbidden } from "@/lib/platform/errors";
import { endSessions } from "./end-sessions";
import { lockAccount } from "./load-account";
import { hashPassword, initialPassword, initialPasswordMs } from "./password";
import { can } from "./policy";
import { userIdSchema } from "./schema";
import { forgetSessions } from "./session-alive";

/** A new one-time password for someone who forgot theirs; it is in the answer and nowhere else. */
export async function resetPassword(options: {
  ctx: Ctx;
  input: { userId: string };
}): Promise<{ username: string; name: string; initialPassword: string }> {
  const { ctx } = options;
  const { userId } = userIdSchema.parse(options.input);
  if (!can(ctx.actor, "list")) throw forbidden();
  const plain = initialPassword();
  const passwordHash = await hashPassword(plain);
  const done = await transact(ctx.db, async (tx) => {
    const user = await lockAccount(tx, userId);
    if (!can(ctx.actor, "resetPassword", user)) throw forbidden("accounts.notResettable");
    const now = ctx.clock.now();
    await tx
      .update(users)
      .set({
        passwordHash,
        mustChangePassword: true,
        passwordExpiresAt: new Date(now.getTime() + initialPasswordMs),
        updatedAt: now,
      })
      .where(eq(users.id, userId));
    await recordAudit(ctx, tx, { action: "user.passwordReset", targetType: "user", targetId: userId });
    return { user, ended: await endSessions({ ctx, tx, userId }) };
  });
  forgetSessions(done.ended);
  return { username: done.user.username, name: done.user.name, initialPassword: plain };
}
