import { typeOf } from "../catalog";
import { minute, second } from "../clock";
import type { Cloud } from "../cloud";
import type { Instance } from "../instance";
import { pageOf } from "../page";
import { hasTags, tagFields } from "../tags";
import type { Action } from "./call";

function fields(cloud: Cloud, one: Instance) {
  const type = typeOf(one.type);
  const eip = cloud.eips.of(one.id);
  return {
    InstanceId: one.id,
    InstanceName: one.name || one.id,
    HostName: one.hostName,
    Description: one.description,
    Status: one.status,
    RegionId: one.regionId,
    ZoneId: one.zoneId,
    InstanceType: one.type,
    InstanceTypeFamily: type?.family ?? "",
    ImageId: one.image.id,
    OSType: one.image.os,
    OSName: one.image.osName,
    OSNameEn: one.image.platform,
    CreationTime: minute(one.createdAt),
    StartTime: minute(one.startedAt),
    AutoReleaseTime: one.autoReleaseAt === undefined ? "" : minute(one.autoReleaseAt),
    ExpiredTime: "2099-12-31T15:59Z",
    InstanceChargeType: "PostPaid",
    SpotStrategy: one.spotStrategy,
    ...(one.spotPriceLimit === undefined ? {} : { SpotPriceLimit: one.spotPriceLimit }),
    StoppedMode: one.stoppedMode,
    Cpu: type?.cores ?? 0,
    Memory: (type?.memoryGib ?? 0) * 1024,
    GPUAmount: type?.gpus ?? 0,
    InstanceNetworkType: "vpc",
    InternetChargeType: one.internetChargeType,
    InternetMaxBandwidthOut: one.bandwidthMbps,
    IoOptimized: true,
    DeviceAvailable: true,
    DeletionProtection: one.isProtected,
    VpcAttributes: {
      VpcId: one.vpcId,
      VSwitchId: one.vSwitchId,
      NatIpAddress: "",
      PrivateIpAddress: { IpAddress: [one.address] },
    },
    InnerIpAddress: { IpAddress: [] },
    PublicIpAddress: { IpAddress: one.publicAddress ? [one.publicAddress] : [] },
    EipAddress: eip
      ? { IpAddress: eip.address, AllocationId: eip.id, Bandwidth: eip.bandwidthMbps }
      : { IpAddress: "", AllocationId: "" },
    SecurityGroupIds: { SecurityGroupId: one.securityGroupIds },
    ImageOptions: { LoginAsNonRoot: one.loginName === "ecs-user" },
    MetadataOptions: { HttpTokens: one.httpTokens, HttpEndpoint: one.httpEndpoint },
    Tags: tagFields(one.tags),
    OperationLocks: { LockReason: one.reclaimedAt === undefined ? [] : [{ LockReason: "Recycling" }] },
  };
}

const describeInstances: Action = (call) => {
  const { cloud, asked } = call;
  const { id: regionId } = call.region();
  const ids = asked.json("InstanceIds");
  const wanted: [string, (one: Instance) => string | undefined][] = [
    ["Status", (one) => one.status],
    ["ZoneId", (one) => one.zoneId],
    ["VpcId", (one) => one.vpcId],
    ["VSwitchId", (one) => one.vSwitchId],
    ["InstanceType", (one) => one.type],
    ["InstanceName", (one) => one.name],
    ["ImageId", (one) => one.image.id],
  ];
  const found = cloud.instances
    .listed()
    .filter(
      (one) =>
        one.regionId === regionId &&
        (ids === undefined || ids.includes(one.id)) &&
        hasTags(one.tags, asked) &&
        asked.fits(wanted, one),
    );
  const page = pageOf(found, asked);
  for (const one of page.items) cloud.instances.seen(one);
  return {
    ...page.fields,
    NextToken: page.nextToken,
    Instances: { Instance: page.items.map((one) => fields(cloud, one)) },
  };
};

const describeStatus: Action = (call) => {
  const { cloud, asked } = call;
  const { id: regionId } = call.region();
  const found = cloud.instances.listedIn(regionId, asked.texts("InstanceId"));
  const page = pageOf(found, asked, { most: 50 });
  return {
    ...page.fields,
    InstanceStatuses: {
      InstanceStatus: page.items.map(({ id, status }) => ({ InstanceId: id, Status: status })),
    },
  };
};

const describeEvents: Action = (call) => {
  const { cloud, asked } = call;
  call.region();
  const wanted = new Set(
    [...asked.texts("ResourceId"), asked.text("InstanceId")].filter((one) => one !== undefined),
  );
  const types = new Set(
    [...asked.texts("InstanceEventType"), asked.text("EventType")].filter((one) => one !== undefined),
  );
  const found = cloud.events.all.filter(
    (one) => (!wanted.size || wanted.has(one.instanceId)) && (!types.size || types.has(one.type)),
  );
  const page = pageOf(found, asked);
  return {
    ...page.fields,
    NextToken: page.nextToken,
    InstanceSystemEventSet: {
      InstanceSystemEventType: page.items.map((one) => ({
        EventId: one.id,
        InstanceId: one.instanceId,
        EventType: { Code: one.code, Name: one.type },
        EventCycleStatus: { Code: 8, Name: "Executed" },
        EventPublishTime: second(one.at),
        EventFinishTime: second(one.at),
        NotBefore: second(one.at),
        Reason: one.reason,
        ResourceType: "instance",
      })),
    },
  };
};

const describeAttribute: Action = ({ cloud, asked }) => {
  const one = cloud.instances.get(asked.need("InstanceId"));
  const all = fields(cloud, one);
  return {
    InstanceId: all.InstanceId,
    InstanceName: all.InstanceName,
    HostName: all.HostName,
    Status: all.Status,
    RegionId: all.RegionId,
    ZoneId: all.ZoneId,
    InstanceType: all.InstanceType,
    ImageId: all.ImageId,
    CreationTime: second(one.createdAt),
    InstanceChargeType: all.InstanceChargeType,
    StoppedMode: all.StoppedMode,
    Cpu: all.Cpu,
    Memory: all.Memory,
    VpcAttributes: all.VpcAttributes,
    PublicIpAddress: all.PublicIpAddress,
    SecurityGroupIds: all.SecurityGroupIds,
    OperationLocks: all.OperationLocks,
  };
};

export const instanceLists: Record<string, Action> = {
  DescribeInstances: describeInstances,
  DescribeInstanceStatus: describeStatus,
  DescribeInstanceHistoryEvents: describeEvents,
  DescribeInstanceAttribute: describeAttribute,
};
