import type { Ctx } from "@/lib/platform/context";
import { call } from "./api/client";
import { forPeople } from "./api/cloud-error";
import { type Described, describeInstance } from "./describe";
import { noteFinding } from "./findings";
import { type CloudResource, changeResource, isNew, isOver, type ResourcePatch, resourceOf } from "./ledger";
import { recordAddress } from "./record-address";
import { loadRegion, type Region } from "./region";

type InstanceState = "missing" | "pending" | "starting" | "running" | "stopping" | "stopped";

export type Observation = {
  state: InstanceState;
  /** Where our gateways reach it; null while it has none. */
  address: string | null;
  externalId: string | null;
  /** The cloud announced that it takes the instance back then. */
  reclaimAt: Date | null;
};

const states: Record<string, InstanceState> = {
  Pending: "pending",
  Starting: "starting",
  Running: "running",
  Stopping: "stopping",
  Stopped: "stopped",
};

/** A spot instance that is marked as taken back goes so long afterwards. */
const noticeMs = 5 * 60_000;
/** How often the row learns that nothing has changed. */
const seenEveryMs = 60_000;

const missing: Observation = { state: "missing", address: null, externalId: null, reclaimAt: null };

/**
 * How the instance of a workspace is now, and the ledger with it. `missing` only when there is none for sure; a cloud
 * that does not answer throws `unavailable`.
 */
export async function observeInstance({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: { workspaceId: string };
}): Promise<Observation> {
  const row = await resourceOf(ctx, input.workspaceId);
  if (!row || isOver(row)) return missing;
  const { externalId } = row;
  if (!externalId) return { ...missing, state: "pending" };
  const region = await loadRegion(ctx, row.hostId);
  try {
    const found = await describeInstance(ctx, region, externalId);
    if (found) return await recordSeen(ctx, region, row, found);
    return (await recordAbsent(ctx, row)) ? missing : { ...missing, state: "pending", externalId };
  } catch (error) {
    throw forPeople(error, ctx.clock.now());
  }
}

/** What the cloud says of it, written into its row where that is news. */
export async function recordSeen(
  ctx: Ctx,
  region: Region,
  row: CloudResource,
  found: Described,
): Promise<Observation> {
  const now = ctx.clock.now();
  const state = states[found.status ?? ""] ?? "pending";
  const address = addressOf(region, found);
  const isReclaimed = found.operationLocks?.lockReason?.some(({ lockReason }) => lockReason === "Recycling");
  const reclaimAt = isReclaimed ? (row.reclaimAt ?? new Date(now.getTime() + noticeMs)) : null;
  const patch: ResourcePatch = {};
  const next = ledgerState(row, found);
  if (next !== row.state) patch.state = next;
  if (address && address !== row.address) patch.address = address;
  if (reclaimAt?.getTime() !== row.reclaimAt?.getTime()) patch.reclaimAt = reclaimAt;
  const isStale = !row.seenAt || now.getTime() - row.seenAt.getTime() >= seenEveryMs;
  if (isStale || row.missingSince || Object.keys(patch).length > 0) {
    await changeResource(ctx, row.id, { ...patch, seenAt: now, missingSince: null });
  }
  await recordAddress(ctx, region, found);
  return { state, address: address ?? row.address, externalId: row.externalId, reclaimAt };
}

/** Stopped costs less only where the cloud says that charging has stopped. */
function ledgerState(row: CloudResource, { status, stoppedMode }: Described): CloudResource["state"] {
  if (row.state === "deleting") return row.state;
  if (status === "Stopped") return stoppedMode === "StopCharging" ? "stopped" : "running";
  // A start is written when it is accepted; until then it costs what it cost.
  return status === "Running" ? "running" : row.state;
}

function addressOf({ reach }: Region, found: Described): string | null {
  const own = found.vpcAttributes?.privateIpAddress?.ipAddress?.[0] || null;
  const open = found.publicIpAddress?.ipAddress?.[0] || found.eipAddress?.ipAddress || null;
  return reach === "public" ? open : own;
}

/**
 * The cloud answered and does not list it. True: then it is gone. In its first minute that says nothing, unless its
 * deletion was accepted.
 */
export async function recordAbsent(ctx: Ctx, row: CloudResource): Promise<boolean> {
  if (isNew(ctx, row)) return false;
  await recordGone(ctx, row);
  return true;
}

/** Writes that it is gone, since when it costs nothing, and a finding if nobody had asked for it. */
export async function recordGone(ctx: Ctx, row: CloudResource): Promise<void> {
  const now = ctx.clock.now();
  const planned = plannedEnd(row, now);
  const told = planned ? null : await toldOf(ctx, row);
  const at = planned ?? told?.at ?? now;
  const gone = await changeResource(
    ctx,
    row.id,
    { state: "gone", goneAt: at, desired: "gone", retryAt: null, errorCode: null, errors: 0 },
    { at },
  );
  if (!gone || row.desired === "gone" || !row.externalId) return;
  const finding = row.reclaimAt ? "reclaimed" : isGuarded(row, now) ? "guard" : "lost";
  const about = { externalId: row.externalId, resourceId: row.id, detail: told?.detail };
  await noteFinding(ctx, { ...row, ...about, finding, action: "raised" });
}

/** What the cloud itself tells of an end that nobody had asked for, such as `SystemFailure.Delete`. */
async function toldOf(ctx: Ctx, row: CloudResource): Promise<{ at: Date; detail: string } | null> {
  try {
    const region = await loadRegion(ctx, row.hostId);
    const { regionId } = region;
    const asked = { regionId, instanceId: row.externalId ?? "" };
    const answer = await call(ctx, region, "DescribeInstanceHistoryEvents", asked);
    const events = answer.instanceSystemEventSet?.instanceSystemEventType ?? [];
    const event = events.find(({ eventType }) => eventType?.name?.endsWith(".Delete"));
    const at = new Date(event?.eventFinishTime ?? Number.NaN);
    if (!event || Number.isNaN(at.getTime()) || at < row.createdAt) return null;
    return { at, detail: [event.eventType?.name, event.reason].filter(Boolean).join(": ") };
  } catch {
    return null;
  }
}

const isGuarded = ({ guardAt }: CloudResource, now: Date) => guardAt !== null && guardAt <= now;

/** When it ended: as our deletion was accepted, or perhaps heard; at the announced time, or at the guard's. */
function plannedEnd(row: CloudResource, now: Date): Date | null {
  if (row.state === "deleting") return row.stateAt;
  if (row.missingSince) return row.missingSince;
  const planned = [row.reclaimAt, row.guardAt].filter((at) => at !== null && at <= now);
  const [first] = planned.sort((left, right) => Number(left) - Number(right));
  if (!first) return null;
  return row.seenAt && row.seenAt > first ? row.seenAt : first;
}
