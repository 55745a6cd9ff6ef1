import type { Ctx } from "@/lib/platform/context";
import { notFound, unavailable } from "@/lib/platform/errors";
import { call } from "./api/client";
import { CloudError, forPeople } from "./api/cloud-error";
import { describeInstance } from "./describe";
import { noteFinding } from "./findings";
import { freezeAccount } from "./freeze-account";
import { guardText, guardTime } from "./guard";
import { type CloudResource, changeResource, resourceOf } from "./ledger";
import { loadRegion, type Region } from "./region";

type Args<T = unknown> = { ctx: Ctx; input: { workspaceId: string } & T };
type Live = { row: CloudResource; region: Region; instanceId: string };

/** The instance that a workspace has now; `workspaceGone` where there is none. */
async function live(ctx: Ctx, workspaceId: string): Promise<Live> {
  const row = await resourceOf(ctx, workspaceId);
  if (!row || row.desired === "gone" || ["gone", "refused"].includes(row.state)) throw notFound("instance");
  if (!row.externalId) throw unavailable("cloud.notReady");
  return { row, region: await loadRegion(ctx, row.hostId), instanceId: row.externalId };
}

/** One call about an instance; what it says is told to people, and an account that is refused is frozen. */
async function onInstance<T>(ctx: Ctx, { region }: Live, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof CloudError && error.kind === "freeze") {
      await freezeAccount(ctx, region.account, error.code);
    }
    throw forPeople(error, ctx.clock.now());
  }
}

/** A call that is refused for a state which it would have led to is done: its answer was lost before. */
async function unless(ctx: Ctx, one: Live, states: string[], act: () => Promise<unknown>): Promise<void> {
  await onInstance(ctx, one, async () => {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof CloudError) || error.kind !== "wait") throw error;
      const found = await describeInstance(ctx, one.region, one.instanceId);
      if (!states.includes(found?.status ?? "")) throw error;
    }
  });
}

/**
 * Stops it so that only its disk costs on; with `keep` it costs on and keeps its place, as for what follows at once.
 * Accepted is not stopped: observe it. Fine if it is stopped.
 */
export async function stopInstance({ ctx, input }: Args<{ keep?: boolean }>): Promise<void> {
  const one = await live(ctx, input.workspaceId);
  const stoppedMode = input.keep ? "KeepCharging" : "StopCharging";
  await unless(ctx, one, ["Stopping", "Stopped"], () =>
    call(ctx, one.region, "StopInstance", { instanceId: one.instanceId, stoppedMode }),
  );
}

/** Starts it again; from now on it costs in full. Fine if it starts or runs. The zone may have none left: `conflict cloud.noStock`. */
export async function startInstance({ ctx, input }: Args): Promise<void> {
  const one = await live(ctx, input.workspaceId);
  await unless(ctx, one, ["Starting", "Running"], () =>
    call(ctx, one.region, "StartInstance", { instanceId: one.instanceId }),
  );
  await changeResource(ctx, one.row.id, { state: "accepted" });
}

const isForbidden = (error: unknown) => error instanceof CloudError && error.key === "forbidden";

/** Gives a stopped instance the disk that its image has; same instance, same address, another host key. */
export async function replaceSystemDisk({
  ctx,
  input,
}: Args<{ image: string; password: string }>): Promise<void> {
  const one = await live(ctx, input.workspaceId);
  const { image: imageId, password } = input;
  const { sizeGb } = one.row;
  // The same for the same wish, so that a repeat after a lost answer is the same request.
  const clientToken = `${one.row.id}-disk-${one.row.stateAt.getTime()}`.slice(0, 64);
  const asked = { instanceId: one.instanceId, imageId, password, clientToken };
  const disk = sizeGb ? { systemDisk: { size: sizeGb } } : {};
  try {
    await call(ctx, one.region, "ReplaceSystemDisk", { ...asked, ...disk });
  } catch (error) {
    if (!isForbidden(error)) return onInstance(ctx, one, () => Promise.reject(error));
    // Without this right alone there are still new instances: it is told, and nothing is frozen.
    const about = { hostId: one.row.hostId, resourceId: one.row.id, externalId: one.instanceId };
    const detail = "ecs:ReplaceSystemDisk";
    await noteFinding(ctx, { ...about, kind: "instance", finding: "denied", action: "raised", detail });
    throw forPeople(error, ctx.clock.now());
  }
  await changeResource(ctx, one.row.id, { hostKey: null });
}

/** Moves the cloud's own guard behind a new end; done before that end is promised to anybody. Says what it is now. */
export async function moveGuard({ ctx, input }: Args<{ until: Date }>): Promise<{ guardAt: Date }> {
  const one = await live(ctx, input.workspaceId);
  const guardAt = guardTime(ctx.clock.now(), input.until);
  if (one.row.guardAt?.getTime() !== guardAt.getTime()) await setGuard(ctx, one.region, one.row, guardAt);
  return { guardAt };
}

/** Never without a time: the cloud would take that for "no guard". */
export async function setGuard(ctx: Ctx, region: Region, row: CloudResource, guardAt: Date): Promise<void> {
  const { externalId: instanceId } = row;
  if (!instanceId) throw unavailable("cloud.notReady");
  await onInstance(ctx, { row, region, instanceId }, () =>
    call(ctx, region, "ModifyInstanceAutoReleaseTime", { instanceId, autoReleaseTime: guardText(guardAt) }),
  );
  await changeResource(ctx, row.id, { guardAt });
}
