import { and, eq, ne } from "drizzle-orm";
import type { z } from "zod";
import { transact } from "@/db/client";
import { workspaces } from "@/db/schema/workspaces";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { conflict } from "@/lib/platform/errors";
import { driverFor } from "./drivers";
import { settleFreeze } from "./freeze";
import { loadForDriver, loadWorkspace } from "./load";
import { workspaceInput } from "./schema";
import { moveWorkspace } from "./state";
import { requestWake } from "./wake";

/**
 * Thaws a paused workspace, with the kernels that it had. An instance of a cloud boots meanwhile: `waking`, and its page
 * tells the rest. Who may pause may resume.
 */
export async function resumeWorkspace({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.infer<typeof workspaceInput>;
}): Promise<{ resumed: boolean; waking?: boolean }> {
  const { workspaceId } = workspaceInput.parse(input);
  const before = await loadWorkspace(ctx, workspaceId, "pause");
  if (before.state === "ready") return { resumed: true };
  if (before.state !== "paused" || before.purpose === "warm") throw conflict("workspaces.notPaused");
  const loaded = await loadForDriver(ctx, workspaceId);
  if (loaded.template.driver === "ecs")
    return { resumed: false, waking: await requestWake(ctx, loaded.workspace) };
  // Thawed before anything is let through again: nobody waits at a frozen server.
  if (loaded.ref) await driverFor(loaded.template.driver).resume(loaded.ref);
  const moved = await transact(ctx.db, async (tx) => {
    const done = await moveWorkspace(ctx, tx, workspaceId, {
      to: "ready",
      reason: "resume",
      // Back at work: it does not count as idle since before the pause.
      patch: {
        activeAt: ctx.clock.now(),
        idleWarnedAt: null,
        health: "ok",
        unreachableSince: null,
        step: null,
        stepAt: null,
      },
      only: and(
        eq(workspaces.state, "paused"),
        eq(workspaces.desired, "running"),
        ne(workspaces.purpose, "warm"),
      ),
    });
    if (done) {
      await recordAudit(ctx, tx, {
        action: "workspace.resume",
        targetType: "workspace",
        targetId: workspaceId,
        before: { state: "paused" },
        after: { state: "ready" },
      });
    }
    return done;
  });
  // A pause of another tab may have frozen it between the two.
  await settleFreeze(ctx, workspaceId);
  return { resumed: moved };
}
