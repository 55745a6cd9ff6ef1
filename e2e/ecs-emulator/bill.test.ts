import * as sdk from "@alicloud/ecs20140526";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Emulator, startEmulator } from "./index";
import { clientOf, run } from "./testing";

const second = 1_000;
const hour = 3_600 * second;
const regionId = "cn-hangzhou";
let now = 0;
let emulator: Emulator;
let client: ReturnType<typeof clientOf>;
beforeEach(async () => {
  now = Date.UTC(2026, 10, 21, 10);
  const prices = {
    instanceHour: { "ecs.g7.large": 360_000, "ecs.c7.large": 1_000_000 },
    diskGibHour: { "*": 3_600 },
    snapshotGibHour: 360,
    imageGibHour: 36,
    eipHour: 3_600,
    bandwidthMbpsHour: 7_200,
  };
  const knobs = { pendingMs: 0, startingMs: 0, stoppingMs: 10 * second, snapshotMs: 0, imageMs: 0, prices };
  emulator = await startEmulator({ now: () => now, knobs });
  client = clientOf(emulator);
});
afterEach(() => emulator.close());

async function order(more: Record<string, unknown> = {}): Promise<string> {
  const made = await client.runInstances(run({ systemDisk: { size: "40" }, ...more }));
  return made.body?.instanceIdSets?.instanceIdSet?.[0] ?? "";
}
const remove = (id: string) =>
  client.deleteInstance(new sdk.DeleteInstanceRequest({ instanceId: id, force: true }));

// A g7.large costs 100 micro-yuan a second here, a disk of 40 GiB 40.
test("compute and disk, by the second, until the deletion", async () => {
  const id = await order();
  now += 90 * second;
  expect(emulator.bill()).toMatchObject({ total: 90 * 140, instances: { [id]: 90 * 140 } });
  await remove(id);
  now += hour;
  expect(emulator.bill().total).toBe(90 * 140);
});

test("StopCharging stops compute only, from Stopped to the next start", async () => {
  const id = await order();
  now += 60 * second;
  await client.stopInstance(new sdk.StopInstanceRequest({ instanceId: id, stoppedMode: "StopCharging" }));
  now += 100 * second;
  // Ten seconds of them it was Stopping still.
  expect(emulator.bill().total).toBe(70 * 100 + 160 * 40);
  await client.startInstance(new sdk.StartInstanceRequest({ instanceId: id }));
  now += 30 * second;
  expect(emulator.bill().total).toBe(100 * 100 + 190 * 40);
});

test("KeepCharging keeps charging", async () => {
  const id = await order();
  await client.stopInstance(new sdk.StopInstanceRequest({ instanceId: id }));
  now += hour;
  expect(emulator.bill().total).toBe(3_600 * 140);
});

test("the guard ends the bill at its time, however late somebody looks", async () => {
  const autoReleaseTime = new Date(now + 30 * 60 * second).toISOString().replace(".000Z", "Z");
  await order({ autoReleaseTime });
  now += 50 * hour;
  expect(emulator.bill().total).toBe(1_800 * 140);
});

test("spot has its share, and a new price counts from its moment", async () => {
  await order({ spotStrategy: "SpotAsPriceGo" });
  now += 100 * second;
  emulator.set({ prices: { spotShare: { "*": 0.5 } } });
  now += 100 * second;
  expect(emulator.bill().total).toBe(100 * 20 + 100 * 50 + 200 * 40);
});

test("disks, snapshots, images and addresses go on until somebody deletes them", async () => {
  const dataDisk = [{ size: 20, deleteWithInstance: false }];
  const id = await order({ dataDisk, internetMaxBandwidthOut: 10, internetChargeType: "PayByBandwidth" });
  const eip = await client.allocateEipAddress(
    new sdk.AllocateEipAddressRequest({ regionId, internetChargeType: "PayByTraffic" }),
  );
  const image = await client.createImage(new sdk.CreateImageRequest({ regionId, instanceId: id }));
  await remove(id);
  now += 100 * second;
  // 20 GiB of disk; snapshots of 60 GiB; an image of 40; an address.
  expect(emulator.bill().total).toBe(100 * 20 + 100 * 6 + 100 * 0.4 + 100);
  expect(emulator.bill().instances[id]).toBe(100 * 20 + 100 * 6 + 100 * 0.4);
  const { disks, snapshots } = emulator.leftovers();
  await client.deleteDisk(new sdk.DeleteDiskRequest({ diskId: disks[0] }));
  await client.deleteImage(new sdk.DeleteImageRequest({ regionId, imageId: image.body?.imageId }));
  for (const snapshotId of snapshots)
    await client.deleteSnapshot(new sdk.DeleteSnapshotRequest({ snapshotId }));
  await client.releaseEipAddress(new sdk.ReleaseEipAddressRequest({ allocationId: eip.body?.allocationId }));
  now += hour;
  expect(emulator.bill().total).toBe(100 * 20 + 100 * 6 + 100 * 0.4 + 100);
  expect(emulator.leftovers()).toEqual({ instances: [], disks: [], eips: [], snapshots: [], images: [] });
});

test("nothing is lost in odd prices: three thirds are a whole", async () => {
  emulator.set({ prices: { diskGibHour: { "*": 0 } } });
  for (let n = 0; n < 3; n++) {
    const id = await order({ instanceType: "ecs.c7.large" });
    now += 1_200 * second;
    await remove(id);
  }
  expect(emulator.bill().total).toBe(1_000_000);
  expect(Object.values(emulator.bill().instances)).toEqual([333_333, 333_333, 333_333]);
});

test("what it says it costs is what it costs", async () => {
  const asked = {
    regionId,
    resourceType: "instance",
    instanceType: "ecs.g7.large",
    systemDisk: { size: 40 },
  };
  const said = await client.describePrice(new sdk.DescribePriceRequest(asked));
  await order();
  now += hour;
  expect(emulator.bill().total).toBe(Math.round((said.body?.priceInfo?.price?.tradePrice ?? 0) * 1e6));
});
