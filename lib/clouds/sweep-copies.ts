import { and, eq, inArray } from "drizzle-orm";
import { cloudResources } from "@/db/schema/clouds";
import type { Ctx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { call } from "./api/client";
import { noteFinding } from "./findings";
import { confirmKept, deleteCopy, isKept, type KeptKind } from "./kept";
import { changeResource, isOver } from "./ledger";
import { deployTag, resourceTag } from "./order";
import type { Region } from "./region";
import { isSpared } from "./spare";
import type { Swept } from "./sweeps";

type Copy = { kind: KeptKind; id: string; resourceId: string | null };
type Tagged = { tags?: { tag?: { tagKey?: string; tagValue?: string }[] } };

const pageSize = 100;
const mostPages = 50;

/** Snapshots and images with our tag: what is kept for nobody goes, what the cloud has lost is told. */
export async function sweepCopies(ctx: Ctx, region: Region, done: Swept): Promise<void> {
  const [images, snapshots] = [await imagesOf(ctx, region), await snapshotsOf(ctx, region)];
  Object.assign(done.compared, { image: images.length, snapshot: snapshots.length });
  const copies = [...images, ...snapshots];
  const rows = (
    await ctx.db
      .select()
      .from(cloudResources)
      .where(
        and(eq(cloudResources.hostId, region.hostId), inArray(cloudResources.kind, ["snapshot", "image"])),
      )
  ).filter(isKept);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const byExternal = new Map(rows.map((row) => [row.externalId, row]));
  const rowOf = (copy: Copy) => byExternal.get(copy.id) ?? byId.get(copy.resourceId ?? "");
  const unknown = copies.filter((copy) => !rowOf(copy)).map(({ id }) => id);
  const isLeft = await isSpared(ctx, region, "snapshot", unknown, copies.length, done);
  for (const copy of copies) {
    const row = rowOf(copy);
    if (row && !isOver(row)) {
      if (row.externalId || row.kind !== copy.kind) continue;
      // Its answer was lost: the tag says whose it is.
      const at = row.stateAt;
      const only = eq(cloudResources.state, "intended");
      const known = { state: "accepted", externalId: copy.id, acceptedAt: at, request: null } as const;
      await changeResource(ctx, row.id, known, { only, at });
      continue;
    }
    if (!row && isLeft) continue;
    await deleteCopy(ctx, region, copy.kind, copy.resourceId, copy.id);
    done.orphans++;
    const finding = { finding: "orphan", action: "deleted" } as const;
    const { id: externalId, kind } = copy;
    await noteFinding(ctx, { hostId: region.hostId, kind, externalId, resourceId: row?.id, ...finding });
  }
  const there = new Set(copies.map(({ id }) => id));
  for (const row of rows) {
    if (isOver(row) || !row.externalId || there.has(row.externalId)) continue;
    if (!(await confirmKept(ctx, region, row)) && row.desired === "present") done.lost++;
  }
}

const ours = () => [{ key: deployTag, value: env().DEPLOY_ID }];
const resourceOf = (one: Tagged) =>
  one.tags?.tag?.find(({ tagKey }) => tagKey === resourceTag)?.tagValue ?? null;

async function imagesOf(ctx: Ctx, region: Region): Promise<Copy[]> {
  const all: Copy[] = [];
  for (let pageNumber = 1; pageNumber <= mostPages; pageNumber++) {
    const { images } = await call(ctx, region, "DescribeImages", {
      regionId: region.regionId,
      imageOwnerAlias: "self",
      status: "Creating,Waiting,Available,UnAvailable,CreateFailed,Deprecated",
      tag: ours(),
      pageNumber,
      pageSize,
    });
    const page = images?.image ?? [];
    for (const one of page) {
      if (one.imageId) all.push({ kind: "image", id: one.imageId, resourceId: resourceOf(one) });
    }
    if (page.length < pageSize) break;
  }
  return all;
}

async function snapshotsOf(ctx: Ctx, region: Region): Promise<Copy[]> {
  const all: Copy[] = [];
  let nextToken: string | undefined;
  do {
    const answer = await call(ctx, region, "DescribeSnapshots", {
      regionId: region.regionId,
      tag: ours(),
      maxResults: pageSize,
      ...(nextToken ? { nextToken } : {}),
    });
    for (const one of answer.snapshots?.snapshot ?? []) {
      if (one.snapshotId) all.push({ kind: "snapshot", id: one.snapshotId, resourceId: resourceOf(one) });
    }
    nextToken = answer.nextToken || undefined;
  } while (nextToken);
  return all;
}
