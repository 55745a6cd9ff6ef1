import { and, eq, inArray } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { attempts } from "@/db/schema";
import { sendEvent } from "@/inngest/client";
import type { Ctx } from "@/lib/platform/context";

/** The windows that reach these students may be others now: their open attempts work out their deadline again. */
export async function moveDeadlinesOf(ctx: Ctx, tx: Tx, userIds: readonly string[]): Promise<void> {
  if (userIds.length === 0) return;
  const open = await tx
    .select({ id: attempts.id })
    .from(attempts)
    .where(and(inArray(attempts.userId, [...userIds]), eq(attempts.state, "open")));
  for (const { id } of open) await sendEvent(ctx, tx, "attempt/deadline.changed", { attemptId: id });
}
