import type { z } from "zod";
import type { CloudSpec } from "@/db/schema/templates";
import type { Ctx } from "@/lib/platform/context";
import { parsed } from "@/lib/platform/parsed";
import { allow } from "./allow";
import type { Action, Answer, Asked } from "./api/calls";
import { call } from "./api/client";
import { forPeople } from "./api/cloud-error";
import { usersOf } from "./image-users";
import { offersOf } from "./offers";
import { type Price, priceOf } from "./price";
import { loadRegion, type Region } from "./region";
import { priceInput, regionInput, typePricesInput } from "./schema";

/** What a region has to offer. What its types cost is asked for those that somebody looks at: {@link typePrices}. */
export type Catalogue = {
  zones: { id: string; name: string }[];
  types: {
    id: string;
    cpus: number;
    memoryMb: number;
    gpus: number;
    /** Zones that do not sell it are left out. */
    stock: { zoneId: string; state: "enough" | "few" | "none" }[];
  }[];
  images: {
    id: string;
    name: string;
    os: "linux" | "windows";
    own: boolean;
    sizeGb: number;
    /** Whose account the cloud gives the password to, by default. */
    user: string;
  }[];
  vSwitches: { id: string; name: string; zoneId: string; vpcId: string; cidr: string; free: number }[];
  securityGroups: { id: string; name: string; vpcId: string }[];
  launchTemplates: { id: string; name: string; version: string }[];
};

type CatalogueType = Catalogue["types"][number];

const freshMs = 3 * 60_000;
const shared = globalThis as typeof globalThis & {
  labyardCatalogues?: Map<string, { at: number; catalogue: Promise<Catalogue> }>;
};

/** What a region has to offer now, as it was within the last minutes. For people who make templates. */
export async function catalogue({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof regionInput>;
}): Promise<Catalogue> {
  allow(ctx, "browse");
  const region = await loadRegion(ctx, parsed(regionInput, input).hostId);
  shared.labyardCatalogues ??= new Map();
  const known = shared.labyardCatalogues.get(region.hostId);
  const at = ctx.clock.now().getTime();
  if (known && Math.abs(at - known.at) < freshMs) return known.catalogue;
  const made = { at, catalogue: read(ctx, region) };
  shared.labyardCatalogues.set(region.hostId, made);
  try {
    return await made.catalogue;
  } catch (error) {
    if (shared.labyardCatalogues.get(region.hostId) === made) shared.labyardCatalogues.delete(region.hostId);
    throw forPeople(error, ctx.clock.now());
  }
}

async function read(ctx: Ctx, region: Region): Promise<Catalogue> {
  const { regionId } = region;
  const [zones, allTypes, stock, images, vSwitches, securityGroups, launchTemplates] = await Promise.all([
    call(ctx, region, "DescribeZones", { regionId, acceptLanguage: "zh-CN" }),
    everyType(ctx, region),
    call(ctx, region, "DescribeAvailableResource", {
      regionId,
      destinationResource: "InstanceType",
      ioOptimized: "optimized",
      instanceChargeType: "PostPaid",
    }),
    everyImage(ctx, region),
    pages(ctx, region, "DescribeVSwitches", {}, (answer) => answer.vSwitches?.vSwitch ?? []),
    pages(ctx, region, "DescribeSecurityGroups", {}, (answer) => answer.securityGroups?.securityGroup ?? []),
    pages(
      ctx,
      region,
      "DescribeLaunchTemplates",
      {},
      (answer) => answer.launchTemplateSets?.launchTemplateSet ?? [],
    ),
  ]);
  const zoneList = (zones.zones?.zone ?? []).map(({ zoneId = "", localName }) => ({
    id: zoneId,
    name: localName || zoneId,
  }));
  return {
    zones: zoneList,
    types: typesOf(allTypes, stockOf(stock)),
    images,
    vSwitches: vSwitches.map((one) => ({
      id: one.vSwitchId ?? "",
      name: one.vSwitchName || (one.vSwitchId ?? ""),
      zoneId: one.zoneId ?? "",
      vpcId: one.vpcId ?? "",
      cidr: one.cidrBlock ?? "",
      free: one.availableIpAddressCount ?? 0,
    })),
    securityGroups: securityGroups.map((one) => ({
      id: one.securityGroupId ?? "",
      name: one.securityGroupName || (one.securityGroupId ?? ""),
      vpcId: one.vpcId ?? "",
    })),
    launchTemplates: launchTemplates.map((one) => ({
      id: one.launchTemplateId ?? "",
      name: one.launchTemplateName ?? "",
      version: String(one.defaultVersionNumber ?? ""),
    })),
  };
}

const pageSize = 50;
/** No list that people choose from is longer. */
const mostPages = 20;

async function pages<A extends Action, T>(
  ctx: Ctx,
  region: Region,
  action: A,
  besides: Asked<A>,
  items: (answer: Answer<A>) => T[],
): Promise<T[]> {
  const all: T[] = [];
  for (let pageNumber = 1; pageNumber <= mostPages; pageNumber++) {
    const asked = { regionId: region.regionId, pageNumber, pageSize, ...besides } as unknown as Asked<A>;
    const page = items(await call(ctx, region, action, asked));
    all.push(...page);
    if (page.length < pageSize) break;
  }
  return all;
}

