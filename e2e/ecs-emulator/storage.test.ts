import * as sdk from "@alicloud/ecs20140526";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Emulator, startEmulator } from "./index";
import { clientOf, codeOf, run } from "./testing";

const regionId = "cn-hangzhou";
let now = 0;
let emulator: Emulator;
let client: ReturnType<typeof clientOf>;
beforeEach(async () => {
  now = Date.UTC(2026, 10, 21, 10);
  emulator = await startEmulator({ now: () => now, knobs: { imageMs: 60_000, snapshotMs: 30_000 } });
  client = clientOf(emulator);
});
afterEach(() => emulator.close());

async function running(more: Record<string, unknown> = {}): Promise<string> {
  const made = await client.runInstances(run(more));
  now += 10_000;
  return made.body?.instanceIdSets?.instanceIdSet?.[0] ?? "";
}
async function stopped(): Promise<string> {
  const instanceId = await running();
  await client.stopInstance(new sdk.StopInstanceRequest({ instanceId }));
  now += 10_000;
  return instanceId;
}

test("a system disk is replaced while stopped: a new disk, the same instance", async () => {
  const instanceId = await stopped();
  const [before] = emulator.leftovers().disks;
  const asked = {
    instanceId,
    imageId: "debian_13_0_x64_20G_alibase_20260915.vhd",
    password: "New-word-2026",
  };
  const made = await client.replaceSystemDisk(new sdk.ReplaceSystemDiskRequest(asked));
  expect(emulator.leftovers().disks).toEqual([made.body?.diskId]);
  expect(made.body?.diskId).not.toBe(before);
  await client.startInstance(new sdk.StartInstanceRequest({ instanceId }));
  now += 10_000;
  const code = await codeOf(client.replaceSystemDisk(new sdk.ReplaceSystemDiskRequest(asked)));
  expect(code).toBe("IncorrectInstanceStatus");
});

test("an image of an instance: made after a while, then others boot from it", async () => {
  const instanceId = await stopped();
  const asked = { regionId, instanceId, imageName: "class", tag: [{ key: "lab:deploy", value: "a" }] };
  const { body } = await client.createImage(new sdk.CreateImageRequest(asked));
  expect(await codeOf(client.createImage(new sdk.CreateImageRequest(asked)))).toBe(
    "InvalidImageName.Duplicated",
  );
  const list = async (status?: string) => {
    const request = new sdk.DescribeImagesRequest({ regionId, imageOwnerAlias: "self", status });
    return (await client.describeImages(request)).body?.images?.image?.map((one) => one.status);
  };
  expect(await list()).toEqual([]);
  expect(await list("Creating,Available")).toEqual(["Creating"]);
  expect(await codeOf(client.runInstances(run({ imageId: body?.imageId })))).toBe("ImageNotReady");
  now += 60_000;
  expect(await list()).toEqual(["Available"]);
  expect(await codeOf(client.runInstances(run({ imageId: body?.imageId })))).toBe("OK");
  const remove = (force: boolean) =>
    codeOf(client.deleteImage(new sdk.DeleteImageRequest({ regionId, imageId: body?.imageId, force })));
  expect(await remove(false)).toBe("ImageUsedByInstance");
  const [snapshotId] = emulator.leftovers().snapshots;
  const dropSnapshot = () => codeOf(client.deleteSnapshot(new sdk.DeleteSnapshotRequest({ snapshotId })));
  expect(await dropSnapshot()).toBe("SnapshotCreatedImage");
  expect(await remove(true)).toBe("OK");
  expect(await dropSnapshot()).toBe("OK");
});

test("public images are those of a system, for Linux and Windows", async () => {
  const all = await client.describeImages(
    new sdk.DescribeImagesRequest({ regionId, imageOwnerAlias: "system" }),
  );
  expect(new Set(all.body?.images?.image?.map((one) => one.OSType))).toEqual(new Set(["linux", "windows"]));
  const some = await client.describeImages(new sdk.DescribeImagesRequest({ regionId, imageName: "win*" }));
  expect(some.body?.totalCount).toBe(1);
});

