import { and, eq } from "drizzle-orm";
import { type CloudResourceState, cloudResources } from "@/db/schema/clouds";
import type { CloudSpec } from "@/db/schema/templates";
import type { Ctx } from "@/lib/platform/context";
import { seal, unseal } from "@/lib/platform/crypto";
import { AppError, conflict, isDuplicate, notFound } from "@/lib/platform/errors";
import type { Asked } from "./api/calls";
import { call } from "./api/client";
import { CloudError, forPeople } from "./api/cloud-error";
import { rowOf } from "./api/error-table";
import { bornAt, youngest } from "./born-at";
import { derivedId } from "./derived-id";
import { describeInstance } from "./describe";
import { freezeAccount, refuseFrozen } from "./freeze-account";
import { guardTime } from "./guard";
import { backOff, type CloudResource, changeResource, isNew, loadResource, writeIntent } from "./ledger";
import { type Offer, offerName, offersOf } from "./offers";
import { orderOf, type Tags } from "./order";
import { priceOf } from "./price";
import { loadRegion, type Region } from "./region";
import { isKnownShort, noteShort } from "./short-stock";

export type RunInput = {
  hostId: string;
  workspaceId: string;
  spec: CloudSpec;
  password: string;
  hostName?: string;
  /** In place of the template's. */
  userData?: string;
  /** When it should have ended: the cloud's own guard is set some time after it. */
  guardAt: Date;
  tags: Tags;
};

export type Ran = { resourceId: string; externalId: string | null; state: CloudResourceState };

const ran = ({ id, externalId, state }: CloudResource): Ran => ({ resourceId: id, externalId, state });

/**
 * Orders the instance of a workspace, once: repeated, after whatever went wrong, it goes on with the same intent and
 * the same token. `unavailable` is to be repeated; anything else is final, and its message says who can do what.
 */
export async function runInstance({ ctx, input }: { ctx: Ctx; input: RunInput }): Promise<Ran> {
  const region = await loadRegion(ctx, input.hostId);
  for (;;) {
    const before = await rowsOf(ctx, input.workspaceId);
    const row = liveRow(before) ?? (await intend(ctx, region, input, before.length));
    if (!row || row.state === "refused") continue;
    if (row.state !== "intended") return ran(row);
    const done = await ask(ctx, region, input, row);
    if (done) return done;
  }
}

const rowsOf = (ctx: Ctx, workspaceId: string): Promise<CloudResource[]> =>
  ctx.db
    .select()
    .from(cloudResources)
    .where(and(eq(cloudResources.workspaceId, workspaceId), eq(cloudResources.kind, "instance")));

/** What the workspace has already; an instance that nobody wants any more is not ordered again. */
function liveRow(rows: readonly CloudResource[]): CloudResource | null {
  const isOver = rows.some(({ state, desired }) => desired === "gone" || state === "gone");
  if (isOver) throw conflict("cloud.unwanted");
  return rows.find(({ state }) => state !== "refused") ?? null;
}

/** The intent of the first offer. Null: somebody else was first. */
async function intend(
  ctx: Ctx,
  region: Region,
  input: RunInput,
  before: number,
): Promise<CloudResource | null> {
  refuseFrozen(region.account);
  const offers = offersOf(input.spec);
  const place = nextPlace(ctx, region, offers, 0, []) ?? { index: 0, passed: [] };
  // Two who begin at once have seen the same rows and mean the same one: one of them finds the other's.
  const id = derivedId(input.workspaceId, before);
  try {
    const order = await orderRow(ctx, region, input, id, place.index, `${id}-0`);
    const kept = { passedOver: place.passed, workspaceId: input.workspaceId };
    const where = { accountId: region.account.id, hostId: region.hostId, regionId: region.regionId };
    await writeIntent(ctx, { id, kind: "instance", ...where, ...kept, ...order });
  } catch (error) {
    if (!isDuplicate(error)) throw forPeople(error, ctx.clock.now());
  }
  return loadResource(ctx, id);
}

