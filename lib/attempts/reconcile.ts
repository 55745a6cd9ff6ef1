import { and, eq, inArray, isNotNull, lte } from "drizzle-orm";
import { transact } from "@/db/client";
import { attempts, workspaces } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { forEach, liveStates, requestStop } from "@/lib/workspaces";
import { endIfDue } from "./end";
import { warnOverdue } from "./look-at-clock";

/** Ends what is overdue, warns, and stops workspaces whose attempt is over, also when no job remembers them. */
export async function reconcileAttempts({
  ctx,
}: {
  ctx: Ctx;
}): Promise<{ ended: number; warned: number; stopped: number }> {
  const due = await ctx.db
    .select({ id: attempts.id })
    .from(attempts)
    .where(
      and(
        eq(attempts.state, "open"),
        isNotNull(attempts.deadlineAt),
        lte(attempts.deadlineAt, ctx.clock.now()),
      ),
    )
    .limit(500);
  const ended = await forEach(ctx, idsOf(due), (attemptId) => endIfDue({ ctx, input: { attemptId } }));
  const warned = await warnOverdue(ctx);
  const left = await ctx.db
    .select({ id: workspaces.id })
    .from(workspaces)
    .innerJoin(attempts, eq(attempts.id, workspaces.attemptId))
    .where(
      and(
        eq(attempts.state, "ended"),
        eq(workspaces.desired, "running"),
        inArray(workspaces.state, liveStates),
      ),
    );
  const stopped = await forEach(ctx, idsOf(left), (id) =>
    transact(ctx.db, (tx) => requestStop(ctx, tx, id, { reason: "ended" })),
  );
  return { ended: ended.done.length, warned, stopped: stopped.done.length };
}

const idsOf = (rows: readonly { id: string }[]): string[] => rows.map(({ id }) => id);
