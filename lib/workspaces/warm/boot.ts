import { and, eq } from "drizzle-orm";
import { transact } from "@/db/client";
import { warmPlans, workspaces } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { unseal } from "@/lib/platform/crypto";
import { toAppError } from "@/lib/platform/errors";
import { originOf } from "@/lib/platform/origins";
import { driverFor } from "../drivers";
import { settleFreeze } from "../freeze";
import { type Loaded, loadForDriver } from "../load";
import { failWorkspace, recordCreated } from "../provision";
import { moveWorkspace } from "../state";
import { tellPool } from "./tell";

type Args = { ctx: Ctx; input: { workspaceId: string } };
type Progress = "done" | "wait" | "unwanted";

const probeWindowMs = 10_000;
const probeEveryMs = 200;

const isWanted = ({ workspace }: Loaded) => workspace.purpose === "warm" && workspace.desired === "running";

/** A host that does not answer is waited for; what cannot start is given up, and says why. */
async function attempt({ ctx, input }: Args, work: () => Promise<Progress>): Promise<Progress> {
  try {
    return await work();
  } catch (error) {
    const { code, key, params } = toAppError(error);
    if (key === "hostUnreachable") return "wait";
    if (key.startsWith("cloud.") && code === "unavailable") return "wait";
    if (key.startsWith("cloud.")) {
      await failWorkspace({ ctx, input: { ...input, cause: key, detail: JSON.stringify(params) } });
      return "unwanted";
    }
    const known = ["imageMissing", "imageUnfit", "hostDiskFull"].includes(key);
    const cause = known ? key : key === "workspaceExited" || key === "workspaceGone" ? "exited" : null;
    if (!cause) throw error;
    await failWorkspace({ ctx, input: { ...input, cause } });
    return "unwanted";
  }
}

/** Creates and starts the container of a warm workspace, without a home. */
export const createWarm = (args: Args): Promise<Progress> =>
  attempt(args, async () => {
    const { ctx, input } = args;
    const loaded = await loadForDriver(ctx, input.workspaceId);
    const { workspace, ref, template, locale } = loaded;
    if (!isWanted(loaded) || !ref || !workspace.secret) return "unwanted";
    if (workspace.state !== "provisioning") return "done";
    const driver = driverFor(template.driver);
    // A region needs nothing before its instances, and counts every call.
    if (template.driver === "docker") await driver.prepareHost(ref.host);
    await driver.checkImage(ref.host, template.image);
    const made = await driver.ensure({
      ...ref,
      home: null,
      template,
      materials: [],
      secret: unseal(workspace.secret),
      locale,
      origin: originOf(workspace.label),
    });
    return recordCreated(ctx, loaded, made);
  });

/**
 * Waits until the service inside answers, for up to 10 s a call, then freezes it: from then on it may be claimed. An
 * instance is asked once a call, and stopped only when its first boot is over; a plan may have it wait running.
 */
export const freezeWarm = (args: Args): Promise<Progress> =>
  attempt(args, async () => {
    const { ctx, input } = args;
    const started = performance.now();
    for (;;) {
      const loaded = await loadForDriver(ctx, input.workspaceId);
      const { workspace, ref, template } = loaded;
      if (!isWanted(loaded) || !ref || !workspace.address || !workspace.secret) return "unwanted";
      if (workspace.state === "paused") return "done";
      const driver = driverFor(template.driver);
      const answers = await driver.probe(workspace.address, template, unseal(workspace.secret));
      let isFrozen = false;
      if (answers && (await driver.hasSettled(ref))) {
        const isRunning = await waitsRunning(ctx, workspace);
        if (!isRunning) await driver.pause(ref);
        isFrozen = isRunning || template.driver === "docker";
      }
      const seen = isFrozen ? null : await driver.observe(ref);
      // An instance takes its time; what a process had frozen before it died is frozen too.
      if (seen?.state === "paused" && seen.falling) return "wait";
      if (!seen || seen.state === "paused") {
        if (await recordFrozen(ctx, workspace)) return "done";
        // Who comes late has frozen what a student has by now.
        await settleFreeze(ctx, workspace.id);
        return "unwanted";
      }
      const startedMs = ctx.clock.now().getTime() - (workspace.stepAt ?? workspace.stateAt).getTime();
      const cause =
        seen.state === "missing" || seen.state === "exited"
          ? "exited"
          : startedMs > template.startTimeoutSeconds * 1_000
            ? "startTimeout"
            : null;
      if (cause) {
        await failWorkspace({ ctx, input: { workspaceId: workspace.id, cause } });
        return "unwanted";
      }
      if (template.driver === "ecs" || performance.now() - started > probeWindowMs) return "wait";
      await new Promise((resolve) => setTimeout(resolve, probeEveryMs));
    }
  });

async function waitsRunning(ctx: Ctx, { warmPlanId }: Loaded["workspace"]): Promise<boolean> {
  const [plan] = await ctx.db
    .select({ running: warmPlans.running })
    .from(warmPlans)
    .where(eq(warmPlans.id, warmPlanId ?? ""));
  return plan?.running ?? false;
}

const recordFrozen = (ctx: Ctx, { id, templateVersionId }: Loaded["workspace"]): Promise<boolean> =>
  transact(ctx.db, async (tx) => {
    const moved = await moveWorkspace(ctx, tx, id, {
      to: "paused",
      warm: true,
      reason: "frozen",
      patch: { readyAt: ctx.clock.now(), step: null, stepAt: null },
      only: and(eq(workspaces.desired, "running"), eq(workspaces.purpose, "warm")),
    });
    if (moved) await tellPool(ctx, tx, templateVersionId);
    return moved;
  });
