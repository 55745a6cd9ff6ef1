import { and, eq, isNull, lt, ne, or } from "drizzle-orm";
import { affected, transact } from "@/db/client";
import { workspaces } from "@/db/schema/workspaces";
import { sendEvent } from "@/inngest/client";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { unseal } from "@/lib/platform/crypto";
import { toAppError } from "@/lib/platform/errors";
import { bringBack } from "./bring";
import { driverFor } from "./drivers";
import { endWake, settleFreeze, wakeStep, wakingMs } from "./freeze";
import { loadForDriver, type WorkspaceRow } from "./load";
import { recordEvent, tellStep } from "./record-event";
import { moveWorkspace } from "./state";
import { wakeReason } from "./steps";

/**
 * Asks for a paused instance to boot: the rows and an event say so, and whoever asked has their answer. True also for
 * one that is on its way already.
 */
export async function requestWake(ctx: Ctx, workspace: WorkspaceRow): Promise<boolean> {
  const at = ctx.clock.now();
  const long = new Date(at.getTime() - wakingMs);
  const isAsleep = or(isNull(workspaces.step), ne(workspaces.step, wakeStep), lt(workspaces.stepAt, long));
  return transact(ctx.db, async (tx) => {
    const [row] = await tx.select().from(workspaces).where(eq(workspaces.id, workspace.id)).for("update");
    if (row?.state !== "paused" || row.desired !== "running") return false;
    const asked = await tx
      .update(workspaces)
      .set({ step: wakeStep, stepAt: at })
      .where(and(eq(workspaces.id, workspace.id), isAsleep));
    if (affected(asked) === 0) return true;
    await recordEvent(ctx, tx, row, wakeReason, at);
    await recordAudit(ctx, tx, {
      action: "workspace.resume",
      targetType: "workspace",
      targetId: workspace.id,
      before: { state: "paused" },
      after: { step: wakeStep },
    });
    await sendEvent(ctx, tx, "workspace/resume.requested", { workspaceId: workspace.id });
    await tellStep(ctx, tx, row, wakeStep);
    return true;
  });
}

/** An instance boots for a minute; one that takes this long is switched off again, and its student may ask once more. */
const bootMs = 150_000;

/**
 * One look at an instance that is to wake: starts it, and lets its student in once it answers and its home knows that
 * it is at work. What the cloud refuses for good, as when it has none left, is told, and it stays off with its files.
 */
export async function wakeWorkspace({
  ctx,
  input: { workspaceId },
}: {
  ctx: Ctx;
  input: { workspaceId: string };
}): Promise<"done" | "wait" | "unwanted"> {
  const loaded = await loadForDriver(ctx, workspaceId);
  const { workspace, template, ref } = loaded;
  const { state, desired, step, stepAt, secret } = workspace;
  if (state !== "paused" || desired !== "running" || step !== wakeStep || !ref) return "unwanted";
  const driver = driverFor(template.driver);
  let address: string | null;
  try {
    await driver.resume(ref);
    const seen = await driver.observe(ref);
    // What is reached from outside may be somewhere else now.
    address = seen.state === "running" ? seen.address : null;
    if (address && !(await driver.probe(address, template, secret ? unseal(secret) : ""))) address = null;
    // What is made from now on is no longer what was fetched before it slept.
    if (address) await bringBack(ctx, loaded);
  } catch (error) {
    const { code, key } = toAppError(error);
    if (code !== "unavailable") {
      await endWake(ctx, workspaceId, key);
      return "unwanted";
    }
    address = null;
  }
  if (!address) {
    if (stepAt && ctx.clock.now().getTime() - stepAt.getTime() < bootMs) return "wait";
    await endWake(ctx, workspaceId, "cloud.notReady");
    return "unwanted";
  }
  const patch = {
    address,
    step: null,
    stepAt: null,
    health: "ok",
    unreachableSince: null,
    // Back at work: it does not count as idle since before the pause.
    activeAt: ctx.clock.now(),
    idleWarnedAt: null,
  } as const;
  const still = and(
    eq(workspaces.state, "paused"),
    eq(workspaces.desired, "running"),
    eq(workspaces.step, wakeStep),
  );
  const moved = await transact(ctx.db, (tx) =>
    moveWorkspace(ctx, tx, workspaceId, { to: "ready", reason: "resume", patch, only: still }),
  );
  // A pause of another tab may have put it to sleep between the two.
  await settleFreeze(ctx, workspaceId);
  return moved ? "done" : "unwanted";
}
