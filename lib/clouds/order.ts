import type { CloudSpec } from "@/db/schema/templates";
import { env } from "@/lib/platform/env";
import type { Asked } from "./api/calls";
import { guardText } from "./guard";
import type { Offer } from "./offers";

export const deployTag = "lab:deploy";
export const workspaceTag = "lab:workspace";
export const resourceTag = "lab:resource";

/** The account that newer Linux images have in place of root. */
export const ordinaryUser = "ecs-user";

export type Tags = { attempt?: string | null; expires: Date };

type Order = {
  resourceId: string;
  regionId: string;
  workspaceId: string;
  spec: CloudSpec;
  offer: Offer;
  password: string;
  hostName?: string;
  /** In place of the template's. */
  userData?: string;
  guardAt: Date;
  tags: Tags;
};

const tag = (key: string, value: string) => ({ key, value });

/** By these the sweep knows what is ours, and for whom it was made. */
export const tagsOf = (resourceId: string, workspaceId: string | null) => [
  tag(deployTag, env().DEPLOY_ID),
  tag(resourceTag, resourceId),
  ...(workspaceId ? [tag(workspaceTag, workspaceId)] : []),
];

function spotOf({ spot }: Offer, { spotPriceLimit }: CloudSpec): Asked<"RunInstances"> {
  if (!spot) return { spotStrategy: "NoSpot" };
  const limited = spotPriceLimit === null ? {} : { spotPriceLimit };
  return {
    spotStrategy: spotPriceLimit === null ? "SpotAsPriceGo" : "SpotWithPriceLimit",
    ...limited,
    spotDuration: 0,
  };
}

/** Without a number the cloud takes its default version. */
const versionOf = (version: string) =>
  /^\d+$/.test(version) ? { launchTemplateVersion: Number(version) } : {};

/** RunInstances of one desktop, without its token. No role, tokens alone open the metadata, nothing outlives it. */
export function orderOf(order: Order): Asked<"RunInstances"> {
  const { spec, offer, resourceId, workspaceId, tags } = order;
  const userData = order.userData ?? spec.userData;
  const template = spec.launchTemplate;
  const isOrdinary = spec.os === "linux" && spec.user === ordinaryUser;
  return {
    regionId: order.regionId,
    ...(template ? { launchTemplateId: template.id, ...versionOf(template.version) } : {}),
    imageId: spec.image,
    ...(isOrdinary ? { imageOptions: { loginAsNonRoot: true } } : {}),
    instanceType: offer.instanceType,
    zoneId: offer.zoneId,
    vSwitchId: offer.vSwitchId,
    securityGroupId: spec.securityGroupId,
    amount: 1,
    instanceName: `labyard-${workspaceId.toLowerCase()}`,
    ...(order.hostName ? { hostName: order.hostName } : {}),
    password: order.password,
    instanceChargeType: "PostPaid",
    ...spotOf(offer, spec),
    internetMaxBandwidthOut: spec.internetMbps,
    internetChargeType: "PayByTraffic",
    systemDisk: { category: spec.systemDisk.category, size: String(spec.systemDisk.sizeGb) },
    autoReleaseTime: guardText(order.guardAt),
    ...(userData ? { userData: Buffer.from(userData, "utf8").toString("base64") } : {}),
    httpEndpoint: "enabled",
    httpTokens: "required",
    securityEnhancementStrategy: "Deactive",
    tag: [
      ...tagsOf(resourceId, workspaceId),
      ...(tags.attempt ? [tag("lab:attempt", tags.attempt)] : []),
      tag("lab:expires", guardText(tags.expires)),
    ],
  };
}
