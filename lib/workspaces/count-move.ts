import { afterCommit, type Tx } from "@/db/client";
import type { WorkspaceState } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { metrics } from "@/lib/platform/metrics";

type Moved = {
  workspaceId: string;
  purpose: string;
  from: WorkspaceState;
  to: WorkspaceState;
  reason: string;
  requestedAt: Date;
  /** When a student got it out of the warm pool. */
  claimedAt: Date | null;
  /** It has run before, and got a clean disk. */
  renewed: boolean;
  at: Date;
};

/** Counts a move, and writes it to the log, when its transaction is committed. */
export function countMove(ctx: Ctx, tx: Tx, moved: Moved): void {
  afterCommit(tx, () => {
    const { workspaceId, purpose, from, to, reason, requestedAt, claimedAt, renewed, at } = moved;
    ctx.log.info({ workspaceId, from, to, reason }, "workspace moved");
    const m = metrics();
    // A warm one that waits has no student yet; one that was paused was ready before.
    if (to === "ready" && from === "booting" && purpose !== "warm" && !renewed) {
      m.workspaceReady.inc();
      const start = claimedAt ? "warm" : "cold";
      m.readySeconds.observe({ start }, Math.max(0, at.getTime() - requestedAt.getTime()) / 1_000);
    }
    if (to === "stopping" && reason === "idle") m.idleStops.inc();
    // Causes are a closed list of words; anything else must not become a label.
    if (to === "failed") m.workspaceFailed.inc({ cause: /^[A-Za-z]{1,24}$/.test(reason) ? reason : "other" });
  });
}
