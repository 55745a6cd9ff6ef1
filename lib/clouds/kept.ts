import { and, eq, inArray } from "drizzle-orm";
import { cloudResources } from "@/db/schema/clouds";
import type { Ctx } from "@/lib/platform/context";
import { seal, unseal } from "@/lib/platform/crypto";
import { isDuplicate } from "@/lib/platform/errors";
import type { Asked } from "./api/calls";
import { call } from "./api/client";
import { CloudError, forPeople } from "./api/cloud-error";
import { derivedId } from "./derived-id";
import { describeInstance } from "./describe";
import { noteFinding, settleFindings } from "./findings";
import { freezeAccount } from "./freeze-account";
import {
  backOff,
  type CloudResource,
  changeResource,
  isNew,
  isOver,
  loadResource,
  writeIntent,
} from "./ledger";
import { resourceTag } from "./order";
import { snapshotPrice } from "./price";
import type { Region } from "./region";

export type KeptKind = "snapshot" | "image";
export type KeptRow = CloudResource & { kind: KeptKind };
export const isKept = (row: CloudResource): row is KeptRow => row.kind === "snapshot" || row.kind === "image";

/** `done`: it stands by itself, and what it was made of may go. */
export type Kept = { resourceId: string; externalId: string | null; done: boolean };

const kept = (row: CloudResource): Kept => ({
  resourceId: row.id,
  externalId: row.externalId,
  done: row.state === "running",
});

type Wish<K extends KeptKind> = {
  kind: K;
  /** Of what, and as what: the same wish finds what was made for it. */
  of: string;
  name?: string;
  workspaceId: string | null;
  keptFor: "unsaved" | "classImage";
  zoneId: string | null;
  sizeGb: number;
  asked: (resourceId: string) => Asked<K extends "snapshot" ? "CreateSnapshot" : "CreateImage">;
};

/** Writes the intent of a copy and asks for it; repeated, it goes on with the same one until it is `done`. */
export async function keep<K extends KeptKind>(ctx: Ctx, region: Region, wish: Wish<K>): Promise<Kept> {
  for (let n = 0; ; n++) {
    const id = derivedId(wish.of, `${wish.kind} ${wish.keptFor} ${wish.name ?? ""} ${n}`);
    const row = await loadResource(ctx, id);
    if (row && isKept(row) && !isOver(row)) return kept(await carryOn(ctx, region, row));
    if (row) continue;
    const price = await snapshotPrice(ctx, region, wish.sizeGb);
    const clientToken = `${id}-0`;
    try {
      await writeIntent(ctx, {
        id,
        kind: wish.kind,
        accountId: region.account.id,
        hostId: region.hostId,
        regionId: region.regionId,
        zoneId: wish.zoneId,
        workspaceId: wish.workspaceId,
        keptFor: wish.keptFor,
        clientToken,
        request: seal(JSON.stringify({ ...wish.asked(id), clientToken })),
        sizeGb: wish.sizeGb,
        runningPrice: price,
        restingPrice: price,
      });
    } catch (error) {
      if (!isDuplicate(error)) throw error;
    }
    // Written, by whomever: the next look at the same id goes on with it.
    n--;
  }
}

/** One step of a copy: asked for, looked at. The row as it is then. */
export async function carryOn(ctx: Ctx, region: Region, row: KeptRow): Promise<CloudResource> {
  if (isOver(row) || row.desired === "gone" || row.state === "running") return row;
  try {
    const asked = row.externalId ? row : await ask(ctx, region, row);
    return asked.externalId && isKept(asked) ? await look(ctx, region, asked, asked.externalId) : asked;
  } catch (error) {
    throw forPeople(error, ctx.clock.now());
  }
}

