import { second } from "../clock";
import { pageOf } from "../page";
import type { Action } from "./call";

const describeEips: Action = (call) => {
  const { cloud, asked } = call;
  const { id: regionId } = call.region();
  const ids = asked.text("AllocationId")?.split(",");
  const instance = asked.text("AssociatedInstanceId");
  const status = asked.text("Status");
  const found = cloud.eips
    .all()
    .filter(
      (one) =>
        one.regionId === regionId &&
        (ids === undefined || ids.includes(one.id)) &&
        (instance === undefined || instance === one.instanceId) &&
        (status === undefined || status === (one.instanceId ? "InUse" : "Available")),
    );
  const page = pageOf(found, asked);
  return {
    ...page.fields,
    EipAddresses: {
      EipAddress: page.items.map((one) => ({
        AllocationId: one.id,
        IpAddress: one.address,
        RegionId: one.regionId,
        Bandwidth: String(one.bandwidthMbps),
        InternetChargeType: one.chargeType,
        ChargeType: "PostPaid",
        InstanceId: one.instanceId ?? "",
        InstanceType: one.instanceId ? "EcsInstance" : "",
        Status: one.instanceId ? "InUse" : "Available",
        AllocationTime: second(one.createdAt),
      })),
    },
  };
};

const allocateEip: Action = (call) => {
  const { cloud, asked } = call;
  const { id } = call.region();
  const chargeType = asked.word("InternetChargeType", "PayByBandwidth", "PayByTraffic");
  cloud.account.canBuy();
  const made = cloud.eips.allocate(id, Number(asked.text("Bandwidth") ?? 5), chargeType);
  return { AllocationId: made.id, EipAddress: made.address };
};

const associateEip: Action = ({ cloud, asked }) => {
  const instance = cloud.instances.in(asked.need("InstanceId"), "Running", "Stopped");
  cloud.eips.associate(cloud.eips.get(asked.need("AllocationId")), instance);
  return {};
};

const unassociateEip: Action = ({ cloud, asked }) => {
  cloud.eips.unassociate(cloud.eips.get(asked.need("AllocationId")));
  return {};
};

const releaseEip: Action = ({ cloud, asked }) => {
  cloud.eips.release(cloud.eips.get(asked.need("AllocationId")));
  return {};
};

export const eipActions: Record<string, Action> = {
  DescribeEipAddresses: describeEips,
  AllocateEipAddress: allocateEip,
  AssociateEipAddress: associateEip,
  UnassociateEipAddress: unassociateEip,
  ReleaseEipAddress: releaseEip,
};