test("a snapshot outlives its instance, and a disk can be made of it", async () => {
  const instanceId = await running();
  const [diskId] = emulator.leftovers().disks;
  const taken = await client.createSnapshot(
    new sdk.CreateSnapshotRequest({
      diskId,
      snapshotName: "work",
      tag: [{ key: "lab:attempt", value: "1" }],
    }),
  );
  const { snapshotId } = taken.body ?? {};
  const createDisk = () =>
    client.createDisk(new sdk.CreateDiskRequest({ regionId, zoneId: "cn-hangzhou-h", snapshotId }));
  expect(await codeOf(createDisk())).toBe("IncorrectSnapshotStatus");
  await client.deleteInstance(new sdk.DeleteInstanceRequest({ instanceId, force: true }));
  now += 30_000;
  const found = await client.describeSnapshots(
    new sdk.DescribeSnapshotsRequest({ regionId, tag: [{ key: "lab:attempt" }] }),
  );
  expect(found.body?.snapshots?.snapshot?.[0]).toMatchObject({ snapshotId, status: "accomplished" });
  const made = (await createDisk()).body?.diskId;
  const rescuer = await running();
  const attach = { diskId: made, instanceId: rescuer };
  await client.attachDisk(new sdk.AttachDiskRequest(attach));
  const drop = () => codeOf(client.deleteDisk(new sdk.DeleteDiskRequest({ diskId: made })));
  expect(await drop()).toBe("IncorrectDiskStatus");
  await client.detachDisk(new sdk.DetachDiskRequest(attach));
  expect(await drop()).toBe("OK");
  await client.deleteInstance(new sdk.DeleteInstanceRequest({ instanceId: rescuer, force: true }));
  expect(emulator.leftovers()).toMatchObject({ instances: [], disks: [], snapshots: [snapshotId] });
});

test("a system disk goes back to its snapshot while stopped", async () => {
  const instanceId = await running();
  const [diskId] = emulator.leftovers().disks;
  const taken = await client.createSnapshot(new sdk.CreateSnapshotRequest({ diskId }));
  now += 30_000;
  const reset = () =>
    codeOf(client.resetDisk(new sdk.ResetDiskRequest({ diskId, snapshotId: taken.body?.snapshotId })));
  expect(await reset()).toBe("IncorrectInstanceStatus");
  await client.stopInstance(new sdk.StopInstanceRequest({ instanceId }));
  now += 10_000;
  expect(await reset()).toBe("OK");
  expect(emulator.leftovers().disks).toEqual([diskId]);
});

test("an address survives the instance that had it", async () => {
  const instanceId = await running();
  const made = await client.allocateEipAddress(
    new sdk.AllocateEipAddressRequest({ regionId, bandwidth: "5" }),
  );
  const { allocationId } = made.body ?? {};
  await client.associateEipAddress(new sdk.AssociateEipAddressRequest({ allocationId, instanceId }));
  const release = () => codeOf(client.releaseEipAddress(new sdk.ReleaseEipAddressRequest({ allocationId })));
  expect(await release()).toBe("IncorrectEipStatus");
  await client.deleteInstance(new sdk.DeleteInstanceRequest({ instanceId, force: true }));
  const found = await client.describeEipAddresses(new sdk.DescribeEipAddressesRequest({ regionId }));
  expect(found.body?.eipAddresses?.eipAddress?.[0]).toMatchObject({ allocationId, status: "Available" });
  expect(await release()).toBe("OK");
});

test("tags can be added, listed and taken away", async () => {
  const resourceId = [await running()];
  const asked = { regionId, resourceType: "instance", resourceId };
  await client.tagResources(
    new sdk.TagResourcesRequest({ ...asked, tag: [{ key: "a", value: "1" }, { key: "b" }] }),
  );
  const list = async () => {
    const { body } = await client.listTagResources(new sdk.ListTagResourcesRequest(asked));
    return body?.tagResources?.tagResource?.map((one) => `${one.tagKey}=${one.tagValue}`);
  };
  expect(await list()).toEqual(["a=1", "b="]);
  await client.untagResources(new sdk.UntagResourcesRequest({ ...asked, tagKey: ["b"] }));
  expect(await list()).toEqual(["a=1"]);
});