async function everyType(ctx: Ctx, region: Region) {
  const all: NonNullable<NonNullable<Answer<"DescribeInstanceTypes">["instanceTypes"]>["instanceType"]> = [];
  let nextToken: string | undefined;
  do {
    const answer = await call(ctx, region, "DescribeInstanceTypes", {
      maxResults: 100,
      ...(nextToken ? { nextToken } : {}),
    });
    all.push(...(answer.instanceTypes?.instanceType ?? []));
    nextToken = answer.nextToken || undefined;
  } while (nextToken && all.length < 2_000);
  return all;
}

type Stock = Map<string, CatalogueType["stock"]>;

function stockOf(answer: Answer<"DescribeAvailableResource">): Stock {
  const stock: Stock = new Map();
  for (const zone of answer.availableZones?.availableZone ?? []) {
    for (const resource of zone.availableResources?.availableResource ?? []) {
      for (const { value, statusCategory } of resource.supportedResources?.supportedResource ?? []) {
        if (!value || !zone.zoneId) continue;
        const state =
          statusCategory === "WithStock" ? "enough" : statusCategory === "ClosedWithStock" ? "few" : "none";
        stock.set(value, [...(stock.get(value) ?? []), { zoneId: zone.zoneId, state }]);
      }
    }
  }
  return stock;
}

/** What is sold in the region, small ones first. */
const typesOf = (all: Awaited<ReturnType<typeof everyType>>, stock: Stock): CatalogueType[] =>
  all
    .flatMap((one) => {
      const there = stock.get(one.instanceTypeId ?? "");
      if (!one.instanceTypeId || !there) return [];
      return {
        id: one.instanceTypeId,
        cpus: one.cpuCoreCount ?? 0,
        memoryMb: Math.round((one.memorySize ?? 0) * 1024),
        gpus: one.GPUAmount ?? 0,
        stock: there,
      };
    })
    .sort((a, b) => a.cpus - b.cpus || a.memoryMb - b.memoryMb || a.id.localeCompare(b.id));

async function everyImage(ctx: Ctx, region: Region): Promise<Catalogue["images"]> {
  const of = (imageOwnerAlias: string) =>
    pages(ctx, region, "DescribeImages", { imageOwnerAlias, status: "Available" }, (answer) =>
      (answer.images?.image ?? []).map((one) => ({
        id: one.imageId ?? "",
        name: (imageOwnerAlias === "self" ? one.imageName : one.OSName) || (one.imageId ?? ""),
        os: one.OSType === "windows" ? ("windows" as const) : ("linux" as const),
        own: imageOwnerAlias === "self",
        sizeGb: one.size ?? 0,
        user: usersOf(one)[0] ?? "",
      })),
    );
  const [own, public_] = await Promise.all([of("self"), of("system")]);
  return [...own, ...public_];
}

/** Micro-yuan an hour of an instance without its disk; null: the cloud does not tell. */
export type TypePrice = { id: string; price: number | null; spot: number | null };

const systemDisk = { category: "cloud_essd", sizeGb: 40 };

/** What some types cost, each by itself: one that is not sold leaves the others as they are. */
export async function typePrices({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof typePricesInput>;
}): Promise<TypePrice[]> {
  allow(ctx, "browse");
  const { hostId, types } = parsed(typePricesInput, input);
  const region = await loadRegion(ctx, hostId);
  return Promise.all(
    types.map(async ({ id, spotZoneId }) => {
      const wanted = { instanceType: id, systemDisk, internetMbps: 0 };
      const [price, spot] = await Promise.all([
        alone(priceOf(ctx, region, { ...wanted, zoneId: "", spot: false })),
        // The market of one zone stands for all: it is for orientation.
        spotZoneId ? alone(priceOf(ctx, region, { ...wanted, zoneId: spotZoneId, spot: true })) : null,
      ]);
      return { id, price, spot };
    }),
  );
}

async function alone(price: Promise<Price>): Promise<number | null> {
  try {
    const { running, resting } = await price;
    return running - resting;
  } catch {
    return null;
  }
}

/** What an hour of such a desktop costs with its disk, in micro-yuan: by its first type. `spot` null: no market. */
export type SpecPrice = { onDemand: number; spot: number | null; resting: number };

/** As {@link priceOf}, for what a template says. */
export async function cloudPrice({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof priceInput>;
}): Promise<SpecPrice> {
  allow(ctx, "browse");
  const { hostId, instanceTypes, vSwitches, ...wanted } = parsed(priceInput, input);
  const region = await loadRegion(ctx, hostId);
  const zoneId = vSwitches[0]?.zoneId ?? "";
  const of = (spot: boolean) =>
    priceOf(ctx, region, { ...wanted, instanceType: instanceTypes[0] ?? "", zoneId, spot });
  try {
    const onDemand = await of(false);
    const spot = wanted.spot === "never" ? null : await of(true).catch(() => null);
    return { onDemand: onDemand.running, spot: spot?.running ?? null, resting: onDemand.resting };
  } catch (error) {
    throw forPeople(error, ctx.clock.now());
  }
}

/** The most that an hour of a template may cost, in micro-yuan: the dearest of its offers, for budgets. */
export async function highestPrice({ ctx, input: spec }: { ctx: Ctx; input: CloudSpec }): Promise<number> {
  const region = await loadRegion(ctx, spec.hostId);
  const kinds = new Map(offersOf(spec).map((offer) => [`${offer.instanceType} ${offer.spot}`, offer]));
  try {
    const prices = await Promise.all(
      [...kinds.values()].map((offer) => priceOf(ctx, region, { ...spec, ...offer })),
    );
    return Math.max(0, ...prices.map(({ running }) => running));
  } catch (error) {
    throw forPeople(error, ctx.clock.now());
  }
}
