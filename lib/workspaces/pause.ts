import { and, eq, ne } from "drizzle-orm";
import type { z } from "zod";
import { transact } from "@/db/client";
import { workspaces } from "@/db/schema/workspaces";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { conflict } from "@/lib/platform/errors";
import { settleFreeze } from "./freeze";
import { loadWorkspace } from "./load";
import { workspaceInput } from "./schema";
import { moveWorkspace } from "./state";

/**
 * Freezes a workspace as it is: kernels and memory stay, no CPU is used, the clock of the attempt runs on.
 * Its owner, staff of its course, an administrator. Throws `workspaces.notReady` while there is nothing to
 * freeze, `unavailable` when the host did not do it: then it runs on.
 */
export async function pauseWorkspace({ ctx, input }: { ctx: Ctx; input: z.infer<typeof workspaceInput> }) {
  const { workspaceId } = workspaceInput.parse(input);
  const before = await loadWorkspace(ctx, workspaceId, "pause");
  if (before.state === "paused") return { paused: true };
  if (before.state !== "ready") throw conflict("workspaces.notReady");
  // The row first: from then on nothing new is let through to what is about to be silent.
  const moved = await transact(ctx.db, async (tx) => {
    const done = await moveWorkspace(ctx, tx, workspaceId, {
      to: "paused",
      reason: "pause",
      only: and(eq(workspaces.desired, "running"), ne(workspaces.purpose, "warm")),
    });
    if (done) {
      await recordAudit(ctx, tx, {
        action: "workspace.pause",
        targetType: "workspace",
        targetId: workspaceId,
        before: { state: "ready" },
        after: { state: "paused" },
      });
    }
    return done;
  });
  if (!moved) return { paused: false };
  try {
    await settleFreeze(ctx, workspaceId);
  } catch (error) {
    await takeBack(ctx, workspaceId);
    throw error;
  }
  return { paused: true };
}

/** It runs on: whatever the host did of it is put right by the reconciler. */
async function takeBack(ctx: Ctx, workspaceId: string): Promise<void> {
  await transact(ctx.db, (tx) =>
    moveWorkspace(ctx, tx, workspaceId, {
      to: "ready",
      reason: "pauseFailed",
      only: and(eq(workspaces.state, "paused"), eq(workspaces.desired, "running")),
    }),
  );
}