/** The columns that one offer fills: the whole request is kept before it is sent for the first time. */
async function orderRow(
  ctx: Ctx,
  region: Region,
  input: RunInput,
  resourceId: string,
  index: number,
  clientToken: string,
) {
  const { spec } = input;
  const offer = offersOf(spec)[index];
  if (!offer) throw notFound("template");
  const price = await priceOf(ctx, region, { ...spec, ...offer });
  const guardAt = guardTime(ctx.clock.now(), input.guardAt);
  const asked = orderOf({ ...input, resourceId, regionId: region.regionId, offer, guardAt });
  return {
    clientToken,
    request: seal(JSON.stringify({ ...asked, clientToken })),
    offer: index,
    zoneId: offer.zoneId,
    instanceType: offer.instanceType,
    spot: offer.spot,
    sizeGb: spec.systemDisk.sizeGb,
    runningPrice: price.running,
    restingPrice: price.resting,
    guardAt,
    errorCode: null,
    errors: 0,
    retryAt: null,
  };
}

/** Sends the kept request. Null: look at the row again. */
async function ask(ctx: Ctx, region: Region, input: RunInput, row: CloudResource): Promise<Ran | null> {
  if (!row.request) throw new Error(`an intent without its request: ${row.id}`);
  refuseEarly(ctx, row);
  // From here on it may exist: until the cloud says otherwise, the row says that nobody knows. Stop wins before.
  const isUnsure = row.errorCode !== null && rowOf(row.errorCode, null).kind === "again";
  const unsure = { stateAt: ctx.clock.now(), errorCode: isUnsure ? row.errorCode : "NoAnswer" };
  if (!(await still(ctx, row, unsure))) return null;
  try {
    const asked = JSON.parse(unseal(row.request)) as Asked<"RunInstances">;
    const answer = await call(ctx, region, "RunInstances", asked);
    const externalId = answer.instanceIdSets?.instanceIdSet?.[0];
    if (!externalId) throw new CloudError("RunInstances", "InternalError", 500, "an answer without an id");
    return accept(ctx, row, externalId, isUnsure ? await askBirth(ctx, region, row, externalId) : undefined);
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    return refused(ctx, region, input, row, error, isUnsure);
  }
}

function refuseEarly(ctx: Ctx, { retryAt }: CloudResource): void {
  const now = ctx.clock.now();
  if (!retryAt || retryAt <= now) return;
  const seconds = Math.ceil((retryAt.getTime() - now.getTime()) / 1_000);
  throw new AppError("unavailable", "cloud.trouble", { seconds, code: "", action: "RunInstances" });
}

/** Since when there is what an earlier request made, whose answer was lost. What lists lack has just been made. */
async function askBirth(ctx: Ctx, region: Region, row: CloudResource, externalId: string): Promise<Date> {
  try {
    const found = await describeInstance(ctx, region, externalId);
    return found ? bornAt(ctx, row, found) : youngest(ctx, row);
  } catch {
    return row.createdAt;
  }
}

/**
 * The cloud has said the id, and perhaps that it costs since `at`. An intent that was given up meanwhile is not taken
 * up again: what it made is to be deleted, and costs until then.
 */
export async function accept(
  ctx: Ctx,
  { id, clientToken }: CloudResource,
  externalId: string,
  at = ctx.clock.now(),
): Promise<Ran> {
  const acceptedAt = ctx.clock.now();
  const patch = { state: "accepted", externalId, acceptedAt, request: null, retryAt: null } as const;
  const healthy = { errorCode: null, errors: 0 };
  const token = clientToken ? eq(cloudResources.clientToken, clientToken) : undefined;
  const only = and(eq(cloudResources.state, "intended"), token);
  const accepted = await changeResource(ctx, id, { ...patch, ...healthy }, { only, at });
  if (accepted) return ran(accepted);
  const now = await loadResource(ctx, id);
  if (now?.externalId) return ran(now);
  const kept = await changeResource(
    ctx,
    id,
    { ...patch, desired: "gone" },
    { only: eq(cloudResources.state, "refused"), at },
  );
  return kept ? ran(kept) : { resourceId: id, externalId, state: "deleting" };
}