test("commands run on what runs", async () => {
  const id = await running();
  const command = (type: string) =>
    client.runCommand(new sdk.RunCommandRequest({ regionId, type, commandContent: "id", instanceId: [id] }));
  expect(await codeOf(command("RunPowerShellScript"))).toBe("InvalidOperation.OSTypeMismatch");
  const { invokeId } = (await command("RunShellScript")).body ?? {};
  const state = async () => {
    const asked = new sdk.DescribeInvocationResultsRequest({ regionId, invokeId });
    const { body } = await client.describeInvocationResults(asked);
    return body?.invocation?.invocationResults?.invocationResult?.[0];
  };
  expect((await state())?.invokeRecordStatus).toBe("Running");
  now += 1_000;
  expect(await state()).toMatchObject({ invokeRecordStatus: "Finished", exitCode: 0 });
});

test("what the cloud has: regions, zones, types, networks, stock", async () => {
  emulator.set({ stock: { "cn-hangzhou-h": { "*": 0 }, "cn-hangzhou-i": { "ecs.g7.large": null } } });
  const regions = await client.describeRegions(new sdk.DescribeRegionsRequest());
  expect(regions.body?.regions?.region?.map((one) => one.regionId)).toContain(regionId);
  const zones = await client.describeZones(new sdk.DescribeZonesRequest({ regionId }));
  expect(zones.body?.zones?.zone).toHaveLength(4);
  const types = new sdk.DescribeInstanceTypesRequest({ minimumCpuCoreCount: 4, maximumMemorySize: 8 });
  const found = await client.describeInstanceTypes(types);
  expect(found.body?.instanceTypes?.instanceType?.map((one) => one.instanceTypeId)).toEqual([
    "ecs.e-c1m2.xlarge",
  ]);
  const vpcs = await client.describeVpcs(new sdk.DescribeVpcsRequest({ regionId }));
  const { vpcId } = vpcs.body?.vpcs?.vpc?.[0] ?? {};
  const vSwitches = await client.describeVSwitches(new sdk.DescribeVSwitchesRequest({ vpcId }));
  expect(vSwitches.body?.vSwitches?.vSwitch).toHaveLength(4);
  const groups = await client.describeSecurityGroups(
    new sdk.DescribeSecurityGroupsRequest({ regionId, vpcId }),
  );
  const { securityGroupId } = groups.body?.securityGroups?.securityGroup?.[0] ?? {};
  const rules = await client.describeSecurityGroupAttribute(
    new sdk.DescribeSecurityGroupAttributeRequest({ regionId, securityGroupId, direction: "ingress" }),
  );
  expect(rules.body?.permissions?.permission?.map((one) => one.portRange)).toEqual(["3389/3389", "22/22"]);
  const available = await client.describeAvailableResource(
    new sdk.DescribeAvailableResourceRequest({
      regionId,
      destinationResource: "InstanceType",
      instanceType: "ecs.g7.large",
    }),
  );
  const stock = available.body?.availableZones?.availableZone?.map((one) => [one.zoneId, one.statusCategory]);
  expect(stock).toEqual([
    ["cn-hangzhou-h", "WithoutStock"],
    ["cn-hangzhou-j", "WithStock"],
    ["cn-hangzhou-k", "WithStock"],
  ]);
  expect(
    await codeOf(client.describeAccountAttributes(new sdk.DescribeAccountAttributesRequest({ regionId }))),
  ).toBe("OK");
  const spot = new sdk.DescribeSpotPriceHistoryRequest({
    regionId,
    instanceType: "ecs.g7.large",
    networkType: "vpc",
  });
  const prices = await client.describeSpotPriceHistory(spot);
  expect(prices.body?.spotPrices?.spotPriceType?.[0]).toMatchObject({
    originPrice: 0.502,
    spotPrice: 0.1004,
  });
  const assistant = new sdk.DescribeCloudAssistantStatusRequest({ regionId });
  expect(await codeOf(client.describeCloudAssistantStatus(assistant))).toBe("OK");
});
