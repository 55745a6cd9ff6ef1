import type { Ctx } from "@/lib/platform/context";
import { notFound, unavailable } from "@/lib/platform/errors";
import { call } from "./api/client";
import { forPeople } from "./api/cloud-error";
import { type Kept, keep } from "./kept";
import { resourceOf } from "./ledger";
import { tagsOf } from "./order";
import { loadRegion } from "./region";

type Args = { ctx: Ctx; input: { workspaceId: string; reason: "unsaved" } };

/**
 * Copies the disk of a workspace's instance, because what is on it could not be fetched. To be repeated until it is
 * `done`: only then may the instance go. The copy costs until somebody deletes it.
 */
export async function snapshotDisk({ ctx, input: { workspaceId, reason } }: Args): Promise<Kept> {
  const row = await resourceOf(ctx, workspaceId);
  if (!row || row.state === "gone" || row.state === "refused") throw notFound("instance");
  const { externalId: instanceId } = row;
  if (!instanceId) throw unavailable("cloud.notReady");
  const region = await loadRegion(ctx, row.hostId);
  try {
    const { regionId } = region;
    const answer = await call(ctx, region, "DescribeDisks", { regionId, instanceId, diskType: "system" });
    const [disk] = answer.disks?.disk ?? [];
    const diskId = disk?.diskId;
    if (!diskId) throw unavailable("cloud.notReady");
    return await keep(ctx, region, {
      kind: "snapshot",
      of: row.id,
      workspaceId,
      keptFor: reason,
      zoneId: row.zoneId,
      sizeGb: disk.size ?? row.sizeGb ?? 0,
      asked: (resourceId) => ({
        diskId,
        snapshotName: `labyard-${workspaceId.toLowerCase()}`,
        description: "Labyard: files that could not be fetched",
        tag: tagsOf(resourceId, workspaceId),
      }),
    });
  } catch (error) {
    throw forPeople(error, ctx.clock.now());
  }
}
