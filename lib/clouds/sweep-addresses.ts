import type { Ctx } from "@/lib/platform/context";
import { alone } from "./alone";
import type { Answer } from "./api/calls";
import { call } from "./api/client";
import type { Described } from "./describe";
import { noteFinding } from "./findings";
import { orGone } from "./kept";
import { type CloudResource, changeResource, liveResources, resourceOf } from "./ledger";
import { addressPrice } from "./price";
import { recordAddress } from "./record-address";
import type { Region } from "./region";
import type { Swept } from "./sweeps";

/**
 * Addresses of their own, which outlive an instance. We never make any: one that is bound to nothing any more is
 * released if it was made for an instance of ours, and costs its workspace until then; one that is older than the
 * instance is somebody's own, and an administrator reads of it.
 */
export async function sweepAddresses(
  ctx: Ctx,
  region: Region,
  seen: ReadonlyMap<string, Described>,
  done: Swept,
): Promise<void> {
  for (const found of seen.values()) await recordAddress(ctx, region, found);
  const rows = await liveResources(ctx, { hostId: region.hostId, kind: "address" });
  done.compared.address = rows.length;
  for (const row of rows) await alone(ctx, row, done, () => settle(ctx, region, row, done));
}

type Address = NonNullable<NonNullable<Answer<"DescribeEipAddresses">["eipAddresses"]>["eipAddress"]>[number];

async function settle(ctx: Ctx, region: Region, row: CloudResource, done: Swept): Promise<void> {
  const allocationId = row.externalId ?? "";
  const asked = { regionId: region.regionId, allocationId };
  const answer = await call(ctx, region, "DescribeEipAddresses", asked);
  const [address] = answer.eipAddresses?.eipAddress ?? [];
  const over = { state: "gone", desired: "gone", goneAt: ctx.clock.now() } as const;
  if (!address) {
    await changeResource(ctx, row.id, over);
    return;
  }
  const priced = await withPrice(ctx, region, row, address);
  const isBound = address.status !== "Available" || Boolean(address.instanceId);
  if (isBound) {
    const state = priced?.state === "stopped" ? ({ state: "running" } as const) : {};
    await changeResource(ctx, row.id, { ...state, seenAt: ctx.clock.now() });
    return;
  }
  const kind = "address" as const;
  const about = { hostId: region.hostId, kind, externalId: allocationId, resourceId: row.id };
  const detail = address.ipAddress;
  if (!priced) return noteFinding(ctx, { ...about, finding: "orphan", detail });
  if (priced.state !== "stopped") {
    await changeResource(ctx, row.id, { state: "stopped" }, { at: await looseSince(ctx, row) });
  }
  await orGone(call(ctx, region, "ReleaseEipAddress", { allocationId }));
  await changeResource(ctx, row.id, over);
  done.orphans++;
  await noteFinding(ctx, { ...about, finding: "orphan", action: "deleted", detail });
}

/** The row with what it costs, since it was made for an instance of ours; null: it is somebody's own. */
async function withPrice(
  ctx: Ctx,
  region: Region,
  row: CloudResource,
  { allocationTime, bandwidth, internetChargeType }: Address,
): Promise<CloudResource | null> {
  if (row.state !== "accepted") return row;
  const madeAt = new Date(allocationTime ?? Number.NaN);
  // `stateAt` is when the instance was made on which it was seen.
  if (!(madeAt >= row.stateAt)) return null;
  const isPaid = internetChargeType === "PayByBandwidth";
  const price = await addressPrice(ctx, region, isPaid ? Number(bandwidth ?? 0) : 0);
  const { running: runningPrice, resting: restingPrice } = price;
  return changeResource(ctx, row.id, { state: "running", runningPrice, restingPrice }, { at: madeAt });
}

/** Since when it is bound to nothing: the end of its instance, or when it was last seen on one. */
async function looseSince(ctx: Ctx, row: CloudResource): Promise<Date> {
  const instance = row.workspaceId ? await resourceOf(ctx, row.workspaceId) : null;
  const endedAt = instance?.goneAt ?? (instance?.state === "deleting" ? instance.stateAt : null);
  return endedAt ?? row.seenAt ?? ctx.clock.now();
}
