import { transact } from "@/db/client";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { endSessions } from "./end-sessions";
import { forgetSessions } from "./session-alive";

/** Ends the session of this context at once; nobody is already signed out. */
export async function signOut({ ctx }: { ctx: Ctx }): Promise<void> {
  const { actor } = ctx;
  if (actor.type !== "user") return;
  const ended = await transact(ctx.db, async (tx) => {
    const ids = await endSessions({ ctx, tx, userId: actor.id, only: actor.sessionId });
    if (ids.length > 0) {
      await recordAudit(ctx, tx, {
        action: "session.ended",
        targetType: "session",
        targetId: actor.sessionId,
      });
    }
    return ids;
  });
  forgetSessions(ended);
}
