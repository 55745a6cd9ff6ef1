import { diskCategories, typeOf } from "../catalog";
import type { Image } from "../images";
import type { Order } from "../instance";
import type { Parameters } from "../parameters";
import { invalid, malformed, Refusal, unknownThing } from "../refusal";
import { readTags } from "../tags";
import type { Call } from "./call";

const halfHour = 30 * 60_000;
const threeYears = 3 * 365 * 86_400_000;

/** Reads what an order of instances says, with the refusals of the cloud. */
export function readOrder(call: Call, asked: Parameters): Order {
  const { cloud } = call;
  const { id: regionId } = call.region();
  const image = cloud.images.usable(asked.need("ImageId"), regionId);
  const type = asked.need("InstanceType");
  if (!typeOf(type)) {
    throw new Refusal(400, "InvalidInstanceType.ValueNotSupported", `The type ${type} is not supported.`);
  }
  if (asked.word("InstanceChargeType", "PostPaid", "PrePaid") === "PrePaid") {
    throw new Refusal(403, "InvalidPayMethod", "The specified pay method is not valid.");
  }
  const securityGroupIds = readSecurityGroups(asked, regionId);
  const zone = cloud.network.zoneOf(asked.need("VSwitchId"));
  if (zone.regionId !== regionId) throw unknownThing("VSwitchId", zone.vSwitchId);
  const zoneId = asked.text("ZoneId") ?? zone.id;
  if (zoneId !== zone.id) {
    throw new Refusal(
      400,
      "InvalidParameter.Mismatch",
      "The specified vSwitch is not in the specified zone.",
    );
  }
  const name = asked.text("InstanceName") ?? "";
  if (name && (name.length < 2 || name.length > 128)) throw malformed("InstanceName");
  const spotStrategy = asked.word("SpotStrategy", "NoSpot", "SpotAsPriceGo", "SpotWithPriceLimit");
  const spotPriceLimit = asked.number("SpotPriceLimit");
  if (spotStrategy === "SpotWithPriceLimit" && spotPriceLimit === undefined) throw invalid("SpotPriceLimit");
  return {
    regionId,
    zoneId,
    type,
    image,
    vSwitchId: zone.vSwitchId,
    vpcId: `vpc-${regionId}`,
    securityGroupIds,
    name,
    hostName: readHostName(asked, image),
    description: asked.text("Description") ?? "",
    password: readPassword(asked.text("Password"), image),
    loginName: loginOf(image, asked.group("ImageOptions").flag("LoginAsNonRoot")),
    spotStrategy,
    spotPriceLimit,
    spotInterruption: asked.word("SpotInterruptionBehavior", "Terminate", "Stop"),
    bandwidthMbps: readBandwidth(asked),
    internetChargeType: asked.word("InternetChargeType", "PayByTraffic", "PayByBandwidth"),
    disk: readSystemDisk(asked, image),
    dataDisks: asked.groups("DataDisk").map((one) => ({
      category: readCategory(one, "DataDisk"),
      sizeGib: one.number("Size") ?? sizeOfSnapshot(cloud, one.text("SnapshotId")),
      isDeletedWithInstance: one.flag("DeleteWithInstance", true),
      snapshotId: one.text("SnapshotId"),
    })),
    autoReleaseAt: readAutoRelease(asked.text("AutoReleaseTime"), cloud.clock.now()),
    isProtected: asked.flag("DeletionProtection"),
    httpTokens: asked.word("HttpTokens", "optional", "required"),
    httpEndpoint: asked.word("HttpEndpoint", "enabled", "disabled"),
    userData: readUserData(asked),
    tags: readTags(asked),
  };
}

/**
 * `yyyy-MM-ddTHH:mm:ssZ`; seconds are cut away, and what is left must be half an hour ahead and within three years.
 * Undefined where nothing is said.
 */
export function readAutoRelease(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const isWritten = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?Z$/.test(text);
  const time = Math.floor(Date.parse(text) / 60_000) * 60_000;
  if (!isWritten || Number.isNaN(time) || time < now + halfHour || time > now + threeYears) {
    throw malformed("AutoReleaseTime");
  }
  return time;
}

