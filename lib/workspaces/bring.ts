import { and, eq, inArray, isNull } from "drizzle-orm";
import { transact } from "@/db/client";
import { collections, workspaces } from "@/db/schema/workspaces";
import { recordAudit } from "@/lib/audit";
import { publishChange } from "@/lib/changes";
import { materialsOf } from "@/lib/experiments";
import type { Ctx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { toAppError } from "@/lib/platform/errors";
import { driverFor } from "./drivers";
import type { Loaded } from "./load";
import { topicsOf } from "./topics";

/** Nothing is brought anywhere where the home itself is mounted. */
const isApart = ({ template }: Loaded): boolean => template.driver === "ecs";

/**
 * Brings home and materials to where the student works, who is not let in before. False: it does not take them yet, as
 * in the moment between the first answer of an instance and its first password.
 */
export async function bringThere(ctx: Ctx, loaded: Loaded): Promise<boolean> {
  const { ref, home, template, experimentId } = loaded;
  if (!isApart(loaded) || !ref || !home) return true;
  const materials = experimentId ? await materialsOf(ctx.db, experimentId) : [];
  try {
    await driverFor(template.driver).deliver(
      ref,
      home,
      materials.map(({ name, sha256 }) => ({ name, sha256 })),
    );
    return true;
  } catch (error) {
    const { key } = toAppError(error);
    if (key !== "instanceRefused" && key !== "hostUnreachable") throw error;
    ctx.log.info({ err: error, workspace: ref.id }, "files could not be brought yet");
    return false;
  }
}

/** Brings work back while it goes on, or right before it rests. Nobody's, or another's home is left alone. */
export async function bringBack(ctx: Ctx, loaded: Loaded, how?: { resting: boolean }): Promise<void> {
  const { workspace, ref, home, template } = loaded;
  if (!isApart(loaded) || !ref || home?.mountedBy !== workspace.id) return;
  const left = await driverFor(template.driver).fetch(ref, home, how);
  if (left.length > 0) {
    const said = left.slice(0, 20).map(({ path, why }) => `${why} ${path}`);
    ctx.log.info({ workspace: workspace.id, left: left.length, said }, "not everything was fetched");
  }
}

/**
 * Brings work back before the workspace goes; true once it may go. Where that fails for too long, or something has no
 * room in the home, what it lies on is kept for people to see to, and its collection says so: leaks never win over work,
 * and work never keeps an instance running for ever. Throws while it has to be tried again.
 */
export async function bringHome(ctx: Ctx, loaded: Loaded): Promise<boolean> {
  const { workspace, ref, home, template } = loaded;
  // Nobody was let in: there is no work.
  if (!isApart(loaded) || !ref || !workspace.readyAt || home?.mountedBy !== workspace.id) return true;
  const driver = driverFor(template.driver);
  try {
    const left = (await driver.fetch(ref, home)).filter(({ unsaved }) => unsaved);
    if (left.length === 0) return true;
    ctx.log.warn(
      { workspace: workspace.id, left: left.slice(0, 20) },
      "work that does not fit into its home",
    );
  } catch (error) {
    const waitedMs = ctx.clock.now().getTime() - workspace.stateAt.getTime();
    if (waitedMs < env().CLOUD_FETCH_MINUTES * 60_000) throw error;
    ctx.log.error({ err: error, workspace: workspace.id }, "work could not be fetched; its disk is kept");
  }
  if (!(await driver.preserve(ref))) return false;
  await recordUnsaved(ctx, workspace, home.id);
  return true;
}

/** The student, and who looks after their collections, are told that a copy waits. */
async function recordUnsaved(ctx: Ctx, workspace: Loaded["workspace"], homeId: string): Promise<void> {
  await transact(ctx.db, async (tx) => {
    const cause = "unsaved";
    await tx
      .update(workspaces)
      .set({ cause, causeDetail: null })
      .where(and(eq(workspaces.id, workspace.id), isNull(workspaces.cause)));
    await tx
      .update(collections)
      .set({ state: "failed", cause })
      .where(and(eq(collections.homeId, homeId), inArray(collections.state, ["pending", "running"])));
    await recordAudit(ctx, tx, {
      action: "workspace.unsaved",
      targetType: "workspace",
      targetId: workspace.id,
      after: { homeId, attemptId: workspace.attemptId },
    });
    await publishChange(ctx, tx, await topicsOf(tx, workspace), "collection.failed", {
      attemptId: workspace.attemptId,
    });
  });
}
