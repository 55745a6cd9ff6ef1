import { second } from "../clock";
import type { Cloud } from "../cloud";
import { machineOf } from "../instance";
import { pageOf } from "../page";
import { Refusal } from "../refusal";
import type { Snapshot } from "../snapshots";
import { hasTags, readTags, tagFields } from "../tags";
import type { Action, Call } from "./call";

const fields = (cloud: Cloud, one: Snapshot) => ({
  SnapshotId: one.id,
  SnapshotName: one.name,
  Description: one.description,
  RegionId: one.regionId,
  SourceDiskId: one.diskId,
  SourceDiskSize: String(one.sizeGib),
  SourceDiskType: one.diskKind,
  SourceStorageType: one.category,
  SnapshotType: "user",
  Status: cloud.snapshots.isReady(one) ? "accomplished" : "progressing",
  Progress: cloud.snapshots.isReady(one) ? "100%" : "0%",
  Available: cloud.snapshots.isReady(one),
  Usage: one.imageId ? "image" : "none",
  CreationTime: second(one.createdAt),
  Tags: tagFields(one.tags),
});

const describeSnapshots: Action = (call) => {
  const { cloud, asked } = call;
  const { id: regionId } = call.region();
  const ids = asked.json("SnapshotIds");
  const disk = asked.text("DiskId");
  const instance = asked.text("InstanceId");
  const name = asked.text("SnapshotName");
  const status = asked.word("Status", "all", "progressing", "accomplished", "failed");
  const found = cloud.snapshots
    .all()
    .filter(
      (one) =>
        one.regionId === regionId &&
        (ids === undefined || ids.includes(one.id)) &&
        (disk === undefined || disk === one.diskId) &&
        (instance === undefined || instance === one.madeFrom) &&
        (name === undefined || name === one.name) &&
        (status === "all" || status === fields(cloud, one).Status) &&
        hasTags(one.tags, asked),
    );
  const page = pageOf(found, asked);
  return {
    ...page.fields,
    NextToken: page.nextToken,
    Snapshots: { Snapshot: page.items.map((one) => fields(cloud, one)) },
  };
};

const createSnapshot: Action = ({ cloud, asked }: Call) => {
  const disk = cloud.disks.get(asked.need("DiskId"));
  const owner = disk.instanceId ? cloud.instances.in(disk.instanceId, "Running", "Stopped") : undefined;
  const made = cloud.snapshots.take(disk, {
    name: asked.text("SnapshotName") ?? "",
    description: asked.text("Description") ?? "",
    tags: readTags(asked),
  });
  if (owner && disk.kind === "system") cloud.machines.saveDisk(machineOf(owner), made.id);
  return { SnapshotId: made.id };
};

const deleteSnapshot: Action = ({ cloud, asked }) => {
  const snapshot = cloud.snapshots.get(asked.need("SnapshotId"));
  if (snapshot.imageId) {
    throw new Refusal(
      403,
      "SnapshotCreatedImage",
      "The snapshot has created an image; delete the image first.",
    );
  }
  cloud.snapshots.remove(snapshot.id);
  cloud.machines.dropDisk(snapshot.id);
  return {};
};

export const snapshotActions: Record<string, Action> = {
  DescribeSnapshots: describeSnapshots,
  CreateSnapshot: createSnapshot,
  DeleteSnapshot: deleteSnapshot,
};
