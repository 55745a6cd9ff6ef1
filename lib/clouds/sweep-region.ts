import { and, eq, inArray, or } from "drizzle-orm";
import { cloudResources } from "@/db/schema/clouds";
import type { Ctx } from "@/lib/platform/context";
import { toAppError } from "@/lib/platform/errors";
import { alone } from "./alone";
import { CloudError, forPeople } from "./api/cloud-error";
import { bornAt } from "./born-at";
import { pushAway } from "./delete-instance";
import { type Described, describeMany, describeOurs, tagOf } from "./describe";
import { noteFinding, settleFindings } from "./findings";
import { setGuard } from "./instance-calls";
import { carryOn, isKept, pushAwayKept } from "./kept";
import { type CloudResource, changeResource, isNew, isOver, liveResources, writeIntent } from "./ledger";
import { recordAbsent, recordSeen } from "./observe-instance";
import { resourceTag, workspaceTag } from "./order";
import { priceOf } from "./price";
import { loadRegion, type Region } from "./region";
import { accept } from "./run-instance";
import { isSpared } from "./spare";
import { sweepAddresses } from "./sweep-addresses";
import { sweepCopies } from "./sweep-copies";
import { sweepDisks } from "./sweep-disks";
import { newSwept, recordSweep, type Swept } from "./sweeps";

type IsWanted = (workspaceIds: string[]) => Promise<ReadonlySet<string>> | ReadonlySet<string>;

type Args = {
  ctx: Ctx;
  /** `askedBy`: the administrator who did not want to wait. */
  input: { hostId: string; isWanted: IsWanted; askedBy?: string };
};

/**
 * Compares everything of ours in a region with the ledger, and mends the difference: what nobody wants goes, what is
 * missing is told, what is to go is asked to again. `isWanted` says which of these workspaces still live. A cloud that
 * does not answer throws, and nothing is touched. Either way it is written down.
 */
export async function sweepRegion({ ctx, input }: Args): Promise<Swept> {
  const region = await loadRegion(ctx, input.hostId);
  const about = { hostId: region.hostId, askedBy: input.askedBy ?? null, startedAt: ctx.clock.now() };
  const done = newSwept();
  try {
    await compare(ctx, region, input.isWanted, done);
  } catch (error) {
    await recordSweep(ctx, { ...about, ...done, error: codeOf(error) }).catch((unwritten) =>
      ctx.log.warn({ err: unwritten, host: region.hostId }, "a sweep that failed was not written down"),
    );
    throw forPeople(error, ctx.clock.now());
  }
  await recordSweep(ctx, { ...about, ...done, error: null });
  return done;
}

const codeOf = (error: unknown): string => (error instanceof CloudError ? error.code : toAppError(error).key);

async function compare(ctx: Ctx, region: Region, isWanted: IsWanted, done: Swept): Promise<void> {
  // Lists first, rows afterwards: a row is always there before its thing.
  const seen = await describeOurs(ctx, region);
  done.compared.instance = seen.size;
  const rows = await liveResources(ctx, { hostId: region.hostId });
  const wanted = await isWanted([
    ...new Set([...rows.map(ofWorkspace), ...[...seen.values()].map(workspaceOf)]),
  ]);
  await compareInstances(ctx, region, seen, wanted, done);
  await lookForMissing(ctx, region, seen, done);
  for (const row of await liveResources(ctx, { hostId: region.hostId }))
    await alone(ctx, row, done, () => settle(ctx, region, row, wanted, done));
  await sweepCopies(ctx, region, done);
  await sweepDisks(ctx, region, done);
  await sweepAddresses(ctx, region, seen, done);
}

const minute = 60_000;

const ofWorkspace = ({ workspaceId }: CloudResource) => workspaceId ?? "";
const workspaceOf = (one: Described) => tagOf(one, workspaceTag) ?? "";

/** The rows of what the cloud lists, by its id or, where the answer was lost, by our tag. */
async function rowsOfSeen(ctx: Ctx, hostId: string, seen: ReadonlyMap<string, Described>) {
  const ids = [...seen.keys(), ""];
  const tags = [...[...seen.values()].map((one) => tagOf(one, resourceTag) ?? ""), ""];
  const rows = await ctx.db
    .select()
    .from(cloudResources)
    .where(
      and(
        eq(cloudResources.hostId, hostId),
        eq(cloudResources.kind, "instance"),
        or(inArray(cloudResources.externalId, ids), inArray(cloudResources.id, tags)),
      ),
    );
  const byExternal = new Map(rows.map((row) => [row.externalId, row]));
  const byId = new Map(rows.map((row) => [row.id, row]));
  return (id: string): CloudResource | null => {
    const row = byExternal.get(id) ?? byId.get(tagOf(seen.get(id) ?? {}, resourceTag) ?? "");
    return row && (!row.externalId || row.externalId === id) ? row : null;
  };
}

async function compareInstances(
  ctx: Ctx,
  region: Region,
  seen: ReadonlyMap<string, Described>,
  wanted: ReadonlySet<string>,
  done: Swept,
): Promise<void> {
  const rowOf = await rowsOfSeen(ctx, region.hostId, seen);
  const unknown = [...seen.keys()].filter((id) => !rowOf(id));
  const spared = await isSpared(ctx, region, "instance", unknown, seen.size, done);
  for (const [id, found] of seen) {
    const row = rowOf(id);
    if (!row && spared) continue;
    await alone(ctx, { id }, done, async () => {
      if (!row || row.state === "gone") return adopt(ctx, region, id, found, done);
      if (isOver(row) || row.state === "intended") await accept(ctx, row, id, bornAt(ctx, row, found));
      else {
        await recordSeen(ctx, region, row, found);
        await followMarket(ctx, region, row);
        await mendGuard(ctx, region, row, found, done);
      }
      const isOrphan = row.desired === "present" && !isWantedRow(row, wanted);
      if (!isOrphan) return;
      done.orphans++;
      await noteFinding(ctx, {
        ...about(region, id),
        resourceId: row.id,
        finding: "orphan",
        action: "deleted",
      });
      await pushAway(ctx, row);
    });
  }
}