async function ask(ctx: Ctx, region: Region, row: KeptRow): Promise<CloudResource> {
  if (!row.request) throw new Error(`an intent without its request: ${row.id}`);
  const asked = JSON.parse(unseal(row.request)) as { instanceId?: string };
  const only = and(eq(cloudResources.state, "intended"), eq(cloudResources.desired, "present"));
  // From here on it may exist, until the cloud says otherwise.
  const unsure = { stateAt: ctx.clock.now(), errorCode: "NoAnswer" };
  if (!(await changeResource(ctx, row.id, unsure, { only }))) return (await loadResource(ctx, row.id)) ?? row;
  try {
    const externalId =
      row.kind === "snapshot"
        ? (await call(ctx, region, "CreateSnapshot", asked)).snapshotId
        : (await call(ctx, region, "CreateImage", asked)).imageId;
    if (!externalId) throw new CloudError("Create", "InternalError", 500, "an answer without an id");
    const at = ctx.clock.now();
    const made = {
      state: "accepted",
      externalId,
      acceptedAt: at,
      request: null,
      errors: 0,
      errorCode: null,
    } as const;
    return (
      (await changeResource(ctx, row.id, made, { only: eq(cloudResources.state, "intended"), at })) ??
      (await loadResource(ctx, row.id)) ??
      row
    );
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    if (error.kind === "wait" && asked.instanceId) await stopFor(ctx, region, asked.instanceId);
    const isPassing = error.kind === "again" || error.kind === "throttled" || error.kind === "wait";
    await changeResource(ctx, row.id, {
      errorCode: error.code,
      errors: row.errors + 1,
      retryAt: error.retryAt ?? backOff(ctx, row.errors),
      ...(isPassing ? {} : { state: "refused" as const, request: null }),
    });
    if (error.kind === "freeze") await freezeAccount(ctx, region.account, error.code);
    throw error;
  }
}

/** Where the cloud makes images of stopped instances only; it keeps its place and its price meanwhile. */
async function stopFor(ctx: Ctx, region: Region, instanceId: string): Promise<void> {
  const found = await describeInstance(ctx, region, instanceId);
  if (found?.status !== "Running") return;
  await call(ctx, region, "StopInstance", { instanceId, stoppedMode: "KeepCharging" });
}

/** Whether the cloud still copies something of a workspace's instance: gone, it would take the copy along. */
export async function isBeingCopied(ctx: Ctx, region: Region, workspaceId: string): Promise<boolean> {
  const rows = await ctx.db
    .select()
    .from(cloudResources)
    .where(
      and(
        eq(cloudResources.workspaceId, workspaceId),
        eq(cloudResources.state, "accepted"),
        eq(cloudResources.desired, "present"),
        inArray(cloudResources.kind, ["snapshot", "image"]),
      ),
    );
  const states = await Promise.all(rows.filter(isKept).map((row) => carryOn(ctx, region, row)));
  return states.some(({ state, desired }) => state === "accepted" && desired === "present");
}

const imageStatuses = "Creating,Waiting,Available,UnAvailable,CreateFailed,Deprecated";

/** How far a copy is: `done`, `making`, `failed`; null: the cloud has none of that id. */
async function progressOf(
  ctx: Ctx,
  region: Region,
  kind: KeptKind,
  id: string,
): Promise<"done" | "making" | "failed" | null> {
  const { regionId } = region;
  if (kind === "snapshot") {
    const answer = await call(ctx, region, "DescribeSnapshots", {
      regionId,
      snapshotIds: JSON.stringify([id]),
    });
    const status = answer.snapshots?.snapshot?.[0]?.status;
    return status ? (status === "accomplished" ? "done" : status === "failed" ? "failed" : "making") : null;
  }
  const answer = await call(ctx, region, "DescribeImages", { regionId, imageId: id, status: imageStatuses });
  const status = answer.images?.image?.[0]?.status;
  if (!status) return null;
  if (status === "Available" || status === "Deprecated") return "done";
  return status === "CreateFailed" || status === "UnAvailable" ? "failed" : "making";
}

async function look(ctx: Ctx, region: Region, row: KeptRow, externalId: string): Promise<CloudResource> {
  const progress = await progressOf(ctx, region, row.kind, externalId);
  const seenAt = ctx.clock.now();
  if (progress === "done") {
    // From now on an image is its class's, and no workspace's any more.
    const owner = row.keptFor === "classImage" ? { workspaceId: null } : {};
    return (await changeResource(ctx, row.id, { state: "running", seenAt, ...owner })) ?? row;
  }
  if (progress === "failed") {
    // What the cloud could not make is of no use to anybody, and costs.
    return (await changeResource(ctx, row.id, { desired: "gone", errorCode: "CreateFailed", seenAt })) ?? row;
  }
  if (progress === null && !isNew(ctx, row)) return (await recordKeptGone(ctx, row)) ?? row;
  return row;
}

