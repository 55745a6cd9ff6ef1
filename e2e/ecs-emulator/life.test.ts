import * as sdk from "@alicloud/ecs20140526";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Emulator, startEmulator } from "./index";
import { clientOf, codeOf, run } from "./testing";

const second = 1_000;
const minute = 60 * second;
const regionId = "cn-hangzhou";
const start = Date.UTC(2026, 10, 21, 10);
let now = start;
let emulator: Emulator;
let client: ReturnType<typeof clientOf>;
beforeEach(async () => {
  now = start;
  const knobs = { pendingMs: 5 * second, startingMs: 20 * second, stoppingMs: 10 * second };
  emulator = await startEmulator({ now: () => now, knobs });
  client = clientOf(emulator);
});
afterEach(() => emulator.close());

async function order(more: Record<string, unknown> = {}): Promise<string> {
  const made = await client.runInstances(run(more));
  const id = made.body?.instanceIdSets?.instanceIdSet?.[0];
  if (!id) throw new Error("no instance");
  return id;
}

async function describeOne(id: string) {
  const asked = { regionId, instanceIds: JSON.stringify([id]) };
  const found = await client.describeInstances(new sdk.DescribeInstancesRequest(asked));
  return found.body?.instances?.instance?.[0];
}
const status = async (id: string) => (await describeOne(id))?.status;
const stop = (instanceId: string, stoppedMode?: string) =>
  codeOf(client.stopInstance(new sdk.StopInstanceRequest({ instanceId, stoppedMode })));
const startAgain = (instanceId: string) =>
  codeOf(client.startInstance(new sdk.StartInstanceRequest({ instanceId })));
const remove = (instanceId: string, force = true) =>
  codeOf(
    client.deleteInstances(new sdk.DeleteInstancesRequest({ regionId, instanceId: [instanceId], force })),
  );
const guard = (instanceId: string, autoReleaseTime?: string) =>
  codeOf(
    client.modifyInstanceAutoReleaseTime(
      new sdk.ModifyInstanceAutoReleaseTimeRequest({ regionId, instanceId, autoReleaseTime }),
    ),
  );

describe("states", () => {
  test("from the order to Running, stopped, running again, gone", async () => {
    const id = await order();
    expect(await status(id)).toBe("Pending");
    expect(await remove(id)).toBe("IncorrectInstanceStatus.Initializing");
    now += 5 * second;
    expect(await status(id)).toBe("Starting");
    expect(await remove(id)).toBe("IncorrectInstanceStatus");
    expect(await stop(id)).toBe("IncorrectInstanceStatus");
    now += 20 * second;
    expect(await status(id)).toBe("Running");
    expect(await startAgain(id)).toBe("IncorrectInstanceStatus");
    expect(await stop(id)).toBe("OK");
    expect(await status(id)).toBe("Stopping");
    now += 10 * second;
    expect(await describeOne(id)).toMatchObject({ status: "Stopped", stoppedMode: "KeepCharging" });
    expect(await startAgain(id)).toBe("OK");
    now += 20 * second;
    expect(await status(id)).toBe("Running");
    expect(await codeOf(client.rebootInstance(new sdk.RebootInstanceRequest({ instanceId: id })))).toBe("OK");
    expect(await status(id)).toBe("Starting");
    now += 20 * second;
    expect(await remove(id, false)).toBe("IncorrectInstanceStatus");
    expect(await remove(id)).toBe("OK");
    expect(await describeOne(id)).toBeUndefined();
    expect(await remove(id)).toBe("InvalidInstanceId.NotFound");
    expect(await stop(id)).toBe("InvalidInstanceId.NotFound");
    expect(emulator.leftovers()).toEqual({ instances: [], disks: [], eips: [], snapshots: [], images: [] });
  });

  test("a new one is missing in lists for a while, and can be deleted all the same", async () => {
    emulator.set({ listLagMs: 8 * second, isDeleteRefusedWhilePending: false });
    const id = await order();
    expect(await describeOne(id)).toBeUndefined();
    now += 8 * second;
    expect(await status(id)).toBe("Starting");
    const other = await order();
    expect(await remove(other)).toBe("OK");
  });

  test("a deletion that takes its time costs nothing from its acceptance on", async () => {
    emulator.set({ deletingMs: 30 * second });
    const id = await order();
    now += minute;
    expect(await remove(id)).toBe("OK");
    const spent = emulator.bill().total;
    expect(await status(id)).toBe("Stopping");
    expect(await remove(id)).toBe("OK");
    now += 30 * second;
    expect(await describeOne(id)).toBeUndefined();
    expect(emulator.bill().total).toBe(spent);
  });

  test("protection has to be taken away first", async () => {
    const id = await order({ deletionProtection: true });
    now += minute;
    expect(await remove(id)).toBe("InvalidOperation.DeletionProtection");
    const asked = { instanceId: id, deletionProtection: false };
    await client.modifyInstanceAttribute(new sdk.ModifyInstanceAttributeRequest(asked));
    expect(await remove(id)).toBe("OK");
  });

  test("StopCharging gives the place away; starting again may find none", async () => {
    emulator.set({ stock: { "*": { "*": 1 } } });
    const id = await order({ internetMaxBandwidthOut: 5 });
    now += minute;
    const before = (await describeOne(id))?.publicIpAddress?.ipAddress;
    expect(await stop(id, "StopCharging")).toBe("OK");
    now += minute;
    expect(await describeOne(id)).toMatchObject({
      stoppedMode: "StopCharging",
      publicIpAddress: { ipAddress: [] },
    });
    const other = await order();
    expect(await startAgain(id)).toBe("OperationDenied.NoStock");
    now += minute;
    expect(await remove(other)).toBe("OK");
    expect(await startAgain(id)).toBe("OK");
    expect((await describeOne(id))?.publicIpAddress?.ipAddress).not.toEqual(before);
  });

  test("a type that cannot stop its charging is stopped without an error", async () => {
    const id = await order({ instanceType: "ecs.gn6i-c4g1.xlarge" });
    now += minute;
    expect(await stop(id, "StopCharging")).toBe("OK");
    now += minute;
    expect(await describeOne(id)).toMatchObject({ status: "Stopped", stoppedMode: "Not-applicable" });
  });

  test("an instance may be lost with its host", async () => {
    const id = await order();
    now += minute;
    emulator.fail(id);
    expect(await describeOne(id)).toBeUndefined();
    const asked = { regionId, resourceId: [id] };
    const events = await client.describeInstanceHistoryEvents(
      new sdk.DescribeInstanceHistoryEventsRequest(asked),
    );
    const [event] = events.body?.instanceSystemEventSet?.instanceSystemEventType ?? [];
    expect(event?.eventType?.name).toBe("SystemFailure.Delete");
  });
});

