import { type InstanceType, instanceTypes, regions, zones } from "../catalog";
import { second } from "../clock";
import { pageOf } from "../page";
import { invalid, unknownThing } from "../refusal";
import type { Action, Call } from "./call";

const since = second(Date.UTC(2026, 0, 1));

const describeRegions: Action = () => ({
  Regions: {
    Region: regions.map((one) => ({
      RegionId: one.id,
      LocalName: one.name,
      RegionEndpoint: `ecs.${one.id}.aliyuncs.com`,
      Status: "available",
    })),
  },
});

const describeZones: Action = (call) => {
  const { cloud } = call;
  const { id } = call.region();
  const found = zones.filter((one) => one.regionId === id);
  const soldIn = (zoneId: string) =>
    instanceTypes.filter((one) => cloud.stock.left(zoneId, one.id) !== undefined).map((one) => one.id);
  return {
    Zones: {
      Zone: found.map((one) => ({
        ZoneId: one.id,
        LocalName: one.name,
        ZoneType: "AvailabilityZone",
        AvailableInstanceTypes: { InstanceTypes: soldIn(one.id) },
        AvailableResourceCreation: { ResourceTypes: ["VSwitch", "IoOptimized", "Instance", "Disk"] },
      })),
    },
  };
};

const typeFields = (one: InstanceType) => ({
  InstanceTypeId: one.id,
  InstanceTypeFamily: one.family,
  CpuCoreCount: one.cores,
  MemorySize: one.memoryGib,
  GPUAmount: one.gpus,
  GPUSpec: one.gpus ? "NVIDIA T4" : "",
  CpuArchitecture: "X86",
  InstanceFamilyLevel: one.family === "ecs.e" ? "EntryLevel" : "EnterpriseLevel",
});

const describeTypes: Action = ({ asked }) => {
  const names = asked.texts("InstanceTypes");
  const family = asked.text("InstanceTypeFamily");
  const range = (name: string, value: number) =>
    value >= (asked.number(`Minimum${name}`) ?? 0) &&
    value <= (asked.number(`Maximum${name}`) ?? Number.POSITIVE_INFINITY);
  const found = instanceTypes.filter(
    (one) =>
      (names.length === 0 || names.includes(one.id)) &&
      (family === undefined || one.family === family) &&
      range("CpuCoreCount", one.cores) &&
      range("MemorySize", one.memoryGib),
  );
  const page = pageOf(found, asked, { usual: 100 });
  return { NextToken: page.nextToken, InstanceTypes: { InstanceType: page.items.map(typeFields) } };
};

const describeVSwitches: Action = ({ cloud, asked }) => {
  const vpc = asked.text("VpcId");
  const region = asked.text("RegionId");
  const zone = asked.text("ZoneId");
  const id = asked.text("VSwitchId");
  const found = zones.filter(
    (one) =>
      (vpc === undefined || vpc === `vpc-${one.regionId}`) &&
      (region === undefined || region === one.regionId) &&
      (zone === undefined || zone === one.id) &&
      (id === undefined || id === one.vSwitchId),
  );
  const page = pageOf(found, asked, { most: 50 });
  return {
    ...page.fields,
    VSwitches: {
      VSwitch: page.items.map((one) => ({
        VSwitchId: one.vSwitchId,
        VSwitchName: `lab-${one.id.slice(-1)}`,
        VpcId: `vpc-${one.regionId}`,
        ZoneId: one.id,
        CidrBlock: `${one.net}.0/24`,
        AvailableIpAddressCount: cloud.network.free(one),
        Status: "Available",
        IsDefault: false,
        CreationTime: since,
      })),
    },
  };
};

const describeVpcs: Action = (call) => {
  const region = call.region();
  const page = pageOf([region], call.asked, { most: 50 });
  return {
    ...page.fields,
    Vpcs: {
      Vpc: page.items.map((one) => ({
        VpcId: one.vpcId,
        VpcName: "lab",
        RegionId: one.id,
        CidrBlock: "172.16.0.0/12",
        Status: "Available",
        IsDefault: false,
        CreationTime: since,
        VSwitchIds: {
          VSwitchId: zones.filter((zone) => zone.regionId === one.id).map((zone) => zone.vSwitchId),
        },
      })),
    },
  };
};