const isWantedRow = (row: CloudResource, wanted: ReadonlySet<string>): boolean =>
  row.workspaceId !== null && wanted.has(row.workspaceId);

const about = ({ hostId }: Region, externalId: string) => ({ hostId, kind: "instance" as const, externalId });

/** It carries our tag, and the ledger does not know it: into the ledger, so that it is deleted however long it takes. */
async function adopt(ctx: Ctx, region: Region, id: string, found: Described, done: Swept): Promise<void> {
  done.orphans++;
  const { instanceType = "", zoneId = "", spotStrategy } = found;
  const spot = spotStrategy !== undefined && spotStrategy !== "NoSpot";
  const wanted = { instanceType, zoneId, spot, systemDisk: anyDisk, internetMbps: 0 };
  const price = await priceOf(ctx, region, wanted).catch(() => ({ running: 0, resting: 0 }));
  const resourceId = ctx.newId();
  await writeIntent(ctx, {
    id: resourceId,
    kind: "instance",
    accountId: region.account.id,
    hostId: region.hostId,
    regionId: region.regionId,
    zoneId,
    // Not the workspace's own: that one may have a row of its own.
    workspaceId: null,
    state: "accepted",
    desired: "gone",
    externalId: id,
    instanceType,
    spot,
    runningPrice: price.running,
    restingPrice: price.resting,
    acceptedAt: bornAt(ctx, null, found),
    seenAt: ctx.clock.now(),
  });
  const detail = workspaceOf(found);
  await noteFinding(ctx, { ...about(region, id), resourceId, finding: "orphan", action: "deleted", detail });
}

/** What a spot instance costs goes up and down with the market. */
async function followMarket(ctx: Ctx, region: Region, row: CloudResource): Promise<void> {
  const { instanceType, zoneId, sizeGb, runningPrice, restingPrice } = row;
  if (!row.spot || !instanceType || !zoneId || runningPrice === 0 || row.state === "deleting") return;
  const { running, resting } = await marketPrice(ctx, region, instanceType, zoneId);
  // The disk's share stays: the list tells of another one.
  const price = running - resting + restingPrice;
  if (price !== runningPrice && sizeGb) await changeResource(ctx, row.id, { runningPrice: price });
}

const anyDisk = { category: "cloud_essd", sizeGb: 40 };
const marketPrice = (ctx: Ctx, region: Region, instanceType: string, zoneId: string) =>
  priceOf(ctx, region, { instanceType, zoneId, spot: true, systemDisk: anyDisk, internetMbps: 0 });

/** Somebody moved the cloud's own guard, or took it away. */
async function mendGuard(
  ctx: Ctx,
  region: Region,
  row: CloudResource,
  found: Described,
  done: Swept,
): Promise<void> {
  if (!row.guardAt || row.desired === "gone" || row.state === "deleting") return;
  const is = found.autoReleaseTime ? Date.parse(found.autoReleaseTime) : Number.NaN;
  if (Math.abs(is - row.guardAt.getTime()) < minute) return;
  const least = ctx.clock.now().getTime() + 35 * minute;
  const guardAt = new Date(Math.ceil(Math.max(row.guardAt.getTime(), least) / minute) * minute);
  await setGuard(ctx, region, row, guardAt);
  const detail = `${found.autoReleaseTime || "-"} → ${guardAt.toISOString()}`;
  const externalId = row.externalId ?? "";
  await noteFinding(ctx, {
    ...about(region, externalId),
    resourceId: row.id,
    finding: "guard",
    action: "mended",
    detail,
  });
  done.mended++;
}

/** What the ledger has and our tag did not find is asked for by name, before anything is said of it. */
async function lookForMissing(
  ctx: Ctx,
  region: Region,
  seen: ReadonlyMap<string, Described>,
  done: Swept,
): Promise<void> {
  const rows = (await liveResources(ctx, { hostId: region.hostId })).filter(
    (row) => row.kind === "instance" && row.externalId && !seen.has(row.externalId) && !isNew(ctx, row),
  );
  for (let at = 0; at < rows.length; at += 100) {
    const part = rows.slice(at, at + 100);
    const found = await describeMany(
      ctx,
      region,
      part.map(({ externalId }) => externalId ?? ""),
    );
    for (const row of part) {
      const there = found.get(row.externalId ?? "");
      if (there) await recordSeen(ctx, region, row, there);
      else if ((await recordAbsent(ctx, row)) && row.desired === "present") done.lost++;
    }
  }
}

/** What is to go is asked to; what was begun is carried on; an intent for nobody is given up. */
async function settle(
  ctx: Ctx,
  region: Region,
  row: CloudResource,
  wanted: ReadonlySet<string>,
  done: Swept,
): Promise<void> {
  const isForNobody = row.kind === "instance" && !row.keptFor && !isWantedRow(row, wanted);
  const isGoing = row.desired === "gone" || (isForNobody && row.state === "intended" && !isNew(ctx, row));
  if (isKept(row)) {
    if (!isGoing) await carryOn(ctx, region, row);
    else if (!(await pushAwayKept(ctx, region, row))) done.pending++;
    return;
  }
  if (row.kind !== "instance" || !isGoing) return;
  if (!(await pushAway(ctx, row))) done.pending++;
  else if (row.externalId) await settleFindings(ctx, row.hostId, row.externalId);
}
