import { describe, expect, test } from "vitest";
import { type Actor, nobody } from "@/lib/platform/context";
import { defaultRoles, type Role } from "@/lib/platform/permissions";
import { fieldsOf, specOf } from "./fields";
import { can } from "./policy";
import { templateFields } from "./schema";

const good = {
  driver: "docker",
  name: "JupyterLab",
  image: "labyard/jupyter",
  cpus: "1",
  memoryMb: "1024",
  processes: "256",
  diskMb: "1024",
  network: "none",
  startTimeoutSeconds: "120",
  env: [],
};
const faults = (change: object) => {
  const parsed = templateFields.safeParse({ ...good, ...change });
  return parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
};

describe("template fields", () => {
  test.each([
    "labyard/jupyter",
    "python:3.12-slim",
    "registry.uni.edu.cn:5000/lab/base_image:v1.2",
    `ubuntu@sha256:${"a".repeat(64)}`,
  ])("image %s is taken", (image) => expect(faults({ image })).toEqual([]));

  test.each(["-v", "a b", "Jupyter", "../x", "x;rm -rf", "https://x/y", "a//b", "a:b:c", ""])(
    "image %j is refused",
    (image) => expect(faults({ image })).not.toEqual([]),
  );

  test.each([
    [{ cpus: "0" }, "cpus: teach.range.cpus"],
    [{ cpus: "16.5" }, "cpus: teach.range.cpus"],
    [{ memoryMb: "127" }, "memoryMb: teach.range.memoryMb"],
    [{ memoryMb: "512.5" }, "memoryMb: teach.field.whole"],
    [{ processes: "31" }, "processes: teach.range.processes"],
    [{ diskMb: "" }, "diskMb: teach.range.diskMb"],
    [{ startTimeoutSeconds: "601" }, "startTimeoutSeconds: teach.range.startTimeoutSeconds"],
    [{ env: [{ name: "PATH", value: "x" }] }, "env.0.name: teach.field.envReserved"],
    [{ env: [{ name: "LD_PRELOAD", value: "x" }] }, "env.0.name: teach.field.envReserved"],
    [{ env: [{ name: "1A", value: "x" }] }, "env.0.name: teach.field.envName"],
    [
      {
        env: [
          { name: "A", value: "1" },
          { name: "A", value: "2" },
        ],
      },
      "env: teach.field.envTwice",
    ],
    [{ name: " " }, "name: teach.field.required"],
  ])("%j: %s", (change, fault) => expect(faults(change)).toContain(fault));

  test.each([
    [{ cpus: "0.1" }],
    [{ cpus: "16" }],
    [{ diskMb: "51200" }],
    [{ env: [{ name: "MY_VAR", value: "" }] }],
  ])("%j is taken", (change) => expect(faults(change)).toEqual([]));
});

const cloud = {
  driver: "ecs",
  name: "云桌面",
  os: "linux",
  hostId: "01JZZZZZZZZZZZZZZZZZZZZZZZ",
  image: "m-1",
  user: "root",
  instanceTypes: ["ecs.e-c1m2.large"],
  vSwitches: [{ zoneId: "cn-hangzhou-h", vSwitchId: "vsw-1" }],
  securityGroupId: "sg-1",
  systemDisk: { category: "cloud_essd", sizeGb: 40 },
  spot: "first",
  spotPriceLimit: null,
  internetMbps: 0,
  diskMb: 1024,
  startTimeoutSeconds: 600,
};

describe("fields of a cloud desktop", () => {
  const cloudFaults = (change: object) =>
    templateFields
      .safeParse({ ...cloud, ...change })
      .error?.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`) ?? [];

  test.each([
    [{}],
    [{ os: "windows", user: "Administrator", image: "win2025_24H2_x64_dtc_zh-cn_40G_alibase_20260915.vhd" }],
    [{ spotPriceLimit: 0.05, spot: "only" }],
    [{ launchTemplateId: "lt-1", launchTemplateVersion: "3" }],
    [{ userData: "#!/bin/sh\napt-get install -y gcc" }],
  ])("%j is taken", (change) => expect(cloudFaults(change)).toEqual([]));

  test.each([
    [{ hostId: "" }, "hostId: teach.field.chooseOne"],
    [{ image: "" }, "image: teach.field.required"],
    [{ image: "m-1 --rm" }, "image: teach.field.cloudName"],
    [{ user: "a b" }, "user: teach.field.cloudUser"],
    [{ instanceTypes: [] }, "instanceTypes: teach.field.chooseOne"],
    [{ instanceTypes: ["ecs.g7.large", "ecs.g7.large"] }, "instanceTypes: teach.field.twice"],
    [{ vSwitches: [] }, "vSwitches: teach.field.chooseOne"],
    [{ systemDisk: { category: "cloud_essd", sizeGb: 10 } }, "systemDisk.sizeGb: teach.range.systemDiskGb"],
    [{ spotPriceLimit: 0 }, "spotPriceLimit: teach.range.spotPriceLimit"],
    [{ internetMbps: 101 }, "internetMbps: teach.range.internetMbps"],
    [{ startTimeoutSeconds: 30 }, "startTimeoutSeconds: teach.range.cloudStartSeconds"],
    [{ userData: "x".repeat(17_000) }, "userData: teach.field.tooLong"],
  ])("%j: %s", (change, fault) => expect(cloudFaults(change)).toContain(fault));

  test("a version in the form and back is the same version", () => {
    const spec = specOf(templateFields.parse({ ...cloud, launchTemplateId: "lt-1", spotPriceLimit: 0.2 }));
    expect(spec).toMatchObject({
      protocol: "rdp",
      memoryMb: 1,
      launchTemplate: { id: "lt-1", version: "Default" },
      spotPriceLimit: 0.2,
    });
    expect(specOf(templateFields.parse({ ...fieldsOf(spec), name: "x" }))).toEqual(spec);
    expect(specOf(templateFields.parse({ ...cloud, spot: "never", spotPriceLimit: 1 }))).toMatchObject({
      spotPriceLimit: null,
      launchTemplate: null,
    });
  });
});

const person = (role: Role, id = "me"): Actor => ({
  type: "user",
  id,
  name: "某人",
  roles: [role],
  permissions: new Set(defaultRoles[role]),
  sessionId: "s",
});

test.each<[string, Actor, "own" | "shared", string, [view: boolean, use: boolean, edit: boolean]]>([
  ["nobody", nobody, "shared", "x", [false, false, false]],
  ["a student", person("student"), "shared", "x", [false, false, false]],
  ["an assistant", person("assistant"), "shared", "x", [false, false, false]],
  ["another teacher, shared", person("teacher"), "shared", "x", [true, true, false]],
  ["another teacher, own", person("teacher"), "own", "x", [false, false, false]],
  ["its author", person("teacher"), "own", "me", [true, true, true]],
  ["an administrator", person("admin"), "own", "x", [true, true, true]],
])("who may: %s", (_name, actor, visibility, createdBy, [view, use, edit]) => {
  const thing = { createdBy, visibility, archived: false };
  expect(can(actor, "view", thing)).toBe(view);
  expect(can(actor, "use", thing)).toBe(use);
  expect(can(actor, "edit", thing)).toBe(edit);
  expect(can(actor, "use", { ...thing, archived: true })).toBe(false);
});
