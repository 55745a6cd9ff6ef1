import { eq } from "drizzle-orm";
import { cloudResources } from "@/db/schema/clouds";
import type { Ctx } from "@/lib/platform/context";
import { call } from "./api/client";
import { CloudError, forPeople } from "./api/cloud-error";
import { rowOf } from "./api/error-table";
import { bornAt } from "./born-at";
import { describeInstance, describeOurs } from "./describe";
import { noteFinding, settleFindings } from "./findings";
import { isBeingCopied } from "./kept";
import { backOff, type CloudResource, changeResource, isNew, liveResources, overStates } from "./ledger";
import { recordAbsent, recordGone, recordSeen } from "./observe-instance";
import { workspaceTag } from "./order";
import { recordAddress } from "./record-address";
import { loadRegion, type Region } from "./region";

/**
 * Wants the instance of a workspace gone, and does what can be done about it now. To be repeated until it says `gone`:
 * the cloud refuses while it boots, and what was only intended has to be looked for.
 */
export async function deleteInstance({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: { workspaceId: string };
}): Promise<{ gone: boolean }> {
  const rows = await liveResources(ctx, { workspaceId: input.workspaceId, kind: "instance" });
  let gone = true;
  for (const row of rows) if (!(await pushAway(ctx, row))) gone = false;
  return { gone };
}

/** One step towards its end; true when it is over. Throws `unavailable` where the cloud does not answer. */
export async function pushAway(ctx: Ctx, before: CloudResource): Promise<boolean> {
  const row = await changeResource(ctx, before.id, { desired: "gone" });
  if (!row || overStates.includes(row.state)) return true;
  const region = await loadRegion(ctx, row.hostId);
  try {
    if (!row.externalId) return await findIntended(ctx, region, row);
    if (row.state === "deleting" && !isNew(ctx, row)) {
      // Accepted: whether it is done, the shared list says for a hundred at once.
      const found = await describeInstance(ctx, region, row.externalId);
      if (!found) return await recordAbsent(ctx, row);
      await recordSeen(ctx, region, row, found);
    }
    if (row.retryAt && row.retryAt > ctx.clock.now()) return false;
    if (row.workspaceId && (await isBeingCopied(ctx, region, row.workspaceId))) return false;
    if (row.state !== "deleting") await rememberAddress(ctx, region, row.externalId);
    return await askDelete(ctx, region, row, row.externalId);
  } catch (error) {
    throw forPeople(error, ctx.clock.now());
  }
}

/** An address of its own outlives the instance: afterwards nothing says that it was made for it. */
async function rememberAddress(ctx: Ctx, region: Region, instanceId: string): Promise<void> {
  try {
    const found = await describeInstance(ctx, region, instanceId);
    if (found) await recordAddress(ctx, region, found);
  } catch (error) {
    // Where looking is never going to work, the instance is what costs most.
    if (!(error instanceof CloudError) || error.kind === "again" || error.kind === "throttled") throw error;
  }
}

/**
 * Perhaps nobody knows whether the cloud ever heard of it. Asking by its token could make it; so it is looked for by
 * its tag, and when a minute has passed since it was last asked for, it never was. Should it come later, the sweep
 * finds it.
 */
async function findIntended(ctx: Ctx, region: Region, row: CloudResource): Promise<boolean> {
  if (!row.workspaceId) return false;
  const found = await describeOurs(ctx, region, [{ key: workspaceTag, value: row.workspaceId }]);
  const [one] = found.values();
  const only = eq(cloudResources.state, "intended");
  if (one?.instanceId) {
    const now = ctx.clock.now();
    const patch = { state: "accepted", externalId: one.instanceId, request: null } as const;
    const kept = await changeResource(
      ctx,
      row.id,
      { ...patch, acceptedAt: row.createdAt, seenAt: now },
      { only, at: bornAt(ctx, row, one) },
    );
    if (!kept) return false;
    await recordAddress(ctx, region, one);
    return askDelete(ctx, region, kept, one.instanceId);
  }
  const isUnsure = row.errorCode !== null && rowOf(row.errorCode, null).kind === "again";
  if (isUnsure && isNew(ctx, { ...row, acceptedAt: row.stateAt })) return false;
  return (await changeResource(ctx, row.id, { state: "refused", request: null }, { only })) !== null;
}

async function askDelete(ctx: Ctx, region: Region, row: CloudResource, instanceId: string): Promise<boolean> {
  const askedAt = ctx.clock.now();
  try {
    await call(ctx, region, "DeleteInstance", { instanceId, force: true, forceStop: true });
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    return refused(ctx, region, row, instanceId, error, askedAt);
  }
  const at = ctx.clock.now();
  const accepted = { seenAt: at, errorCode: null, errors: 0, retryAt: null };
  const isFirst = row.state !== "deleting";
  const patch = isFirst ? ({ ...accepted, state: "deleting" } as const) : accepted;
  const now = await changeResource(ctx, row.id, patch, { at });
  if (!now || !isFirst) return now === null;
  // Where a deletion takes no time, this says so at once; whatever else comes back, the next look says it too.
  return askDelete(ctx, region, now, instanceId).catch((error) => {
    if (error instanceof CloudError) return false;
    throw error;
  });
}

async function refused(
  ctx: Ctx,
  region: Region,
  row: CloudResource,
  instanceId: string,
  error: CloudError,
  askedAt: Date,
): Promise<boolean> {
  if (error.kind === "gone") {
    // An id as new as that may not have come round in the cloud; one that it has shown or taken for deletion had.
    if (isNew(ctx, row) && !row.seenAt) return false;
    await recordGone(ctx, { ...row, desired: "gone" });
    await settleFindings(ctx, row.hostId, instanceId);
    return true;
  }
  const isAsked = error.code !== "Throttling.Budget";
  if (isAsked) {
    const retryAt = error.retryAt ?? (error.kind === "wait" ? null : backOff(ctx, row.errors));
    // Without an answer it may be gone since then: that is when it stopped to cost, should it turn out so.
    const missingSince = error.kind === "again" ? (row.missingSince ?? askedAt) : row.missingSince;
    const trouble = { errorCode: error.code, errors: row.errors + 1, retryAt, missingSince };
    await changeResource(ctx, row.id, trouble);
  }
  if (error.kind === "wait") return false;
  if (error.kind === "blocked" || error.kind === "freeze" || error.kind === "ours") {
    await noteFinding(ctx, {
      ...row,
      externalId: instanceId,
      resourceId: row.id,
      finding: "blocked",
      detail: error.code,
    });
    if (error.key === "protected") await clearProtection(ctx, region, instanceId);
    return false;
  }
  throw error;
}

/** Somebody protected it by hand: nothing of ours ever is, so it is cleared, and the next try deletes it. */
const clearProtection = (ctx: Ctx, region: Region, instanceId: string) =>
  call(ctx, region, "ModifyInstanceAttribute", { instanceId, deletionProtection: false });
