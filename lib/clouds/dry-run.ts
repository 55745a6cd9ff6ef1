import type { CloudSpec } from "@/db/schema/templates";
import type { Ctx } from "@/lib/platform/context";
import { conflict } from "@/lib/platform/errors";
import { call } from "./api/client";
import { CloudError, forPeople } from "./api/cloud-error";
import { guardTime } from "./guard";
import { usersOf } from "./image-users";
import { type Offer, offerName, offersOf } from "./offers";
import { orderOf, ordinaryUser } from "./order";
import { loadRegion, type Region } from "./region";

/** What the cloud would say to each offer of a template; `code` null: it could be had now. */
export type DryRun = { offer: string; code: string | null; key: string }[];

/** Asks the cloud to check a template without making anything; throws what is wrong with all of it. */
export async function dryRun({
  ctx,
  input: { spec },
}: {
  ctx: Ctx;
  input: { spec: CloudSpec };
}): Promise<DryRun> {
  const region = await loadRegion(ctx, spec.hostId);
  await checkUser(ctx, region, spec);
  const answers: DryRun = [];
  for (const offer of offersOf(spec)) {
    const error = await tryOffer(ctx, region, spec, offer);
    if (error && error.kind !== "elsewhere") throw forPeople(error, ctx.clock.now());
    answers.push({ offer: offerName(offer), code: error?.code ?? null, key: error?.key ?? "checked" });
  }
  return answers;
}

/** `ecs-user` is the cloud's to make, and only newer images let it; any other account is made at the first start. */
async function checkUser(ctx: Ctx, region: Region, { image, os, user }: CloudSpec): Promise<void> {
  if (os !== "linux" || user !== ordinaryUser) return;
  const asked = { regionId: region.regionId, imageId: image };
  const { images } = await call(ctx, region, "DescribeImages", asked).catch((error: unknown) => {
    throw forPeople(error, ctx.clock.now());
  });
  const found = images?.image?.[0];
  // One that is not there is refused with the order.
  if (found && !usersOf(found).includes(user)) throw conflict("cloud.noOrdinaryUser", { user });
}

/** Null: the cloud would take the order. */
async function tryOffer(ctx: Ctx, region: Region, spec: CloudSpec, offer: Offer): Promise<CloudError | null> {
  const now = ctx.clock.now();
  const asked = orderOf({
    resourceId: "dry-run",
    workspaceId: "dry-run",
    regionId: region.regionId,
    spec,
    offer,
    // Never used: nothing is made.
    password: "Dry-Run-2026",
    guardAt: guardTime(now, now),
    tags: { expires: now },
  });
  try {
    await call(ctx, region, "RunInstances", { ...asked, dryRun: true });
    return null;
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    return error.kind === "checked" ? null : error;
  }
}