async function refused(
  ctx: Ctx,
  region: Region,
  input: RunInput,
  row: CloudResource,
  error: CloudError,
  isUnsure: boolean,
): Promise<null> {
  const now = ctx.clock.now();
  switch (error.kind) {
    case "again":
    case "throttled":
    case "wait": {
      const retryAt = error.retryAt ?? backOff(ctx, row.errors);
      // That it was too much now says nothing about what became of the same request before.
      const errorCode = isUnsure && error.kind !== "again" ? row.errorCode : error.code;
      await still(ctx, row, { errors: row.errors + 1, errorCode, retryAt });
      throw forPeople(error, now);
    }
    case "elsewhere": {
      await passOver(ctx, region, input, row, error);
      return null;
    }
    case "freeze":
      await still(ctx, row, { state: "refused", errorCode: error.code, request: null });
      await freezeAccount(ctx, region.account, error.code);
      throw forPeople(error, now);
    default:
      // A guard that was right when the request was written, long ago: nothing was made, and it is written anew.
      if (error.key === "guard" && !isNew(ctx, row)) {
        await renew(ctx, region, input, row, row.offer, row.passedOver ?? []);
        return null;
      }
      if (error.key === "token") ctx.log.error({ err: error, resource: row.id }, "a token was used twice");
      await still(ctx, row, { state: "refused", errorCode: error.code, request: null });
      throw forPeople(error, now);
  }
}

/** Writes onto the intent unless another one went on with it meanwhile. */
const still = (ctx: Ctx, { id, clientToken }: CloudResource, patch: Parameters<typeof changeResource>[2]) =>
  changeResource(ctx, id, patch, {
    only: and(
      eq(cloudResources.state, "intended"),
      eq(cloudResources.desired, "present"),
      clientToken ? eq(cloudResources.clientToken, clientToken) : undefined,
    ),
  });

type Passed = { offer: string; code: string };

async function passOver(
  ctx: Ctx,
  region: Region,
  input: RunInput,
  row: CloudResource,
  error: CloudError,
): Promise<void> {
  const offers = offersOf(input.spec);
  const offer = offers[row.offer];
  if (!offer) throw notFound("template");
  noteShort(ctx.clock, region.hostId, offer, error.code);
  const passed = [...(row.passedOver ?? []), { offer: offerName(offer), code: error.code }];
  const next = nextPlace(ctx, region, offers, row.offer + 1, passed);
  if (next) return renew(ctx, region, input, row, next.index, next.passed);
  const all = allPassed(ctx, region, offers, row.offer + 1, passed);
  await still(ctx, row, { state: "refused", errorCode: error.code, request: null, passedOver: all });
  const reasons = all.map((one) => `${one.offer}: ${one.code}`).join("; ");
  throw new AppError("conflict", "cloud.nowhere", { reasons, code: error.code }, { cause: error });
}

/** The next offer that was not sold out a moment ago, with those that are passed over for it. */
function nextPlace(
  ctx: Ctx,
  region: Region,
  offers: Offer[],
  from: number,
  passed: Passed[],
): { index: number; passed: Passed[] } | null {
  const all = [...passed];
  for (let index = from; index < offers.length; index++) {
    const offer = offers[index];
    const code = offer && isKnownShort(ctx.clock, region.hostId, offer);
    if (!code) return { index, passed: all };
    all.push({ offer: offerName(offer), code });
  }
  return null;
}

const allPassed = (ctx: Ctx, region: Region, offers: Offer[], from: number, passed: Passed[]): Passed[] => [
  ...passed,
  ...offers.slice(from).map((offer) => ({
    offer: offerName(offer),
    code: isKnownShort(ctx.clock, region.hostId, offer) ?? "",
  })),
];

/** Another request under another token, which only follows an answer that says that nothing was made. */
async function renew(
  ctx: Ctx,
  region: Region,
  input: RunInput,
  row: CloudResource,
  index: number,
  passedOver: Passed[],
): Promise<void> {
  const number = Number(row.clientToken?.split("-").at(-1) ?? 0) + 1;
  try {
    const order = await orderRow(ctx, region, input, row.id, index, `${row.id}-${number}`);
    await still(ctx, row, { ...order, passedOver });
  } catch (error) {
    throw forPeople(error, ctx.clock.now());
  }
}
