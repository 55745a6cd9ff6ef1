import { and, eq, isNull } from "drizzle-orm";
import { affected, transact } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { recordAudit } from "@/lib/audit";
import { type Ctx, requireUser } from "@/lib/platform/context";
import { conflict, invalid } from "@/lib/platform/errors";
import { endSessions } from "./end-sessions";
import { hashPassword, verifyNothing, verifyPassword } from "./password";
import { passwordFault } from "./password-rules";
import { changePasswordSchema } from "./schema";
import { forgetSessions } from "./session-alive";
import { clearTries, reserveTry, throttleKeys } from "./throttle";

/** A new password of one's own; every other session of the person ends at once. */
export async function changePassword(options: {
  ctx: Ctx;
  input: { current: string; next: string };
}): Promise<{ ended: number }> {
  const { ctx } = options;
  const actor = requireUser(ctx);
  const { current, next } = changePasswordSchema.parse(options.input);
  const [user] = await ctx.db.select().from(users).where(eq(users.id, actor.id));
  const oldHash = user?.passwordHash;
  // An open session must not be a place to guess the password faster than at sign-in.
  const keys = throttleKeys(`change ${actor.id}`, "", true);
  await reserveTry(ctx, keys);
  const right = oldHash ? await verifyPassword(current, oldHash) : await verifyNothing(current);
  if (!user || !right) throw invalid("invalid", { current: "accounts.password.wrong" });
  await clearTries(ctx.db, keys);
  if (current === next) throw invalid("invalid", { next: "accounts.password.same" });
  const fault = passwordFault(next, user);
  if (fault) throw invalid("invalid", { next: `accounts.password.${fault}` });
  const passwordHash = await hashPassword(next);

  const ended = await transact(ctx.db, async (tx) => {
    const now = ctx.clock.now();
    const unchanged = oldHash ? eq(users.passwordHash, oldHash) : isNull(users.passwordHash);
    const changed = await tx
      .update(users)
      .set({ passwordHash, mustChangePassword: false, passwordExpiresAt: null, updatedAt: now })
      .where(and(eq(users.id, actor.id), unchanged));
    if (affected(changed) === 0) throw conflict("accounts.changedMeanwhile");
    const ids = await endSessions({ ctx, tx, userId: actor.id, except: actor.sessionId });
    await recordAudit(ctx, tx, {
      action: "user.passwordChanged",
      targetType: "user",
      targetId: actor.id,
      after: { sessionsEnded: ids.length },
    });
    return ids;
  });
  forgetSessions(ended);
  return { ended: ended.length };
}
