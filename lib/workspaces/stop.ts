import { and, eq, notInArray } from "drizzle-orm";
import type { z } from "zod";
import { affected, type Tx, transact } from "@/db/client";
import { workspaces } from "@/db/schema/workspaces";
import { sendEvent } from "@/inngest/client";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { loadWorkspace } from "./load";
import { workspaceInput } from "./schema";
import { finalStates, moveWorkspace } from "./state";
import { lockTurns } from "./turns";

export type StopReason =
  | "student"
  | "teacher"
  | "admin"
  | "ended"
  | "failed"
  | "idle"
  | "restart"
  | "reset"
  | "warm";

/**
 * Marks a workspace as not wanted, whatever it is doing, and asks for its removal. Part of the caller's
 * transaction; false when it was final already. The stored cause decides between `stopped` and `failed`.
 */
export async function requestStop(
  ctx: Ctx,
  tx: Tx,
  workspaceId: string,
  wish: {
    reason: StopReason;
    restart?: boolean;
    /** Only what nobody has stopped yet. */
    unasked?: boolean;
    cause?: string;
    causeDetail?: string;
  },
): Promise<boolean> {
  await lockTurns(tx, workspaceId);
  const result = await tx
    .update(workspaces)
    .set({
      desired: "stopped",
      stopReason: wish.reason,
      restart: wish.restart ?? false,
      ...(wish.cause ? { cause: wish.cause, causeDetail: wish.causeDetail?.slice(-8_000) ?? null } : {}),
    })
    .where(
      and(
        eq(workspaces.id, workspaceId),
        notInArray(workspaces.state, [...finalStates]),
        // What somebody has stopped does not fail: its container goes because it was asked to.
        wish.cause || wish.unasked ? eq(workspaces.desired, "running") : undefined,
      ),
    );
  if (affected(result) === 0) return false;
  await moveWorkspace(ctx, tx, workspaceId, { to: "stopping", reason: wish.cause ?? wish.reason });
  await sendEvent(ctx, tx, "workspace/stop.requested", { workspaceId, reason: wish.reason });
  return true;
}

/** Ends a workspace and keeps its attempt and its home. Its owner, staff of its course, an administrator. */
export async function stopWorkspace({ ctx, input }: { ctx: Ctx; input: z.infer<typeof workspaceInput> }) {
  const { workspaceId } = workspaceInput.parse(input);
  const before = await loadWorkspace(ctx, workspaceId, "stop");
  const own = ctx.actor.type === "user" && ctx.actor.id === before.userId;
  const reason: StopReason = own ? "student" : before.staff ? "teacher" : "admin";
  const stopped = await transact(ctx.db, async (tx) => {
    const done = await requestStop(ctx, tx, workspaceId, { reason });
    if (done) {
      await recordAudit(ctx, tx, {
        action: "workspace.stop",
        targetType: "workspace",
        targetId: workspaceId,
        before: { state: before.state },
        after: { desired: "stopped", reason },
      });
    }
    return done;
  });
  return { stopped };
}

/** Stops a workspace and starts the next one on the same home: a hung kernel or server. Owner or staff. */
export async function restartWorkspace({ ctx, input }: { ctx: Ctx; input: z.infer<typeof workspaceInput> }) {
  const { workspaceId } = workspaceInput.parse(input);
  const before = await loadWorkspace(ctx, workspaceId, "stop");
  return transact(ctx.db, async (tx) => {
    const restarted = await requestStop(ctx, tx, workspaceId, { reason: "restart", restart: true });
    if (restarted) {
      await recordAudit(ctx, tx, {
        action: "workspace.restart",
        targetType: "workspace",
        targetId: workspaceId,
        before: { state: before.state },
      });
    }
    return { restarted };
  });
}
