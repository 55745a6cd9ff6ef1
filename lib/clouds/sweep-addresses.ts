import { and, eq, notInArray } from "drizzle-orm";
import { cloudResources } from "@/db/schema/clouds";
import type { Ctx } from "@/lib/platform/context";
import { call } from "./api/client";
import { derivedId } from "./derived-id";
import type { Described } from "./describe";
import { noteFinding } from "./findings";
import { orGone } from "./kept";
import { changeResource, loadResource, overStates, writeIntent } from "./ledger";
import type { Region } from "./region";

/**
 * Addresses of their own, which outlive an instance. We never make any, and the API has no tags for them: one that is
 * seen on an instance of ours goes into the ledger, and when it is bound to nothing any more it is released, if it was
 * made for that instance; one that is older than it is somebody's own, and an administrator reads of it.
 */
export async function sweepAddresses(
  ctx: Ctx,
  region: Region,
  seen: ReadonlyMap<string, Described>,
  done: { orphans: number },
): Promise<void> {
  for (const [instanceId, found] of seen) await remember(ctx, region, instanceId, found);
  const rows = await ctx.db
    .select()
    .from(cloudResources)
    .where(
      and(
        eq(cloudResources.hostId, region.hostId),
        eq(cloudResources.kind, "address"),
        notInArray(cloudResources.state, overStates),
      ),
    );
  for (const row of rows) {
    const allocationId = row.externalId ?? "";
    const answer = await call(ctx, region, "DescribeEipAddresses", {
      regionId: region.regionId,
      allocationId,
    });
    const [address] = answer.eipAddresses?.eipAddress ?? [];
    const over = { state: "gone", desired: "gone", goneAt: ctx.clock.now() } as const;
    if (!address) {
      await changeResource(ctx, row.id, over);
      continue;
    }
    if (address.status !== "Available" || address.instanceId) continue;
    const about = {
      hostId: region.hostId,
      kind: "address" as const,
      externalId: allocationId,
      resourceId: row.id,
    };
    const madeAt = address.allocationTime ? Date.parse(address.allocationTime) : 0;
    // `stateAt` is when the instance was made on which it was seen.
    if (madeAt < row.stateAt.getTime()) {
      await noteFinding(ctx, { ...about, finding: "orphan", detail: address.ipAddress });
      continue;
    }
    await orGone(call(ctx, region, "ReleaseEipAddress", { allocationId }));
    await changeResource(ctx, row.id, over);
    done.orphans++;
    await noteFinding(ctx, { ...about, finding: "orphan", action: "deleted", detail: address.ipAddress });
  }
}

async function remember(ctx: Ctx, region: Region, instanceId: string, found: Described): Promise<void> {
  const { allocationId, ipAddress } = found.eipAddress ?? {};
  if (!allocationId) return;
  const id = derivedId(region.hostId, `address ${instanceId} ${allocationId}`);
  if (await loadResource(ctx, id)) return;
  const madeAt = new Date(Date.parse(found.creationTime ?? "") || 0);
  await writeIntent(ctx, {
    id,
    kind: "address",
    accountId: region.account.id,
    hostId: region.hostId,
    regionId: region.regionId,
    state: "accepted",
    externalId: allocationId,
    address: ipAddress,
    acceptedAt: ctx.clock.now(),
    seenAt: ctx.clock.now(),
  });
  await changeResource(ctx, id, { stateAt: madeAt });
}
