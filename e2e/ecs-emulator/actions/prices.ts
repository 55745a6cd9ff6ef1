import { instanceTypes, typeOf, zones } from "../catalog";
import { second } from "../clock";
import { yuan } from "../prices";
import { invalid, Refusal } from "../refusal";
import type { Action, Call } from "./call";
import { readCategory } from "./order";

const describePrice: Action = (call) => {
  const { cloud, asked } = call;
  call.region();
  const kind = asked.word("ResourceType", "instance", "disk", "snapshot", "bandwidth");
  const details: { Resource: string; micro: number; full: number }[] = [];
  const add = (Resource: string, micro: number, full = micro) => details.push({ Resource, micro, full });
  if (kind === "instance") {
    const type = asked.need("InstanceType");
    if (!typeOf(type)) throw new Refusal(400, "InvalidInstanceType.ValueNotSupported");
    const isSpot = asked.word("SpotStrategy", "NoSpot", "SpotAsPriceGo", "SpotWithPriceLimit") !== "NoSpot";
    add(
      "instanceType",
      isSpot ? cloud.prices.spot(type) : cloud.prices.instance(type),
      cloud.prices.instance(type),
    );
    const disk = asked.group("SystemDisk");
    add("systemDisk", cloud.prices.disk(readCategory(disk, "SystemDisk"), disk.number("Size") ?? 40));
    const mbps = asked.number("InternetMaxBandwidthOut") ?? 0;
    add(
      "bandwidth",
      cloud.prices.bandwidth(mbps, asked.word("InternetChargeType", "PayByTraffic", "PayByBandwidth")),
    );
  } else if (kind === "snapshot") {
    add("snapshot", cloud.prices.snapshot(asked.number("Capacity") ?? 1));
  } else if (kind === "bandwidth") {
    const chargeType = asked.word("InternetChargeType", "PayByTraffic", "PayByBandwidth");
    add("bandwidth", cloud.prices.bandwidth(asked.number("InternetMaxBandwidthOut") ?? 0, chargeType));
  }
  for (const disk of asked.groups("DataDisk")) {
    add("dataDisk", cloud.prices.disk(readCategory(disk, "DataDisk"), disk.number("Size") ?? 20));
  }
  const amount = asked.number("Amount") ?? 1;
  const sum = (key: "micro" | "full") => yuan(details.reduce((all, one) => all + one[key], 0) * amount);
  return {
    PriceInfo: {
      Price: {
        Currency: "CNY",
        OriginalPrice: sum("full"),
        TradePrice: sum("micro"),
        DiscountPrice: yuan(Math.round((sum("full") - sum("micro")) * 1e6)),
        DetailInfos: {
          DetailInfo: details.map(({ Resource, micro, full }) => ({
            Resource,
            OriginalPrice: yuan(full * amount),
            TradePrice: yuan(micro * amount),
            DiscountPrice: yuan((full - micro) * amount),
          })),
        },
      },
      Rules: { Rule: [] },
    },
  };
};

const zonesOf = (call: Call) => {
  const { id } = call.region();
  const wanted = call.asked.text("ZoneId");
  return zones.filter((one) => one.regionId === id && (wanted === undefined || wanted === one.id));
};

const describeAvailable: Action = (call) => {
  const { cloud, asked } = call;
  const kind = asked.need("DestinationResource");
  if (!["InstanceType", "SystemDisk", "DataDisk", "Zone"].includes(kind))
    throw invalid("DestinationResource");
  const type = asked.text("InstanceType");
  const cores = asked.number("Cores");
  const memory = asked.number("Memory");
  const types = instanceTypes.filter(
    (one) =>
      (type === undefined || one.id === type) &&
      (cores === undefined || one.cores === cores) &&
      (memory === undefined || one.memoryGib === memory),
  );
  const available = zonesOf(call).flatMap((zone) => {
    const sold = types.flatMap(({ id }) => {
      const left = cloud.stock.left(zone.id, id);
      return left === undefined ? [] : [{ id, left }];
    });
    if (sold.length === 0) return [];
    const has = sold.some((one) => one.left > 0);
    const resources = kind.endsWith("Disk")
      ? ["cloud_efficiency", "cloud_essd"].map((Value) => ({
          Value,
          Status: "Available",
          StatusCategory: "WithStock",
          Min: 20,
          Max: 2_048,
          Unit: "GiB",
        }))
      : sold.map(({ id, left }) => ({
          Value: id,
          Status: left > 0 ? "Available" : "SoldOut",
          StatusCategory: left > 0 ? "WithStock" : "WithoutStock",
        }));
    return [
      {
        RegionId: zone.regionId,
        ZoneId: zone.id,
        Status: has ? "Available" : "SoldOut",
        StatusCategory: has ? "WithStock" : "WithoutStock",
        AvailableResources: {
          AvailableResource: [{ Type: kind, SupportedResources: { SupportedResource: resources } }],
        },
      },
    ];
  });
  return { AvailableZones: { AvailableZone: available } };
};

const describeSpotPrices: Action = (call) => {
  const { cloud, asked } = call;
  const type = asked.need("InstanceType");
  return {
    Currency: "CNY",
    NextOffset: 0,
    SpotPrices: {
      SpotPriceType: zonesOf(call).map((zone) => ({
        ZoneId: zone.id,
        InstanceType: type,
        NetworkType: "vpc",
        IoOptimized: "optimized",
        Timestamp: second(cloud.clock.now()),
        SpotPrice: yuan(cloud.prices.spot(type)),
        OriginPrice: yuan(cloud.prices.instance(type)),
      })),
    },
  };
};

export const priceActions: Record<string, Action> = {
  DescribePrice: describePrice,
  DescribeAvailableResource: describeAvailable,
  DescribeSpotPriceHistory: describeSpotPrices,
};
