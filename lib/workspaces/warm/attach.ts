import { and, eq } from "drizzle-orm";
import { transact } from "@/db/client";
import { workspaces } from "@/db/schema/workspaces";
import { materialsOf } from "@/lib/experiments";
import type { Ctx } from "@/lib/platform/context";
import { unseal } from "@/lib/platform/crypto";
import { toAppError } from "@/lib/platform/errors";
import { bringThere } from "../bring";
import { driverFor } from "../drivers";
import { type Loaded, loadForDriver } from "../load";
import { moveWorkspace } from "../state";
import { requestStop } from "../stop";
import { grantTurns } from "../turns";

const answerMs = 5_000;
const probeEveryMs = 10;
/** An instance that was stopped boots: it is asked this often, for so long a call. */
const cloudAnswerMs = 15_000;
const cloudProbeEveryMs = 1_000;

/** `wait`: the host or the home is not there just now, ask again. `cold`: it starts like any other instead. */
export type Attached = "done" | "wait" | "cold" | "unwanted";

/**
 * Gives a claimed workspace its student's home and materials and thaws it. Repeatable, and safe to run twice
 * at once. What was frozen and does not wake becomes an ordinary start on the same row, home and label.
 */
export async function attachClaimed({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: { workspaceId: string };
}): Promise<Attached> {
  const loaded = await loadForDriver(ctx, input.workspaceId);
  const { workspace, template, ref, home, experimentId } = loaded;
  if (!isClaimed(loaded) || !ref || !home || !workspace.address || !workspace.secret) return "unwanted";
  const driver = driverFor(template.driver);
  const secret = unseal(workspace.secret);
  try {
    const materials = experimentId ? await materialsOf(ctx.db, experimentId) : [];
    await driver.attach(
      ref,
      home,
      materials.map(({ name, sha256 }) => ({ name, sha256 })),
    );
    const isCloud = template.driver === "ecs";
    const until = performance.now() + (isCloud ? cloudAnswerMs : answerMs);
    while (!(await driver.probe(workspace.address, template, secret)) || !(await bringThere(ctx, loaded))) {
      // An instance boots; a container that does not answer at once never will.
      if (performance.now() > until) return isCloud && !isLate(ctx, loaded) ? "wait" : startCold(ctx, loaded);
      await new Promise((resolve) => setTimeout(resolve, isCloud ? cloudProbeEveryMs : probeEveryMs));
    }
  } catch (error) {
    const { code, key } = toAppError(error);
    if (key === "hostUnreachable" || key === "homeInUse" || key === "homeBusy") return "wait";
    if (key.startsWith("cloud.") && code === "unavailable") return "wait";
    // The zone of a stopped one is sold out: another one may be had elsewhere.
    if (key !== "workspaceGone" && !key.startsWith("cloud.")) throw error;
    return startCold(ctx, loaded);
  }
  return "done";
}

/** What was attached for a workspace that somebody stopped meanwhile: its stop may have looked before. */
export async function detachUnwanted({ ctx, input }: { ctx: Ctx; input: { workspaceId: string } }) {
  const { workspace, template, ref } = await loadForDriver(ctx, input.workspaceId);
  if (ref && workspace.desired === "stopped") await driverFor(template.driver).destroy(ref);
}

const isLate = (ctx: Ctx, { workspace, template }: Loaded): boolean =>
  ctx.clock.now().getTime() - (workspace.claimedAt ?? workspace.stateAt).getTime() >
  template.startTimeoutSeconds * 1_000;

const isClaimed = ({ workspace }: Loaded) =>
  workspace.claimedAt !== null && workspace.state === "booting" && workspace.desired === "running";

async function startCold(ctx: Ctx, { workspace, template, ref }: Loaded): Promise<Attached> {
  ctx.log.warn({ workspace: workspace.id }, "a warm workspace did not wake: it is started anew");
  // What was ordered for a row is ordered once: a cloud's is started anew as another one, which takes no warm one.
  if (template.driver === "ecs") {
    await transact(ctx.db, (tx) => requestStop(ctx, tx, workspace.id, { reason: "restart", restart: true }));
    return "unwanted";
  }
  if (ref) await driverFor(template.driver).destroy(ref);
  return transact(ctx.db, async (tx) => {
    const moved = await moveWorkspace(ctx, tx, workspace.id, {
      to: "provisioning",
      warm: true,
      reason: "placed",
      patch: { claimedAt: null, externalId: null, address: null, step: "turn", stepAt: ctx.clock.now() },
      only: and(eq(workspaces.desired, "running"), eq(workspaces.state, "booting")),
    });
    if (!moved) return "unwanted";
    if (workspace.hostId) await grantTurns(ctx, tx, workspace.hostId);
    return "cold";
  });
}
