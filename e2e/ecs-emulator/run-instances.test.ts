import * as sdk from "@alicloud/ecs20140526";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Emulator, type KnobChange, startEmulator } from "./index";
import { clientOf, codeOf, run } from "./testing";

const start = Date.UTC(2026, 10, 21, 10);
const minute = 60_000;
let now = start;
let emulator: Emulator;
let client: ReturnType<typeof clientOf>;
beforeEach(async () => {
  now = start;
  emulator = await startEmulator({ now: () => now });
  client = clientOf(emulator);
});
afterEach(() => emulator.close());

const order = (more: Record<string, unknown>) => codeOf(client.runInstances(run(more)));
const at = (ms: number) => new Date(start + ms).toISOString().replace(".000Z", "Z");
const windows = "win2025_24H2_x64_dtc_zh-cn_40G_alibase_20260915.vhd";

describe("RunInstances refuses", () => {
  const wrong: [string, Record<string, unknown>, string][] = [
    ["no image", { imageId: undefined }, "MissingParameter"],
    ["an unknown image", { imageId: "m-none" }, "InvalidImageId.NotFound"],
    ["an unknown region", { regionId: "cn-nowhere" }, "InvalidRegionId.NotFound"],
    ["an unknown type", { instanceType: "ecs.none" }, "InvalidInstanceType.ValueNotSupported"],
    ["no security group", { securityGroupId: undefined }, "MissingParameter"],
    ["two forms of security groups", { securityGroupIds: ["sg-cn-hangzhou"] }, "InvalidParameter.Conflict"],
    ["an unknown security group", { securityGroupId: "sg-none" }, "InvalidSecurityGroupId.NotFound"],
    ["an unknown vSwitch", { vSwitchId: "vsw-none" }, "InvalidVSwitchId.NotFound"],
    ["a vSwitch of another zone", { zoneId: "cn-hangzhou-i" }, "InvalidParameter.Mismatch"],
    ["a vSwitch of another region", { vSwitchId: "vsw-cn-beijing-h" }, "InvalidVSwitchId.NotFound"],
    ["a subscription", { instanceChargeType: "PrePaid" }, "InvalidPayMethod"],
    ["a weak password", { password: "abcdefgh" }, "InvalidPassword.Malformed"],
    ["a short password", { password: "aB3$" }, "InvalidPassword.Malformed"],
    ["a Chinese password", { password: "Lab-yard-密码" }, "InvalidPassword.Malformed"],
    ["a slash on Windows", { imageId: windows, password: "/Lab-yard-2026" }, "InvalidPassword.Malformed"],
    [
      "a long host name on Windows",
      { imageId: windows, hostName: "a".repeat(16) },
      "InvalidHostName.Malformed",
    ],
    ["an end in 29 minutes", { autoReleaseTime: at(29 * minute) }, "InvalidAutoReleaseTime.Malformed"],
    [
      "an end that is cut below 30",
      { autoReleaseTime: "2026-11-21T10:29:59Z" },
      "InvalidAutoReleaseTime.Malformed",
    ],
    ["an end in 4 years", { autoReleaseTime: "2030-11-21T10:30:00Z" }, "InvalidAutoReleaseTime.Malformed"],
    [
      "another time zone",
      { autoReleaseTime: "2026-11-21T18:30:00+08:00" },
      "InvalidAutoReleaseTime.Malformed",
    ],
    ["none of them", { amount: 0 }, "InvalidParameter"],
    ["a hundred and one", { amount: 101 }, "InvalidParameter"],
    ["more at least than wanted", { amount: 2, minAmount: 3 }, "InvalidParameter"],
    [
      "a disk below its image",
      { imageId: windows, systemDisk: { size: "30" } },
      "InvalidSystemDiskSize.LessThanImageSize",
    ],
    ["an unknown disk", { systemDisk: { category: "tape" } }, "InvalidSystemDiskCategory.ValueNotSupported"],
    [
      "21 tags",
      { tag: Array.from({ length: 21 }, (_, n) => ({ key: `k${n}`, value: "v" })) },
      "InvalidParameter",
    ],
    ["a tag of the cloud's", { tag: [{ key: "acs:x", value: "v" }] }, "InvalidParameter"],
    ["data that is no base64", { userData: "#!/bin/sh" }, "InvalidUserData.Base64FormatInvalid"],
    [
      "too much data",
      { userData: Buffer.alloc(33 * 1024).toString("base64") },
      "InvalidUserData.SizeExceeded",
    ],
    ["a token of 65", { clientToken: "t".repeat(65) }, "InvalidClientToken.Malformed"],
    ["spot without its limit", { spotStrategy: "SpotWithPriceLimit" }, "InvalidParameter"],
    [
      "spot below the price",
      { spotStrategy: "SpotWithPriceLimit", spotPriceLimit: 0.1 },
      "InvalidSpotPriceLimit.LowerThanPublicPrice",
    ],
  ];
  test.each(wrong)("%s", async (_, more, code) => {
    expect(await order(more)).toBe(code);
    expect(emulator.leftovers()).toEqual({ instances: [], disks: [], eips: [], snapshots: [], images: [] });
  });

  const world: [string, KnobChange, string][] = [
    ["no stock", { stock: { "cn-hangzhou-h": { "ecs.g7.large": 0 } } }, "OperationDenied.NoStock"],
    ["not sold there", { stock: { "*": { "ecs.g7.large": null } } }, "InvalidInstanceType.ZoneNotSupported"],
    ["no quota", { quota: { vcpus: 1 } }, "QuotaExceed.ElasticQuota"],
    ["too many", { quota: { instances: 0 } }, "QuotaExceed.AfterpayInstance"],
    ["no money", { balance: 50_000_000 }, "InvalidAccountStatus.NotEnoughBalance"],
    ["overdue", { accountStatus: "overdue" }, "InvalidAccountStatus.NotEnoughBalance"],
    ["no name", { accountStatus: "unverified" }, "RealNameAuthenticationError"],
    ["no right", { deniedActions: ["RunInstances"] }, "Forbidden.RAM"],
  ];
  test.each(world)("%s", async (_, knobs, code) => {
    emulator.set(knobs);
    expect(await order({ dryRun: true })).toBe(code);
    expect(await order({})).toBe(code);
    expect(emulator.leftovers().instances).toEqual([]);
  });
});