const describeSecurityGroups: Action = (call) => {
  const region = call.region();
  const ids = call.asked.json("SecurityGroupIds");
  const id = call.asked.text("SecurityGroupId");
  const vpc = call.asked.text("VpcId");
  const found = [region].filter(
    (one) =>
      (ids === undefined || ids.includes(one.securityGroupId)) &&
      (id === undefined || id === one.securityGroupId) &&
      (vpc === undefined || vpc === one.vpcId),
  );
  const page = pageOf(found, call.asked);
  return {
    ...page.fields,
    NextToken: page.nextToken,
    RegionId: region.id,
    SecurityGroups: {
      SecurityGroup: page.items.map((one) => ({
        SecurityGroupId: one.securityGroupId,
        SecurityGroupName: "lab",
        SecurityGroupType: "normal",
        VpcId: one.vpcId,
        CreationTime: since,
        Tags: { Tag: [] },
      })),
    },
  };
};

/** RDP and SSH from inside the VPC, everything outwards. */
const describeSecurityGroup: Action = (call) => {
  const region = call.region();
  const id = call.asked.need("SecurityGroupId");
  if (id !== region.securityGroupId) throw unknownThing("SecurityGroupId", id);
  const direction = call.asked.word("Direction", "all", "ingress", "egress");
  const rule = (Direction: string, PortRange: string, IpProtocol: string, cidr: object) => ({
    Direction,
    PortRange,
    IpProtocol,
    ...cidr,
    Policy: "Accept",
    Priority: "1",
    NicType: "intranet",
    CreateTime: since,
  });
  const rules = [
    rule("ingress", "3389/3389", "TCP", { SourceCidrIp: "172.16.0.0/12" }),
    rule("ingress", "22/22", "TCP", { SourceCidrIp: "172.16.0.0/12" }),
    rule("egress", "-1/-1", "ALL", { DestCidrIp: "0.0.0.0/0" }),
  ];
  return {
    RegionId: region.id,
    VpcId: region.vpcId,
    SecurityGroupId: id,
    SecurityGroupName: "lab",
    Description: "",
    InnerAccessPolicy: "Drop",
    Permissions: { Permission: rules.filter((one) => direction === "all" || direction === one.Direction) },
  };
};

const attributes: Record<string, (call: Call) => string> = {
  "instance-network-type": () => "vpc",
  "max-security-groups": () => "100",
  "max-postpaid-instance-vcpu-count": ({ cloud }) => String(cloud.knobs.quota.vcpus ?? 1_000),
  "used-postpaid-instance-vcpu-count": ({ cloud }) =>
    String(cloud.instances.all().reduce((sum, one) => sum + coresOf(one.type), 0)),
  "real-name-authentication": ({ cloud }) => (cloud.knobs.accountStatus === "unverified" ? "no" : "yes"),
};

const coresOf = (type: string): number => instanceTypes.find((one) => one.id === type)?.cores ?? 0;

const describeAccount: Action = (call) => {
  call.region();
  const wanted = call.asked.texts("AttributeName");
  for (const name of wanted) if (!Object.hasOwn(attributes, name)) throw invalid("AttributeName");
  return {
    AccountAttributeItems: {
      AccountAttributeItem: Object.entries(attributes)
        .filter(([name]) => wanted.length === 0 || wanted.includes(name))
        .map(([AttributeName, value]) => ({
          AttributeName,
          AttributeValues: { ValueItem: [{ Value: value(call) }] },
        })),
    },
  };
};

export const placeActions: Record<string, Action> = {
  DescribeRegions: describeRegions,
  DescribeZones: describeZones,
  DescribeInstanceTypes: describeTypes,
  DescribeVSwitches: describeVSwitches,
  DescribeVpcs: describeVpcs,
  DescribeSecurityGroups: describeSecurityGroups,
  DescribeSecurityGroupAttribute: describeSecurityGroup,
  DescribeAccountAttributes: describeAccount,
};
