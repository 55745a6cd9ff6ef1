import { and, eq, isNull, ne } from "drizzle-orm";
import { affected, type Tx, transact } from "@/db/client";
import { templateVersions } from "@/db/schema/templates";
import { homes, workspaces } from "@/db/schema/workspaces";
import { sendEvent } from "@/inngest/client";
import type { Ctx } from "@/lib/platform/context";
import { unseal } from "@/lib/platform/crypto";
import { notFound } from "@/lib/platform/errors";
import { driverFor } from "./drivers";
import type { Loaded, WorkspaceRow } from "./load";
import { turnReason } from "./queue/history";
import { recordEvent, tellStep } from "./record-event";
import { moveWorkspace } from "./state";
import { renewReason } from "./steps";

/** What `workspaces.step` says until its disk is clean. */
export const renewStep = "renew";

/**
 * Wants what runs in a cloud to go on clean: the same instance with another disk. Part of the caller's transaction;
 * false where it has to be stopped and another one started: it is none of a cloud, not up, or was a warm one. Until it is ready again
 * `restart` stands: whatever goes wrong on the way, it is stopped as always, and another one takes its place.
 */
export async function requestCleanDisk(
  ctx: Ctx,
  tx: Tx,
  { id: workspaceId, templateVersionId }: Pick<WorkspaceRow, "id" | "templateVersionId">,
): Promise<boolean> {
  const [version] = await tx
    .select({ spec: templateVersions.spec })
    .from(templateVersions)
    .where(eq(templateVersions.id, templateVersionId));
  if (!version || !driverFor(version.spec.driver).renewDisk) return false;
  const moved = await moveWorkspace(ctx, tx, workspaceId, {
    to: "provisioning",
    reason: renewReason,
    renew: true,
    patch: { step: renewStep, stepAt: ctx.clock.now(), restart: true, idleWarnedAt: null },
    // One that came out of the warm pool is exchanged for another one of it, which is sooner there.
    only: and(
      eq(workspaces.desired, "running"),
      ne(workspaces.purpose, "warm"),
      isNull(workspaces.claimedAt),
    ),
  });
  if (moved) await sendEvent(ctx, tx, "workspace/placed", { workspaceId });
  return moved;
}

/**
 * Brings the work of one that is wanted clean home, gives its home back to whoever collects it, and replaces its disk.
 * Repeatable at every point. `wait`: ask again; `late`: it takes too long; throws what calls for another one.
 */
export async function renewDisk(
  ctx: Ctx,
  { workspace, ref, home, template }: Loaded,
): Promise<"done" | "wait" | "late" | "unwanted"> {
  const driver = driverFor(template.driver);
  if (!ref || !home || !workspace.secret || !driver.renewDisk) throw notFound("workspace");
  const startedMs = ctx.clock.now().getTime() - (workspace.stepAt ?? workspace.stateAt).getTime();
  if (startedMs > template.startTimeoutSeconds * 1_000) return "late";
  // Its work is at home once `readyAt` is gone.
  if (workspace.readyAt && home.mountedBy === workspace.id) {
    const left = await driver.fetch(ref, home, { resting: true });
    // What has no room in the home lies there alone: as at any stop, its disk is kept.
    if (left.some(({ unsaved }) => unsaved)) return "late";
    await driver.unmountHome(home, workspace.id);
  }
  if (!(await leaveHome(ctx, workspace.id, home.id))) return "unwanted";
  const secret = unseal(workspace.secret);
  if (!(await driver.renewDisk({ ...ref, template, secret, origin: "" }))) return "wait";
  return (await recordClean(ctx, workspace)) ? "done" : "unwanted";
}

const stillWanted = (workspaceId: string) =>
  and(
    eq(workspaces.id, workspaceId),
    eq(workspaces.desired, "running"),
    eq(workspaces.state, "provisioning"),
    eq(workspaces.step, renewStep),
  );

/** In one transaction, so that a stop sees either work on the instance or a home that is nobody's. */
const leaveHome = (ctx: Ctx, workspaceId: string, homeId: string): Promise<boolean> =>
  transact(ctx.db, async (tx) => {
    const [still] = await tx
      .select({ id: workspaces.id })
      .from(workspaces)
      .where(stillWanted(workspaceId))
      .for("update");
    if (!still) return false;
    await tx.update(workspaces).set({ readyAt: null }).where(eq(workspaces.id, workspaceId));
    await tx
      .update(homes)
      .set({ mountedBy: null })
      .where(and(eq(homes.id, homeId), eq(homes.mountedBy, workspaceId)));
    return true;
  });

/** From here on it is a start like any other, whose place is there already. */
const recordClean = (ctx: Ctx, workspace: WorkspaceRow): Promise<boolean> =>
  transact(ctx.db, async (tx) => {
    const at = ctx.clock.now();
    const result = await tx
      .update(workspaces)
      .set({ step: "home", stepAt: at })
      .where(stillWanted(workspace.id));
    if (affected(result) === 0) return false;
    await recordEvent(ctx, tx, workspace, turnReason, at);
    await tellStep(ctx, tx, workspace, "home");
    return true;
  });