/** 8 to 30 characters, three of four classes; on Windows not from a slash on. */
export function readPassword(text: string | undefined, image: Pick<Image, "os">): string | undefined {
  if (text === undefined) return undefined;
  const classes = [/[a-z]/, /[A-Z]/, /\d/, /[()`~!@#$%^&*\-_+=|{}[\]:;'<>,.?/]/];
  const isRight =
    /^[A-Za-z0-9()`~!@#$%^&*\-_+=|{}[\]:;'<>,.?/]{8,30}$/.test(text) &&
    classes.filter((one) => one.test(text)).length >= 3 &&
    !(image.os === "windows" && text.startsWith("/"));
  if (!isRight) throw malformed("Password");
  return text;
}

export function readCategory(asked: Parameters, name: string, key = "Category"): string {
  const category = asked.text(key) ?? "cloud_essd";
  if (diskCategories.includes(category)) return category;
  throw new Refusal(
    400,
    `Invalid${name}Category.ValueNotSupported`,
    `The category ${category} is not supported.`,
  );
}

/** Who logs in: Windows has its administrator; Linux root, or the image's ordinary user where that is asked for. */
function loginOf(image: Image, isNonRoot: boolean): string {
  // Which code the cloud has for it is not documented.
  if (isNonRoot && !image.hasOrdinaryUser) throw invalid("ImageOptions.LoginAsNonRoot", "is not supported");
  return image.os === "windows" ? "Administrator" : isNonRoot ? "ecs-user" : "root";
}

function readSecurityGroups(asked: Parameters, regionId: string): string[] {
  const one = asked.text("SecurityGroupId");
  const many = asked.texts("SecurityGroupIds");
  if (one !== undefined && many.length) {
    throw new Refusal(
      400,
      "InvalidParameter.Conflict",
      "SecurityGroupId and SecurityGroupIds exclude each other.",
    );
  }
  const ids = one === undefined ? many : [one];
  if (ids.length === 0) asked.need("SecurityGroupId");
  for (const id of ids) if (id !== `sg-${regionId}`) throw unknownThing("SecurityGroupId", id);
  return ids;
}

function readHostName(asked: Parameters, image: Image): string {
  const name = asked.text("HostName") ?? "";
  const most = image.os === "windows" ? 15 : 64;
  if (name && (name.length < 2 || name.length > most || /^[.-]|[.-]$|[.-]{2}/.test(name)))
    throw malformed("HostName");
  return name;
}

function readBandwidth(asked: Parameters): number {
  const mbps = asked.number("InternetMaxBandwidthOut") ?? 0;
  if (!Number.isInteger(mbps) || mbps < 0 || mbps > 100) throw invalid("InternetMaxBandwidthOut");
  return mbps;
}

function readSystemDisk(asked: Parameters, image: Image): Order["disk"] {
  const disk = asked.group("SystemDisk");
  const sizeGib = disk.number("Size") ?? Math.max(40, image.sizeGib);
  if (!Number.isInteger(sizeGib) || sizeGib < 20 || sizeGib > 2_048) throw invalid("SystemDisk.Size");
  if (sizeGib < image.sizeGib) {
    throw new Refusal(400, "InvalidSystemDiskSize.LessThanImageSize", "The disk is smaller than the image.");
  }
  return {
    category: readCategory(disk, "SystemDisk"),
    sizeGib,
    performanceLevel: disk.text("PerformanceLevel"),
    name: disk.text("DiskName") ?? "",
  };
}

function sizeOfSnapshot(cloud: Call["cloud"], id: string | undefined): number {
  if (id === undefined) throw invalid("DataDisk.1.Size");
  return cloud.snapshots.get(id).sizeGib;
}

function readUserData(asked: Parameters): string {
  const text = asked.text("UserData") ?? "";
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new Refusal(400, "InvalidUserData.Base64FormatInvalid");
  if (Buffer.from(text, "base64").length > 32 * 1024) throw new Refusal(400, "InvalidUserData.SizeExceeded");
  return text;
}