describe("RunInstances", () => {
  test("a dry run that is right ends with an error of its own, and makes nothing", async () => {
    emulator.set({ stock: { "*": { "*": 1 } } });
    expect(await order({ dryRun: true, clientToken: "t" })).toBe("DryRunOperation");
    expect(await order({ dryRun: true, clientToken: "t" })).toBe("DryRunOperation");
    expect(emulator.leftovers().instances).toEqual([]);
    expect(await order({ clientToken: "t" })).toBe("OK");
  });

  test("the same token gets the same answer, other parameters do not", async () => {
    const first = await client.runInstances(run({ clientToken: "t", amount: 2 }));
    now += minute;
    const again = await client.runInstances(run({ clientToken: "t", amount: 2 }));
    expect(again.body?.instanceIdSets).toEqual(first.body?.instanceIdSets);
    expect(again.body?.requestId).not.toBe(first.body?.requestId);
    expect(await order({ clientToken: "t", amount: 3 })).toBe("IdempotentParameterMismatch");
    expect(await order({ clientToken: "T", amount: 2 })).toBe("OK");
    expect(emulator.leftovers().instances).toHaveLength(4);
  });

  test("a token whose call was refused is free", async () => {
    emulator.set({ stock: { "*": { "*": 0 } } });
    expect(await order({ clientToken: "t" })).toBe("OperationDenied.NoStock");
    emulator.set({ stock: {} });
    expect(await order({ clientToken: "t" })).toBe("OK");
  });

  test("all or nothing, or as many as there are", async () => {
    emulator.set({ stock: { "*": { "*": 2 } } });
    expect(await order({ amount: 3 })).toBe("OperationDenied.NoStock");
    const some = await client.runInstances(run({ amount: 3, minAmount: 1, instanceName: "lab-[1,3]" }));
    expect(some.body?.instanceIdSets?.instanceIdSet).toHaveLength(2);
    const all = await client.describeInstances(new sdk.DescribeInstancesRequest({ regionId: "cn-hangzhou" }));
    expect(all.body?.instances?.instance?.map((one) => one.instanceName)).toEqual(["lab-001", "lab-002"]);
    expect(await order({})).toBe("OperationDenied.NoStock");
    expect(await order({ vSwitchId: "vsw-cn-hangzhou-i" })).toBe("OK");
  });

  test("a launch template says what the call does not", async () => {
    const made = await client.createLaunchTemplate(
      new sdk.CreateLaunchTemplateRequest({
        regionId: "cn-hangzhou",
        launchTemplateName: "lab",
        imageId: windows,
        instanceType: "ecs.c7.large",
        securityGroupIds: ["sg-cn-hangzhou"],
        vSwitchId: "vsw-cn-hangzhou-j",
        systemDisk: { category: "cloud_efficiency", size: 60 },
      }),
    );
    const { launchTemplateId } = made.body ?? {};
    const sent = {
      regionId: "cn-hangzhou",
      launchTemplateId,
      launchTemplateVersion: 1,
      instanceType: "ecs.g7.large",
    };
    expect(await codeOf(client.runInstances(new sdk.RunInstancesRequest(sent)))).toBe("OK");
    const all = await client.describeInstances(new sdk.DescribeInstancesRequest({ regionId: "cn-hangzhou" }));
    const [one] = all.body?.instances?.instance ?? [];
    expect(one).toMatchObject({ OSType: "windows", instanceType: "ecs.g7.large", zoneId: "cn-hangzhou-j" });
    const versions = await client.describeLaunchTemplateVersions(
      new sdk.DescribeLaunchTemplateVersionsRequest({ regionId: "cn-hangzhou", launchTemplateId }),
    );
    const data = versions.body?.launchTemplateVersionSets?.launchTemplateVersionSet?.[0]?.launchTemplateData;
    expect(data).toMatchObject({ instanceType: "ecs.c7.large", systemDisk: { size: 60 } });
    const unknown = { ...sent, launchTemplateVersion: 2 };
    const code = await codeOf(client.runInstances(new sdk.RunInstancesRequest(unknown)));
    expect(code).toBe("InvalidLaunchTemplateVersion.NotFound");
  });
});
