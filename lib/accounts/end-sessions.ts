import { and, eq, inArray, isNull, ne } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { sessions } from "@/db/schema/accounts";
import { publishChange } from "@/lib/changes";
import type { Clock } from "@/lib/platform/clock";

/**
 * Ends the sessions of a person (all, all but one, or only one) in the caller's transaction.
 * Pass the answer to `forgetSessions` after the commit, so that open sockets close at once.
 */
export async function endSessions(options: {
  ctx: { clock: Clock };
  tx: Tx;
  userId: string;
  except?: string;
  only?: string;
}): Promise<string[]> {
  const { ctx, tx, userId, except, only } = options;
  const live = await tx
    .select({ id: sessions.id })
    .from(sessions)
    .where(
      and(
        eq(sessions.userId, userId),
        isNull(sessions.endedAt),
        except ? ne(sessions.id, except) : undefined,
        only ? eq(sessions.id, only) : undefined,
      ),
    );
  const ids = live.map((session) => session.id);
  if (ids.length === 0) return [];
  await tx.update(sessions).set({ endedAt: ctx.clock.now() }).where(inArray(sessions.id, ids));
  for (const sessionId of ids)
    await publishChange(ctx, tx, [`user:${userId}`], "session.ended", { sessionId });
  return ids;
}