describe("the guard", () => {
  const at = (ms: number) => new Date(start + ms).toISOString().replace(/\.\d+Z/, "Z");

  test("releases at its time, to the minute", async () => {
    const id = await order({ autoReleaseTime: at(40 * minute + 59 * second) });
    expect((await describeOne(id))?.autoReleaseTime).toBe("2026-11-21T10:40Z");
    now = start + 40 * minute - 1;
    expect(await status(id)).toBe("Running");
    now += 1;
    expect(await describeOne(id)).toBeUndefined();
    expect(emulator.leftovers().disks).toEqual([]);
  });

  test("can be moved, and is cancelled by a call without a time", async () => {
    const id = await order({ autoReleaseTime: at(40 * minute) });
    now += 30 * minute;
    expect(await guard(id, at(59 * minute))).toBe("InvalidAutoReleaseTime.Malformed");
    expect(await guard(id, at(60 * minute))).toBe("OK");
    now = start + 50 * minute;
    expect((await describeOne(id))?.autoReleaseTime).toBe("2026-11-21T11:00Z");
    expect(await guard(id)).toBe("OK");
    now = start + 120 * minute;
    expect(await describeOne(id)).toMatchObject({ status: "Running", autoReleaseTime: "" });
  });

  test("holds while stopped", async () => {
    const id = await order({ autoReleaseTime: at(30 * minute) });
    now += minute;
    await stop(id, "StopCharging");
    now = start + 30 * minute;
    expect(await describeOne(id)).toBeUndefined();
  });
});

describe("spot", () => {
  test("is taken back five minutes after the notice", async () => {
    const id = await order({ spotStrategy: "SpotAsPriceGo" });
    now += minute;
    emulator.reclaim(id);
    now += 5 * minute - 1;
    expect((await describeOne(id))?.operationLocks?.lockReason?.[0]?.lockReason).toBe("Recycling");
    now += 1;
    expect(await describeOne(id)).toBeUndefined();
    expect(emulator.leftovers().disks).toEqual([]);
  });

  test("is stopped instead where that was ordered", async () => {
    const id = await order({ spotStrategy: "SpotAsPriceGo", spotInterruptionBehavior: "Stop" });
    now += minute;
    emulator.reclaim(id);
    now += 6 * minute;
    expect(await describeOne(id)).toMatchObject({ status: "Stopped", stoppedMode: "StopCharging" });
  });

  test("goes when the price passes its limit", async () => {
    const id = await order({ spotStrategy: "SpotWithPriceLimit", spotPriceLimit: 0.2 });
    now += minute;
    emulator.set({ prices: { spotShare: { "*": 0.5 } } });
    now += 5 * minute;
    expect(await describeOne(id)).toBeUndefined();
  });
});

describe("lists", () => {
  test("in pages, by token and by number, by tags, by state", async () => {
    await client.runInstances(run({ amount: 25, tag: [{ key: "lab:deploy", value: "a" }] }));
    await client.runInstances(run({ amount: 3, tag: [{ key: "lab:deploy", value: "b" }] }));
    const ids: (string | undefined)[] = [];
    let nextToken: string | undefined;
    do {
      const asked = { regionId, maxResults: 10, nextToken, tag: [{ key: "lab:deploy", value: "a" }] };
      const { body } = await client.describeInstances(new sdk.DescribeInstancesRequest(asked));
      ids.push(...(body?.instances?.instance?.map((one) => one.instanceId) ?? []));
      expect(body?.totalCount).toBe(25);
      nextToken = body?.nextToken || undefined;
    } while (nextToken);
    expect(new Set(ids).size).toBe(25);
    const second = { regionId, pageNumber: 3, pageSize: 10 };
    const page = await client.describeInstances(new sdk.DescribeInstancesRequest(second));
    expect(page.body?.instances?.instance).toHaveLength(8);
    const running = { regionId, status: "Running", tag: [{ key: "lab:deploy" }] };
    const none = await client.describeInstances(new sdk.DescribeInstancesRequest(running));
    expect(none.body?.totalCount).toBe(0);
    now += minute;
    const all = await client.describeInstances(new sdk.DescribeInstancesRequest(running));
    expect(all.body?.totalCount).toBe(28);
    const states = (pageSize?: number) =>
      client.describeInstanceStatus(new sdk.DescribeInstanceStatusRequest({ regionId, pageSize }));
    expect((await states()).body?.instanceStatuses?.instanceStatus).toHaveLength(10);
    expect((await states(50)).body?.instanceStatuses?.instanceStatus).toHaveLength(28);
    expect(await codeOf(states(51))).toBe("InvalidParameter");
  });
});
