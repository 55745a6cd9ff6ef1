import { and, eq } from "drizzle-orm";
import { affected, transact } from "@/db/client";
import { attempts, workspaces } from "@/db/schema/workspaces";
import { sendEvent } from "@/inngest/client";
import { release } from "@/lib/hosts";
import type { Ctx } from "@/lib/platform/context";
import { faultPoint } from "@/lib/platform/fault";
import { bringHome } from "./bring";
import { driverFor } from "./drivers";
import { giveHomeBack } from "./homes";
import { loadForDriver } from "./load";
import { requestSuccessor } from "./request";
import { moveWorkspace } from "./state";

/**
 * Removes what a workspace has outside: container first, then the mount of its home. Repeatable; done only
 * when the host said that the container is missing.
 */
export async function removeOutside({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: { workspaceId: string };
}): Promise<void> {
  const loaded = await loadForDriver(ctx, input.workspaceId);
  const { workspace, template, ref, home } = loaded;
  if (workspace.state !== "stopping" || !ref) return;
  if (!(await bringHome(ctx, loaded)))
    throw new Error(`what is in workspace ${workspace.id} is still being kept`);
  const driver = driverFor(template.driver);
  // A cloud counts every call, and takes longer.
  const [tries, everyMs] = template.driver === "ecs" ? [15, 1_000] : [40, 250];
  for (let left = tries; ; left--) {
    await driver.destroy(ref);
    const seen = await driver.observe(ref);
    if (seen.state === "missing") break;
    // A start that is still under way may have made it just now: its next step will see that nobody wants it.
    if (left === 0) throw new Error(`workspace ${workspace.id} is still ${seen.state}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  faultPoint("mid_stop");
  if (home && (home.mountedBy === workspace.id || home.mountedBy === null)) {
    await driver.unmountHome(home, workspace.id);
    await giveHomeBack(ctx, home.id, workspace.id);
  }
  faultPoint("before_final");
}

/**
 * Makes the workspace final once nothing is left outside, frees what it had reserved, and requests its
 * successor when somebody asked to start again meanwhile: all in one transaction.
 */
export async function finishWorkspace({ ctx, input }: { ctx: Ctx; input: { workspaceId: string } }) {
  const { workspaceId } = input;
  return transact(ctx.db, async (tx) => {
    const [row] = await tx.select().from(workspaces).where(eq(workspaces.id, workspaceId)).for("update");
    if (row?.state !== "stopping") return { state: row?.state ?? null };
    const to = row.cause ? "failed" : "stopped";
    const moved = await moveWorkspace(ctx, tx, workspaceId, {
      to,
      reason: row.cause ?? row.stopReason ?? "stop",
      patch: { endedAt: ctx.clock.now(), secret: null, address: null },
    });
    if (!moved) return { state: row.state };
    if (row.hostId) await release({ tx, input: { hostId: row.hostId, memoryMb: row.memoryMb, diskMb: 0 } });
    const [attempt] = row.attemptId
      ? await tx.select({ state: attempts.state }).from(attempts).where(eq(attempts.id, row.attemptId))
      : [];
    const successorId = attempt?.state === "open" ? await requestSuccessor(ctx, tx, workspaceId) : null;
    await sendEvent(ctx, tx, "workspace/ended", { workspaceId, attemptId: row.attemptId });
    return { state: to, successorId };
  });
}

/** Start pressed while the last one stops: its end will request the next. False when it is final already. */
export async function restartAfterStop(ctx: Ctx, workspaceId: string): Promise<boolean> {
  const result = await ctx.db
    .update(workspaces)
    .set({ restart: true })
    .where(and(eq(workspaces.id, workspaceId), eq(workspaces.state, "stopping")));
  return affected(result) > 0;
}