async function recordKeptGone(ctx: Ctx, row: KeptRow): Promise<CloudResource | null> {
  const at = ctx.clock.now();
  const over = await changeResource(ctx, row.id, {
    state: "gone",
    desired: "gone",
    goneAt: at,
    retryAt: null,
  });
  if (over && row.externalId) {
    if (row.desired === "present") {
      const finding = { finding: "lost", action: "raised" } as const;
      await noteFinding(ctx, { ...row, ...finding, externalId: row.externalId, resourceId: row.id });
    } else await settleFindings(ctx, row.hostId, row.externalId);
  }
  return over;
}

/** Whether the cloud still has a copy that the ledger has; where it has not, the ledger and the report say so. */
export async function confirmKept(ctx: Ctx, region: Region, row: KeptRow): Promise<boolean> {
  if (!row.externalId || isNew(ctx, row)) return true;
  if ((await progressOf(ctx, region, row.kind, row.externalId)) !== null) return true;
  await recordKeptGone(ctx, row);
  return false;
}

/** One step towards the end of a copy; true when the cloud has none of it. An image takes its snapshots along. */
export async function pushAwayKept(ctx: Ctx, region: Region, before: KeptRow): Promise<boolean> {
  const row = await changeResource(ctx, before.id, { desired: "gone" });
  if (!row || isOver(row)) return true;
  if (!row.externalId) {
    // Perhaps it was made, and is not listed yet; what is there later, the sweep finds by its tag.
    const isUnsure = row.errorCode === "NoAnswer" || row.errorCode === "InternalError";
    if (isUnsure && isNew(ctx, { ...row, acceptedAt: row.stateAt })) return false;
    return (await changeResource(ctx, row.id, { state: "refused", request: null })) !== null;
  }
  if (row.retryAt && row.retryAt > ctx.clock.now()) return false;
  try {
    await deleteCopy(ctx, region, before.kind, row.id, row.externalId);
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    const { code } = error;
    const retryAt = error.retryAt ?? backOff(ctx, row.errors);
    await changeResource(ctx, row.id, { errorCode: code, errors: row.errors + 1, retryAt });
    if (error.kind === "again" || error.kind === "throttled" || error.kind === "wait") return false;
    const finding = { finding: "blocked", detail: code } as const;
    await noteFinding(ctx, { ...row, ...finding, externalId: row.externalId, resourceId: row.id });
    return false;
  }
  await recordKeptGone(ctx, { ...row, kind: before.kind });
  return true;
}

/** Deletes by the cloud's id; fine if it is gone. */
export async function deleteCopy(
  ctx: Ctx,
  region: Region,
  kind: KeptKind,
  resourceId: string | null,
  id: string,
): Promise<void> {
  if (kind === "snapshot")
    return orGone(call(ctx, region, "DeleteSnapshot", { snapshotId: id, force: false }));
  const { regionId } = region;
  const [images, tagged] = await Promise.all([
    call(ctx, region, "DescribeImages", { regionId, imageId: id, status: imageStatuses }),
    resourceId
      ? call(ctx, region, "DescribeSnapshots", {
          regionId,
          tag: [{ key: resourceTag, value: resourceId }],
          maxResults: 100,
        })
      : null,
  ]);
  const mapped = images.images?.image?.[0]?.diskDeviceMappings?.diskDeviceMapping ?? [];
  const parts = new Set([
    ...mapped.map(({ snapshotId }) => snapshotId),
    ...(tagged?.snapshots?.snapshot ?? []).map(({ snapshotId }) => snapshotId),
  ]);
  await orGone(call(ctx, region, "DeleteImage", { regionId, imageId: id, force: true }));
  for (const snapshotId of parts) {
    if (snapshotId) await orGone(call(ctx, region, "DeleteSnapshot", { snapshotId, force: true }));
  }
}

/** That there is none is what was wanted. */
export async function orGone(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof CloudError) || !error.code.endsWith(".NotFound")) throw error;
  }
}
