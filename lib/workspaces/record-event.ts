import type { Tx } from "@/db/client";
import { workspaceEvents } from "@/db/schema/workspaces";
import { publishChange } from "@/lib/changes";
import { actorName, type Ctx } from "@/lib/platform/context";
import type { WorkspaceRow } from "./load";
import { topicsOf } from "./topics";

type Recorded = Pick<WorkspaceRow, "id" | "state">;
type Told = Parameters<typeof topicsOf>[1];

/** Writes into the history of a workspace what is no move: its state stays. Part of the caller's transaction. */
export async function recordEvent(
  ctx: Ctx,
  tx: Tx,
  { id, state }: Recorded,
  reason: string,
  at: Date = ctx.clock.now(),
): Promise<void> {
  await tx.insert(workspaceEvents).values({
    id: ctx.newId(),
    workspaceId: id,
    from: state,
    to: state,
    actor: actorName(ctx.actor),
    reason,
    at,
  });
}

/** Tells everybody who has a page of a workspace open at which step it is; null: at none. */
export const tellStep = async (ctx: Ctx, tx: Tx, workspace: Told, step: string | null): Promise<void> =>
  publishChange(ctx, tx, await topicsOf(tx, workspace), "workspace.step", {
    workspaceId: workspace.id,
    step,
  });
