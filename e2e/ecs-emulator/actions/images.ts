import { second } from "../clock";
import type { Cloud } from "../cloud";
import type { Image } from "../images";
import { machineOf } from "../instance";
import { pageOf } from "../page";
import { Refusal } from "../refusal";
import { hasTags, readTags, tagFields } from "../tags";
import type { Action } from "./call";

const statusOf = (cloud: Cloud, one: Image) => (cloud.images.isReady(one) ? "Available" : "Creating");

const fields = (cloud: Cloud, one: Image) => ({
  ImageId: one.id,
  ImageName: one.name,
  Description: one.description,
  ImageOwnerAlias: one.owner,
  OSType: one.os,
  OSName: one.osName,
  OSNameEn: one.platform,
  Platform: one.platform,
  Architecture: "x86_64",
  Size: one.sizeGib,
  Status: statusOf(cloud, one),
  Progress: cloud.images.isReady(one) ? "100%" : "0%",
  IsSupportCloudinit: true,
  IsSupportIoOptimized: true,
  LoginAsNonRootSupported: one.hasOrdinaryUser,
  IsPublic: one.owner === "system",
  Usage: cloud.instances.all().some((instance) => instance.image === one) ? "instance" : "none",
  CreationTime: second(one.createdAt),
  DiskDeviceMappings: {
    DiskDeviceMapping: one.snapshotIds.map((SnapshotId, row) => ({
      SnapshotId,
      Device: `/dev/xvd${String.fromCharCode(97 + row)}`,
      Size: String(one.sizeGib),
      Type: row === 0 ? "system" : "data",
    })),
  },
  Tags: tagFields(one.tags),
});

/** Stars stand for anything. */
const fits = (name: string, pattern: string): boolean =>
  RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`).test(name);

const describeImages: Action = (call) => {
  const { cloud, asked } = call;
  const { id: regionId } = call.region();
  const ids = asked.text("ImageId")?.split(",");
  const name = asked.text("ImageName");
  const owner = asked.text("ImageOwnerAlias");
  const os = asked.text("OSType");
  const statuses = (asked.text("Status") ?? "Available").split(",");
  const found = cloud.images
    .all(regionId)
    .filter(
      (one) =>
        (ids === undefined || ids.includes(one.id)) &&
        (name === undefined || fits(one.name, name)) &&
        (owner === undefined || owner === one.owner) &&
        (os === undefined || os === one.os) &&
        statuses.includes(statusOf(cloud, one)) &&
        hasTags(one.tags, asked),
    );
  const page = pageOf(found, asked);
  return {
    ...page.fields,
    RegionId: regionId,
    Images: { Image: page.items.map((one) => fields(cloud, one)) },
  };
};

/** Of a running or stopped instance, or of a snapshot of a system disk. */
const createImage: Action = (call) => {
  const { cloud, asked } = call;
  const { id: regionId } = call.region();
  const words = {
    name: asked.text("ImageName") ?? "",
    description: asked.text("Description") ?? "",
    tags: readTags(asked),
  };
  const instanceId = asked.text("InstanceId");
  if (instanceId === undefined) {
    const snapshot = cloud.snapshots.get(asked.need("SnapshotId"));
    if (!cloud.snapshots.isReady(snapshot)) throw new Refusal(403, "IncorrectSnapshotStatus");
    if (snapshot.diskKind !== "system") throw new Refusal(400, "InvalidSnapshot.NotSystemDisk");
    call.checked();
    const os = asked.word("Platform", "Others Linux", "Ubuntu", "Debian", "Windows Server 2025");
    const kind = os.startsWith("Windows") ? ("windows" as const) : ("linux" as const);
    const { madeFrom } = snapshot;
    const like = { os: kind, osName: os, platform: os, hasOrdinaryUser: false, regionId, madeFrom };
    const image = cloud.images.add(like, [snapshot], words);
    cloud.machines.copyDisk(snapshot.id, image.id);
    return { ImageId: image.id };
  }
  const instance = cloud.instances.in(instanceId, "Running", "Stopped");
  call.checked();
  const { os, osName, platform, hasOrdinaryUser } = instance.image;
  const snapshots = cloud.disks
    .of(instance.id)
    .map((disk) => cloud.snapshots.take(disk, { name: words.name, tags: new Map(words.tags) }));
  const like = { os, osName, platform, hasOrdinaryUser, regionId, madeFrom: instance.id };
  const made = cloud.images.add(like, snapshots, words);
  cloud.machines.saveDisk(machineOf(instance), made.id);
  for (const { id, diskKind } of snapshots) if (diskKind === "system") cloud.machines.copyDisk(made.id, id);
  return { ImageId: made.id };
};

/** Its snapshots stay, and cost, until somebody deletes them too. */
const deleteImage: Action = (call) => {
  const { cloud, asked } = call;
  const image = cloud.images.get(asked.need("ImageId"), call.region().id);
  const isUsed = cloud.instances.all().some((one) => one.image === image);
  if (isUsed && !asked.flag("Force")) {
    throw new Refusal(403, "ImageUsedByInstance", "The image is in use; delete it with Force.");
  }
  call.checked();
  cloud.images.remove(image);
  for (const id of image.snapshotIds) {
    const snapshot = cloud.snapshots.all().find((one) => one.id === id);
    if (snapshot) snapshot.imageId = undefined;
  }
  cloud.machines.dropDisk(image.id);
  return {};
};

export const imageActions: Record<string, Action> = {
  DescribeImages: describeImages,
  CreateImage: createImage,
  DeleteImage: deleteImage,
};
