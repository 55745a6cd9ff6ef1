import { transact } from "@/db/client";
import { recordAudit } from "@/lib/audit";
import { type Ctx, requireUser } from "@/lib/platform/context";
import { notFound } from "@/lib/platform/errors";
import { endSessions } from "./end-sessions";
import { endSessionSchema } from "./schema";
import { forgetSessions } from "./session-alive";

/** Ends one of one's own sessions: the computer left open in another room. */
export async function endOwnSession({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: { sessionId: string };
}): Promise<void> {
  const actor = requireUser(ctx);
  const { sessionId } = endSessionSchema.parse(input);
  const ended = await transact(ctx.db, async (tx) => {
    const ids = await endSessions({ ctx, tx, userId: actor.id, only: sessionId });
    if (ids.length === 0) throw notFound("session");
    await recordAudit(ctx, tx, { action: "session.ended", targetType: "session", targetId: sessionId });
    return ids;
  });
  forgetSessions(ended);
}
