import { and, eq, gt } from "drizzle-orm";
import { transact } from "@/db/client";
import { sessions, users } from "@/db/schema/accounts";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { AppError, forbidden } from "@/lib/platform/errors";
import { metrics } from "@/lib/platform/metrics";
import { hashPassword, needsRehash, verifyNothing, verifyPassword } from "./password";
import { signInSchema } from "./schema";
import { sessionIdleMs } from "./session-token";
import { clearTries, reserveTry, sweepTries, throttleKeys } from "./throttle";
import { normalUsername } from "./username";

export type SignedIn = { userId: string; sessionId: string; locale: string; mustChangePassword: boolean };

const knownPlaceMs = 30 * 24 * 60 * 60 * 1000;

/**
 * Opens a session for a name and a password. Whether the name or the password was wrong cannot be
 * told from the answer, nor from how long it took.
 */
export async function signIn(options: {
  ctx: Ctx;
  input: { username: string; password: string };
  from: { address: string; userAgent: string };
}): Promise<SignedIn> {
  const { ctx, from } = options;
  const { username: typed, password } = signInSchema.parse(options.input);
  const username = normalUsername(typed) ?? "";
  const user = await findUser(ctx, username);
  const keys = throttleKeys(
    username || typed,
    from.address,
    await knownHere(ctx, user?.id ?? "", from.address),
  );
  await reserveTry(ctx, keys);

  const right = user?.passwordHash
    ? await verifyPassword(password, user.passwordHash)
    : await verifyNothing(password);
  if (!user || !right) {
    ctx.log.warn({ address: from.address, userId: user?.id }, "sign-in refused");
    metrics().signIns.inc({ result: "refused" });
    if (Math.random() < 0.01) await sweepTries(ctx);
    throw new AppError("unauthenticated", "accounts.signInFailed");
  }
  // From here on the person has proved who they are, and may be told what is the matter.
  await clearTries(ctx.db, keys);
  const now = ctx.clock.now();
  if (user.status !== "active") throw forbidden("accounts.suspended");
  if (user.mustChangePassword && user.passwordExpiresAt && user.passwordExpiresAt <= now) {
    throw forbidden("accounts.passwordExpired");
  }
  const renewed =
    user.passwordHash && needsRehash(user.passwordHash) ? await hashPassword(password) : undefined;

  const sessionId = ctx.newId();
  await transact(ctx.db, async (tx) => {
    await tx.insert(sessions).values({
      id: sessionId,
      userId: user.id,
      userAgent: from.userAgent.slice(0, 200),
      address: from.address.slice(0, 64),
      createdAt: now,
      seenAt: now,
      expiresAt: new Date(now.getTime() + sessionIdleMs),
    });
    if (renewed && user.passwordHash) {
      // Not over a password that was changed in the meantime.
      const same = and(eq(users.id, user.id), eq(users.passwordHash, user.passwordHash));
      await tx.update(users).set({ passwordHash: renewed }).where(same);
    }
    const actor = {
      type: "user",
      id: user.id,
      name: user.name,
      roles: [],
      permissions: new Set<never>(),
      sessionId,
    } as const;
    await recordAudit({ ...ctx, actor }, tx, {
      action: "session.started",
      targetType: "session",
      targetId: sessionId,
      after: { address: from.address },
    });
  });
  metrics().signIns.inc({ result: "ok" });
  return { userId: user.id, sessionId, locale: user.locale, mustChangePassword: user.mustChangePassword };
}

async function findUser(ctx: Ctx, username: string) {
  const rows = await ctx.db.select().from(users).where(eq(users.username, username));
  // The database also finds `bób` for `bob`: only the very same letters are the same person.
  return rows.find((user) => user.username === username);
}

/** Asked for unknown names as well, so that both take the same time. */
async function knownHere(ctx: Ctx, userId: string, address: string): Promise<boolean> {
  const since = new Date(ctx.clock.now().getTime() - knownPlaceMs);
  const rows = await ctx.db
    .select({ id: sessions.id })
    .from(sessions)
    .where(
      and(
        eq(sessions.userId, userId),
        eq(sessions.address, address.slice(0, 64)),
        gt(sessions.createdAt, since),
      ),
    )
    .limit(1);
  return rows.length > 0;
}
