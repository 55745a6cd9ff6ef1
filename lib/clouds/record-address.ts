import type { Ctx } from "@/lib/platform/context";
import { isDuplicate } from "@/lib/platform/errors";
import { derivedId } from "./derived-id";
import { type Described, tagOf } from "./describe";
import { loadResource, writeIntent } from "./ledger";
import { workspaceTag } from "./order";
import type { Region } from "./region";

/**
 * An address of its own that is seen on an instance of ours goes into the ledger, as long as one can see whose it is:
 * it outlives the instance, and the API has no tags for it. Its price is found out by the sweep.
 */
export async function recordAddress(ctx: Ctx, region: Region, found: Described): Promise<void> {
  const { allocationId, ipAddress } = found.eipAddress ?? {};
  if (!allocationId) return;
  const id = derivedId(region.hostId, `address ${found.instanceId} ${allocationId}`);
  if (await loadResource(ctx, id)) return;
  const now = ctx.clock.now();
  try {
    await writeIntent(ctx, {
      id,
      kind: "address",
      accountId: region.account.id,
      hostId: region.hostId,
      regionId: region.regionId,
      workspaceId: tagOf(found, workspaceTag),
      state: "accepted",
      // What is younger than the instance was made for it.
      stateAt: new Date(Date.parse(found.creationTime ?? "") || 0),
      externalId: allocationId,
      address: ipAddress,
      acceptedAt: now,
      seenAt: now,
    });
  } catch (error) {
    if (!isDuplicate(error)) throw error;
  }
}
