import type { CloudSpec } from "@/db/schema/templates";
import type { Ctx } from "@/lib/platform/context";
import { call } from "./api/client";
import type { Region } from "./region";

/** Micro-yuan an hour: all while it runs (an address: is bound), and what goes on while it is stopped (is not). */
export type Price = { running: number; resting: number };

type Wanted = Pick<CloudSpec, "systemDisk" | "internetMbps"> & {
  instanceType: string;
  zoneId: string;
  spot: boolean;
};

const freshMs = 10 * 60_000;
const shared = globalThis as typeof globalThis & {
  labyardCloudPrices?: Map<string, { at: number; price: Promise<Price> }>;
};

const micro = (yuan: number | undefined): number => Math.round((yuan ?? 0) * 1_000_000);

/** What the cloud asks for one instance; what it said in the last ten minutes is still right, and a class asks once. */
export async function priceOf(ctx: Ctx, region: Region, wanted: Wanted): Promise<Price> {
  const { instanceType, zoneId, spot, systemDisk, internetMbps } = wanted;
  shared.labyardCloudPrices ??= new Map();
  const prices = shared.labyardCloudPrices;
  const key = [
    region.account.endpoint,
    region.hostId,
    instanceType,
    spot ? zoneId : "",
    systemDisk.category,
    systemDisk.sizeGb,
    internetMbps > 0,
  ].join(" ");
  const at = ctx.clock.now().getTime();
  const known = prices.get(key);
  if (known && Math.abs(at - known.at) < freshMs) return known.price;
  const asked = { at, price: askPrice(ctx, region, wanted) };
  prices.set(key, asked);
  try {
    return await asked.price;
  } catch (error) {
    if (prices.get(key) === asked) prices.delete(key);
    throw error;
  }
}

async function askPrice(ctx: Ctx, region: Region, wanted: Wanted): Promise<Price> {
  const { instanceType, zoneId, spot, systemDisk, internetMbps } = wanted;
  const { priceInfo } = await call(ctx, region, "DescribePrice", {
    regionId: region.regionId,
    resourceType: "instance",
    instanceType,
    systemDisk: { category: systemDisk.category, size: systemDisk.sizeGb },
    ...(spot ? { zoneId, spotStrategy: "SpotAsPriceGo", spotDuration: 0 } : {}),
    priceUnit: "Hour",
    period: 1,
    amount: 1,
    internetMaxBandwidthOut: internetMbps,
    internetChargeType: "PayByTraffic",
  });
  const details = priceInfo?.price?.detailInfos?.detailInfo ?? [];
  const disk = details.find(({ resource }) => resource === "systemDisk");
  return { running: micro(priceInfo?.price?.tradePrice), resting: micro(disk?.tradePrice) };
}

/** What a GiB of a snapshot costs in an hour by the price list, should the cloud not say. */
const snapshotGibHour = 167;

/** Micro-yuan an hour. An image costs what its snapshots cost. */
export async function snapshotPrice(ctx: Ctx, region: Region, sizeGb: number): Promise<number> {
  try {
    const { priceInfo } = await call(ctx, region, "DescribePrice", {
      regionId: region.regionId,
      resourceType: "snapshot",
      capacity: sizeGb,
      priceUnit: "Hour",
      period: 1,
    });
    const price = micro(priceInfo?.price?.tradePrice);
    return price > 0 ? price : snapshotGibHour * sizeGb;
  } catch {
    return snapshotGibHour * sizeGb;
  }
}

/** What holding an address that is bound to nothing costs in an hour by the price list: the API does not tell it. */
const holdingHour = 20_000;

/**
 * Micro-yuan an hour of an address of its own with so much bandwidth to pay for (0: it is paid by traffic, which is not
 * in here): bound to an instance, and to nothing.
 */
export async function addressPrice(ctx: Ctx, region: Region, paidMbps: number): Promise<Price> {
  let running = 0;
  if (paidMbps > 0) {
    const { priceInfo } = await call(ctx, region, "DescribePrice", {
      regionId: region.regionId,
      resourceType: "bandwidth",
      internetMaxBandwidthOut: paidMbps,
      internetChargeType: "PayByBandwidth",
      priceUnit: "Hour",
      period: 1,
    });
    running = micro(priceInfo?.price?.tradePrice);
  }
  return { running, resting: running + holdingHour };
}
