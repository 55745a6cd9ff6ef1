import { and, eq, like } from "drizzle-orm";
import type { z } from "zod";
import { transact } from "@/db/client";
import { cloudAccounts } from "@/db/schema/clouds";
import { hosts } from "@/db/schema/workspaces";
import { recordAudit } from "@/lib/audit";
import { publishChange } from "@/lib/changes";
import type { Ctx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { notFound } from "@/lib/platform/errors";
import { parsed } from "@/lib/platform/parsed";
import { allow } from "./allow";
import { type Action, type Asked, actions, calls } from "./api/calls";
import { call } from "./api/client";
import { CloudError, forPeople } from "./api/cloud-error";
import { ramPolicy } from "./ram-policy";
import { type CloudAccount, type Region, regionOf } from "./region";
import { accountIdInput } from "./schema";

/** What a check found: all is well when nothing is missing and there is no problem. */
export type AccountCheck = {
  /** Where it was tried. */
  regionId: string;
  /** Actions that the keys are not granted. */
  missing: Action[];
  /** Actions that could not be tried, as where there is no vSwitch yet. */
  untried: Action[];
  /** What else is in the way, by the cloud's code: `errors.cloud.<key>` says who can do what. */
  problems: { code: string; key: string }[];
  /** The policy to be granted, as RAM takes it. */
  policy: string;
};

type Args = { ctx: Ctx; input: z.input<typeof accountIdInput> };
const firstRegion = "cn-hangzhou";

/**
 * Tries every call that is ever made, none of which makes or changes anything, and says what is not granted. An account
 * that passes is open for starts again.
 */
export async function checkAccount({ ctx, input }: Args): Promise<AccountCheck> {
  allow(ctx, "manage");
  const { accountId } = parsed(accountIdInput, input);
  const [account] = await ctx.db.select().from(cloudAccounts).where(eq(cloudAccounts.id, accountId));
  if (!account) throw notFound("cloudAccount");
  const regions = await regionsOf(ctx, account);
  const region: Region = regions[0] ?? { hostId: "", regionId: firstRegion, reach: "private", account };
  const regionIds = regions.length ? [...new Set(regions.map(({ regionId }) => regionId))] : [firstRegion];
  const check: AccountCheck = {
    regionId: region.regionId,
    missing: [],
    untried: [],
    problems: [],
    policy: JSON.stringify(ramPolicy(env().DEPLOY_ID, regionIds), null, 2),
  };
  try {
    await tryAll(ctx, region, check);
  } catch (error) {
    throw forPeople(error, ctx.clock.now());
  }
  await write(ctx, account, check);
  return check;
}

async function regionsOf(ctx: Ctx, account: CloudAccount): Promise<Region[]> {
  const rows = await ctx.db
    .select()
    .from(hosts)
    .where(and(eq(hosts.driver, "ecs"), like(hosts.endpoint, `ecs://${account.id}/%`)));
  return Promise.all(rows.map((host) => regionOf(ctx, host)));
}

async function tryAll(ctx: Ctx, region: Region, check: AccountCheck): Promise<void> {
  // Wrong keys are told once, not once for each call.
  const first = await outcome(ctx, region, "DescribeRegions", {});
  note(check, "DescribeRegions", first);
  if (first?.key === "keys") return;
  for (const action of actions) {
    if (action === "DescribeRegions" || action === "RunInstances") continue;
    note(check, action, await outcome(ctx, region, action, harmless(action, region)));
  }
  await tryOrder(ctx, region, check);
}

const none = "labyard0check0none00";
const ofInstance = { instanceId: `i-${none}` };
const far = "2030-01-01T00:00:00Z";

/** Parameters with which a call does nothing: lists of one, or things that do not exist. */
function harmless(action: Action, { regionId }: Region): object {
  const nothing: Partial<Record<Action, object>> = {
    DescribeAvailableResource: {
      regionId,
      destinationResource: "InstanceType",
      instanceType: "ecs.g7.large",
    },
    DescribeInstanceTypes: { maxResults: 10 },
    DescribeInstances: { regionId, maxResults: 10 },
    DescribePrice: {
      regionId,
      resourceType: "instance",
      instanceType: "ecs.g7.large",
      systemDisk: { category: "cloud_essd", size: 40 },
    },
    CreateSnapshot: { diskId: `d-${none}` },
    CreateImage: { regionId, ...ofInstance, dryRun: true },
    StartInstance: { ...ofInstance, dryRun: true },
    StopInstance: { ...ofInstance, dryRun: true },
    DeleteInstance: { ...ofInstance, dryRun: true },
    ModifyInstanceAttribute: { ...ofInstance, deletionProtection: false },
    ModifyInstanceAutoReleaseTime: { ...ofInstance, autoReleaseTime: far },
    ReplaceSystemDisk: { ...ofInstance, imageId: `m-${none}` },
    DeleteDisk: { diskId: `d-${none}` },
    DeleteSnapshot: { snapshotId: `s-${none}` },
    DeleteImage: { regionId, imageId: `m-${none}` },
    ReleaseEipAddress: { allocationId: `eip-${none}` },
  };
  return nothing[action] ?? { regionId };
}

/** Null: it went through. */
async function outcome(ctx: Ctx, region: Region, action: Action, asked: object): Promise<CloudError | null> {
  try {
    await call(ctx, region, action, asked as Asked<Action>);
    return null;
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    if (error.key === "noAnswer") throw error;
    return error;
  }
}

/** That a thing does not exist is said to who may ask for it: only a refusal of the caller counts. */
function note(check: AccountCheck, action: Action, error: CloudError | null): void {
  if (!error) return;
  if (error.key === "forbidden") check.missing.push(action);
  else if (error.kind === "freeze") addProblem(check, error);
  else if (error.kind === "again" || error.kind === "throttled") check.untried.push(action);
}

function addProblem(check: AccountCheck, { code, key }: CloudError): void {
  if (!check.problems.some((one) => one.key === key)) check.problems.push({ code, key });
}

/** A whole order, to be checked alone: whether the account may buy is said to nothing less. */
async function tryOrder(ctx: Ctx, region: Region, check: AccountCheck): Promise<void> {
  const { regionId } = region;
  const order = check.missing.some((action) => isNeeded.has(action)) ? null : await anyOrder(ctx, region);
  if (!order) {
    const error = await outcome(ctx, region, "RunInstances", { regionId, dryRun: true });
    note(check, "RunInstances", error);
    if (error?.key !== "forbidden") check.untried.push("RunInstances");
    return;
  }
  note(check, "RunInstances", await outcome(ctx, region, "RunInstances", order));
}

const isNeeded = new Set<Action>(["DescribeVSwitches", "DescribeSecurityGroups", "DescribeImages"]);

async function anyOrder(ctx: Ctx, region: Region): Promise<object | null> {
  const { regionId } = region;
  const [vSwitches, groups, images, sold] = await Promise.all([
    call(ctx, region, "DescribeVSwitches", { regionId }),
    call(ctx, region, "DescribeSecurityGroups", { regionId }),
    call(ctx, region, "DescribeImages", { regionId, imageOwnerAlias: "system", OSType: "linux" }),
    call(ctx, region, "DescribeAvailableResource", {
      regionId,
      destinationResource: "InstanceType",
      ioOptimized: "optimized",
    }),
  ]);
  for (const vSwitch of vSwitches.vSwitches?.vSwitch ?? []) {
    const group = groups.securityGroups?.securityGroup?.find(({ vpcId }) => vpcId === vSwitch.vpcId);
    const zone = sold.availableZones?.availableZone?.find(({ zoneId }) => zoneId === vSwitch.zoneId);
    const type =
      zone?.availableResources?.availableResource?.[0]?.supportedResources?.supportedResource?.find(
        ({ statusCategory }) => statusCategory === "WithStock",
      );
    const image = images.images?.image?.[0]?.imageId;
    if (!group || !type?.value || !image) continue;
    return {
      regionId,
      dryRun: true,
      imageId: image,
      instanceType: type.value,
      vSwitchId: vSwitch.vSwitchId,
      securityGroupId: group.securityGroupId,
      instanceChargeType: "PostPaid",
      systemDisk: { category: "cloud_essd", size: "40" },
      tag: [{ key: "lab:deploy", value: env().DEPLOY_ID }],
    };
  }
  return null;
}

/** Whether starts may go on: what is needed to make an instance and to end it again. */
const passes = ({ missing, problems }: AccountCheck): boolean =>
  problems.length === 0 && !missing.some((action) => vital.has(action));
const vital = new Set<Action>([...calls.make, ...calls.change, "DescribeInstances", "DescribePrice"]);

async function write(ctx: Ctx, { id }: CloudAccount, check: AccountCheck): Promise<void> {
  const isWell = passes(check);
  await transact(ctx.db, async (tx) => {
    const [before] = await tx.select().from(cloudAccounts).where(eq(cloudAccounts.id, id)).for("update");
    if (!before) return;
    const cause = check.problems[0]?.code ?? (check.missing.length ? "Forbidden.RAM" : "");
    const freed = isWell && before.status === "frozen";
    const froze = !isWell && before.status === "enabled";
    const moved = freed
      ? ({ status: "enabled", frozenCause: null } as const)
      : froze
        ? ({ status: "frozen", frozenCause: cause } as const)
        : {};
    await tx
      .update(cloudAccounts)
      .set({ checked: check, checkedAt: ctx.clock.now(), ...moved })
      .where(eq(cloudAccounts.id, id));
    await recordAudit(ctx, tx, {
      action: "cloudAccount.check",
      targetType: "cloudAccount",
      targetId: id,
      before: { status: before.status },
      after: { ...moved, missing: check.missing, problems: check.problems.map(({ code }) => code) },
    });
    await publishChange(ctx, tx, ["admin"], "cloud.account", { accountId: id });
  });
}

/** The regions that the cloud sells to this account, with their names. */
export async function regionsOfAccount({ ctx, input }: Args): Promise<{ regionId: string; name: string }[]> {
  allow(ctx, "manage");
  const { accountId } = parsed(accountIdInput, input);
  const [account] = await ctx.db.select().from(cloudAccounts).where(eq(cloudAccounts.id, accountId));
  if (!account) throw notFound("cloudAccount");
  const region: Region = { hostId: "", regionId: firstRegion, reach: "private", account };
  try {
    const { regions } = await call(ctx, region, "DescribeRegions", { acceptLanguage: "zh-CN" });
    return (regions?.region ?? []).flatMap(({ regionId, localName }) =>
      regionId ? [{ regionId, name: localName || regionId }] : [],
    );
  } catch (error) {
    throw forPeople(error, ctx.clock.now());
  }
}
