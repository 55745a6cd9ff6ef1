import { expect, test } from "vitest";
import type { CloudSpec } from "@/db/schema/templates";
import { env } from "@/lib/platform/env";
import { actions, calls } from "./api/calls";
import { orderOf } from "./order";

const spec: CloudSpec = {
  driver: "ecs",
  protocol: "rdp",
  os: "linux",
  hostId: "h",
  image: "m-1",
  user: "ecs-user",
  instanceTypes: ["ecs.a"],
  vSwitches: [{ zoneId: "z-1", vSwitchId: "v-1" }],
  securityGroupId: "sg-1",
  systemDisk: { category: "cloud_essd", sizeGb: 40 },
  spot: "first",
  spotPriceLimit: 0.5,
  internetMbps: 0,
  launchTemplate: { id: "lt-1", version: "3" },
  userData: "#!/bin/sh\necho 你好\n",
  memoryMb: 1,
  diskMb: 1024,
  startTimeoutSeconds: 300,
};

const order = (wishes: Partial<CloudSpec> = {}, spot = false) =>
  orderOf({
    resourceId: "R",
    regionId: "cn-hangzhou",
    workspaceId: "W",
    spec: { ...spec, ...wishes },
    offer: { zoneId: "z-1", vSwitchId: "v-1", instanceType: "ecs.a", spot },
    password: "Secret-2026",
    guardAt: new Date("2026-11-02T09:50:00Z"),
    tags: { attempt: "A", expires: new Date("2026-11-02T09:30:00Z") },
  });

test("an order is guarded, tagged and hardened, and gives the instance no role", () => {
  const made = order();
  expect(made).toMatchObject({
    autoReleaseTime: "2026-11-02T09:50:00Z",
    httpTokens: "required",
    securityEnhancementStrategy: "Deactive",
    instanceChargeType: "PostPaid",
    spotStrategy: "NoSpot",
    internetMaxBandwidthOut: 0,
    launchTemplateId: "lt-1",
    launchTemplateVersion: 3,
    imageOptions: { loginAsNonRoot: true },
    systemDisk: { category: "cloud_essd", size: "40" },
  });
  expect(made.tag).toEqual([
    { key: "lab:deploy", value: env().DEPLOY_ID },
    { key: "lab:resource", value: "R" },
    { key: "lab:workspace", value: "W" },
    { key: "lab:attempt", value: "A" },
    { key: "lab:expires", value: "2026-11-02T09:30:00Z" },
  ]);
  expect(Buffer.from(made.userData ?? "", "base64").toString()).toBe(spec.userData);
  for (const never of ["ramRoleName", "deletionProtection", "keyPairName"])
    expect(made).not.toHaveProperty(never);
});

test("spot with a limit, or at the market's price", () => {
  expect(order({}, true)).toMatchObject({
    spotStrategy: "SpotWithPriceLimit",
    spotPriceLimit: 0.5,
    spotDuration: 0,
  });
  const market = order({ spotPriceLimit: null }, true);
  expect(market).toMatchObject({ spotStrategy: "SpotAsPriceGo" });
  expect(market).not.toHaveProperty("spotPriceLimit");
});

test("the cloud's default version of a launch template, where none is named", () => {
  expect(order({ launchTemplate: { id: "lt-1", version: "" } })).not.toHaveProperty("launchTemplateVersion");
  expect(order({ launchTemplate: null })).not.toHaveProperty("launchTemplateId");
});

test("each call is listed once", () => {
  expect(new Set(actions).size).toBe(actions.length);
  expect(actions.length).toBe(Object.values(calls).flat().length);
});
