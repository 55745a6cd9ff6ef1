import { second } from "../clock";
import type { Disk } from "../disks";
import { pageOf } from "../page";
import { invalid, Refusal } from "../refusal";
import { hasTags, readTags, tagFields } from "../tags";
import type { Action } from "./call";
import { readCategory } from "./order";

const fields = (one: Disk) => ({
  DiskId: one.id,
  DiskName: one.name,
  RegionId: one.regionId,
  ZoneId: one.zoneId,
  Category: one.category,
  PerformanceLevel: one.performanceLevel ?? "",
  Size: one.sizeGib,
  Type: one.kind,
  Status: one.instanceId ? "In_use" : "Available",
  InstanceId: one.instanceId ?? "",
  Device: one.device ?? "",
  DeleteWithInstance: one.isDeletedWithInstance,
  Portable: one.kind === "data",
  ImageId: one.imageId ?? "",
  SourceSnapshotId: one.snapshotId ?? "",
  DiskChargeType: "PostPaid",
  CreationTime: second(one.createdAt),
  Tags: tagFields(one.tags),
  OperationLocks: { OperationLock: [] },
});

const describeDisks: Action = (call) => {
  const { cloud, asked } = call;
  const { id: regionId } = call.region();
  const ids = asked.json("DiskIds");
  const wanted: [string, (one: Disk) => string | undefined][] = [
    ["InstanceId", (one) => one.instanceId],
    ["ZoneId", (one) => one.zoneId],
    ["Category", (one) => one.category],
    ["SnapshotId", (one) => one.snapshotId],
    ["DiskName", (one) => one.name],
    ["Status", (one) => (one.instanceId ? "In_use" : "Available")],
    ["DiskType", (one) => (asked.text("DiskType") === "all" ? "all" : one.kind)],
  ];
  const found = cloud.disks
    .all()
    .filter(
      (one) =>
        one.regionId === regionId &&
        (ids === undefined || ids.includes(one.id)) &&
        hasTags(one.tags, asked) &&
        asked.fits(wanted, one),
    );
  const page = pageOf(found, asked);
  return { ...page.fields, NextToken: page.nextToken, Disks: { Disk: page.items.map(fields) } };
};

const createDisk: Action = ({ cloud, asked }) => {
  const zoneId = asked.need("ZoneId");
  const source = asked.text("SnapshotId");
  const snapshot = source === undefined ? undefined : cloud.snapshots.get(source);
  if (snapshot && !cloud.snapshots.isReady(snapshot)) {
    throw new Refusal(403, "IncorrectSnapshotStatus", "The snapshot is still being made.");
  }
  const sizeGib = asked.number("Size") ?? snapshot?.sizeGib;
  if (sizeGib === undefined || sizeGib < (snapshot?.sizeGib ?? 1)) throw invalid("Size");
  cloud.account.canBuy();
  const made = cloud.disks.add({
    name: asked.text("DiskName") ?? "",
    regionId: asked.need("RegionId"),
    zoneId,
    category: readCategory(asked, "Disk", "DiskCategory"),
    performanceLevel: asked.text("PerformanceLevel"),
    sizeGib,
    kind: "data",
    imageId: undefined,
    snapshotId: source,
    instanceId: undefined,
    device: undefined,
    isDeletedWithInstance: false,
    madeFor: snapshot?.madeFrom ?? null,
    tags: readTags(asked),
  });
  return { DiskId: made.id };
};

const deleteDisk: Action = ({ cloud, asked }) => {
  const disk = cloud.disks.get(asked.need("DiskId"));
  if (disk.instanceId) {
    throw new Refusal(403, "IncorrectDiskStatus", "The current disk status does not support this operation.");
  }
  cloud.disks.remove(disk.id);
  return {};
};

const attachDisk: Action = ({ cloud, asked }) => {
  const disk = cloud.disks.get(asked.need("DiskId"));
  const instance = cloud.instances.in(asked.need("InstanceId"), "Running", "Stopped");
  if (disk.zoneId !== instance.zoneId) {
    throw new Refusal(403, "ResourcesNotInSameZone", "The disk and the instance are not in the same zone.");
  }
  const letter = String.fromCharCode(98 + cloud.disks.of(instance.id).length - 1);
  const device = asked.text("Device") ?? `/dev/xvd${letter}`;
  cloud.disks.attach(disk, instance.id, device, asked.flag("DeleteWithInstance"));
  return {};
};

const detachDisk: Action = ({ cloud, asked }) => {
  const disk = cloud.disks.get(asked.need("DiskId"));
  const instance = cloud.instances.get(asked.need("InstanceId"));
  if (disk.instanceId !== instance.id) {
    throw new Refusal(404, "DependencyViolation", "The disk is not attached to the instance.");
  }
  if (disk.kind === "system") cloud.instances.in(instance.id, "Stopped");
  cloud.disks.detach(disk);
  return {};
};

/** Back to a snapshot of the same disk, while its instance is stopped. */
const resetDisk: Action = (call) => {
  const { cloud, asked } = call;
  const disk = cloud.disks.get(asked.need("DiskId"));
  const snapshot = cloud.snapshots.get(asked.need("SnapshotId"));
  if (snapshot.diskId !== disk.id) {
    throw new Refusal(403, "InvalidParameter.InvalidSnapshot", "The snapshot is not one of this disk.");
  }
  if (!cloud.snapshots.isReady(snapshot)) throw new Refusal(403, "IncorrectSnapshotStatus");
  const instance = disk.instanceId ? cloud.instances.in(disk.instanceId, "Stopped") : undefined;
  call.checked();
  if (instance && disk.kind === "system") cloud.instances.reset(instance, snapshot.id);
  return {};
};

export const diskActions: Record<string, Action> = {
  DescribeDisks: describeDisks,
  CreateDisk: createDisk,
  DeleteDisk: deleteDisk,
  AttachDisk: attachDisk,
  DetachDisk: detachDisk,
  ResetDisk: resetDisk,
};
