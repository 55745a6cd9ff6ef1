import { inArray } from "drizzle-orm";
import { cloudResources } from "@/db/schema/clouds";
import type { Ctx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { call } from "./api/client";
import { tagOf } from "./describe";
import { noteFinding } from "./findings";
import { orGone } from "./kept";
import { deployTag, resourceTag } from "./order";
import type { Region } from "./region";
import { isSpared } from "./spare";
import type { Swept } from "./sweeps";

type Disk = { id: string; resourceId: string };

/** A disk goes with its instance; one that our tag is on and that is attached to nothing was left behind. */
export async function sweepDisks(ctx: Ctx, region: Region, done: Swept): Promise<void> {
  const disks = await looseDisks(ctx, region);
  done.compared.disk = disks.length;
  if (disks.length === 0) return;
  const ids = disks.map(({ resourceId }) => resourceId);
  const rows = await ctx.db
    .select({ id: cloudResources.id })
    .from(cloudResources)
    .where(inArray(cloudResources.id, ids));
  const unknown = disks.filter(({ resourceId }) => !rows.some(({ id }) => id === resourceId));
  const ours = unknown.map(({ id }) => id);
  const isLeft = await isSpared(ctx, region, "disk", ours, disks.length, done);
  for (const { id: diskId } of disks) {
    if (isLeft && ours.includes(diskId)) continue;
    await orGone(call(ctx, region, "DeleteDisk", { diskId }));
    done.orphans++;
    const finding = { finding: "orphan", action: "deleted" } as const;
    await noteFinding(ctx, { hostId: region.hostId, kind: "disk", externalId: diskId, ...finding });
  }
}

async function looseDisks(ctx: Ctx, region: Region): Promise<Disk[]> {
  const all: Disk[] = [];
  let nextToken: string | undefined;
  do {
    const answer = await call(ctx, region, "DescribeDisks", {
      regionId: region.regionId,
      tag: [{ key: deployTag, value: env().DEPLOY_ID }],
      status: "Available",
      maxResults: 100,
      ...(nextToken ? { nextToken } : {}),
    });
    for (const disk of answer.disks?.disk ?? []) {
      if (!disk.diskId || disk.status !== "Available") continue;
      all.push({ id: disk.diskId, resourceId: tagOf(disk, resourceTag) ?? "" });
    }
    nextToken = answer.nextToken || undefined;
  } while (nextToken);
  return all;
}
