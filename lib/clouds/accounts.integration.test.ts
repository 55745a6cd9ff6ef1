import { eq } from "drizzle-orm";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { auditLog, hosts } from "@/db/schema";
import { cloudAccounts, cloudResources } from "@/db/schema/clouds";
import { type Emulator, startEmulator } from "@/e2e/ecs-emulator";
import { createWorld } from "@/e2e/world";
import { createCtx } from "@/lib/platform/context";
import { unseal } from "@/lib/platform/crypto";
import { toAppError } from "@/lib/platform/errors";
import { newId } from "@/lib/platform/ids";
import {
  addAccount,
  addRegion,
  editAccount,
  editRegion,
  removeAccount,
  removeRegion,
  setAccountStatus,
} from "./accounts";
import { catalogue, cloudPrice, typePrices } from "./catalogue";
import { checkAccount, regionsOfAccount } from "./check-account";
import { dryRun } from "./dry-run";
import { clearClouds, emulatedSpec } from "./testing";

const db = database();
const world = await createWorld(db);
const admin = createCtx(world.admin, { db });
const teacher = createCtx(world.teacher, { db });
let cloud: Emulator;
let accountId: string;
let hostId: string;

const key = (work: Promise<unknown>) => work.then(() => "done").catch((error) => toAppError(error).key);
const account = async () => (await db.select().from(cloudAccounts).where(eq(cloudAccounts.id, accountId)))[0];
const check = () => checkAccount({ ctx: admin, input: { accountId } });

beforeEach(async () => {
  cloud = await startEmulator();
  const [keys] = cloud.keys;
  const fields = { name: `云 ${newId()}`, ...keys, endpoint: `${cloud.host}:${cloud.port}` };
  ({ accountId } = await addAccount({ ctx: admin, input: fields }));
  const region = { accountId, regionId: "cn-hangzhou", most: 60 };
  ({ hostId } = await addRegion({ ctx: admin, input: region }));
});
afterEach(async () => {
  await cloud.close();
  await clearClouds(db);
});
afterAll(closeDatabase);

test("keys are sealed, written down without the secret, and an empty secret keeps them", async () => {
  const [keys] = cloud.keys;
  const before = await account();
  expect(before?.accessKeySecret).not.toContain(keys.accessKeySecret);
  expect(unseal(before?.accessKeySecret ?? "")).toBe(keys.accessKeySecret);
  const fields = {
    accountId,
    name: "另一个名字",
    accessKeyId: keys.accessKeyId,
    endpoint: before?.endpoint ?? "",
  };
  await editAccount({ ctx: admin, input: fields });
  expect((await account())?.accessKeySecret).toBe(before?.accessKeySecret);
  const log = JSON.stringify(await db.select().from(auditLog).where(eq(auditLog.targetId, accountId)));
  expect(log).toContain("cloudAccount.edit");
  expect(log).not.toContain(keys.accessKeySecret);
  expect(log).not.toContain(before?.accessKeySecret);
  const another = { ...fields, accountId: undefined, accessKeySecret: "x" };
  expect(await key(addAccount({ ctx: admin, input: another }))).toBe("cloud.accountNameTaken");
});

test("regions come from the cloud; one with something in it stays", async () => {
  const regions = await regionsOfAccount({ ctx: admin, input: { accountId } });
  expect(regions).toContainEqual({ regionId: "cn-hangzhou", name: "华东1（杭州）" });
  await editRegion({ ctx: admin, input: { hostId, most: 5, reach: "public" } });
  const [host] = await db.select().from(hosts).where(eq(hosts.id, hostId));
  expect(host).toMatchObject({
    driver: "ecs",
    memoryMb: 5,
    endpoint: `ecs://${accountId}/cn-hangzhou?reach=public`,
  });
  expect(await key(removeAccount({ ctx: admin, input: { accountId } }))).toBe("cloud.hasRegions");
  const at = new Date();
  const row = {
    accountId,
    hostId,
    regionId: "cn-hangzhou",
    state: "running",
    createdAt: at,
    stateAt: at,
  } as const;
  await db.insert(cloudResources).values({ id: newId(), kind: "snapshot", ...row });
  expect(await key(removeRegion({ ctx: admin, input: { hostId } }))).toBe("cloud.regionInUse");
  await db.update(cloudResources).set({ state: "gone" });
  await removeRegion({ ctx: admin, input: { hostId } });
  await removeAccount({ ctx: admin, input: { accountId } });
  expect(await account()).toBeUndefined();
});

test("a check makes nothing, and says what is missing; an account that passes is open again", async () => {
  expect(await check()).toMatchObject({ missing: [], problems: [], untried: [] });
  expect(cloud.leftovers()).toEqual({ instances: [], disks: [], eips: [], snapshots: [], images: [] });
  cloud.set({ deniedActions: ["DeleteInstance", "DescribeSnapshots"] });
  const denied = await check();
  expect(denied.missing).toEqual(["DescribeSnapshots", "DeleteInstance"]);
  expect(denied.policy).toContain("ecs:DeleteInstance");
  expect(await account()).toMatchObject({ status: "frozen", frozenCause: "Forbidden.RAM" });
  cloud.set({ deniedActions: [], balance: 1 });
  expect((await check()).problems).toEqual([
    { code: "InvalidAccountStatus.NotEnoughBalance", key: "notEnoughBalance" },
  ]);
  cloud.set({ balance: null });
  await check();
  expect(await account()).toMatchObject({ status: "enabled", frozenCause: null, checked: { missing: [] } });
});

test("wrong keys are told once, a cloud that does not answer is no answer", async () => {
  cloud.set({ faults: [{ kind: "drop-before" }] });
  expect(await key(check())).toBe("hostUnreachable");
  const [{ accessKeyId }] = cloud.keys;
  const fields = {
    accountId,
    name: "云",
    accessKeyId,
    accessKeySecret: "wrong",
    endpoint: `${cloud.host}:${cloud.port}`,
  };
  await editAccount({ ctx: admin, input: fields });
  expect((await check()).problems).toEqual([{ code: "SignatureDoesNotMatch", key: "keys" }]);
});

test("a teacher sees what there is to choose from, with prices and stock, and manages nothing", async () => {
  cloud.set({ stock: { "cn-hangzhou-h": { "ecs.g7.large": 0 }, "cn-hangzhou-i": { "ecs.g7.large": null } } });
  const found = await catalogue({ ctx: teacher, input: { hostId } });
  expect(found.types.find(({ id }) => id === "ecs.g7.large")).toEqual({
    id: "ecs.g7.large",
    cpus: 2,
    memoryMb: 8192,
    gpus: 0,
    stock: [
      { zoneId: "cn-hangzhou-h", state: "none" },
      { zoneId: "cn-hangzhou-j", state: "enough" },
      { zoneId: "cn-hangzhou-k", state: "enough" },
    ],
  });
  expect(cloud.calls.count("DescribePrice"), "nobody has looked at one").toBe(0);
  const types = [
    { id: "ecs.g7.large", spotZoneId: "cn-hangzhou-j" },
    { id: "ecs.c7.large" },
    { id: "ecs.x" },
  ];
  for (let look = 0; look < 2; look++)
    expect(await typePrices({ ctx: teacher, input: { hostId, types } })).toEqual([
      { id: "ecs.g7.large", price: 502_000, spot: 100_400 },
      { id: "ecs.c7.large", price: 392_000, spot: null },
      { id: "ecs.x", price: null, spot: null },
    ]);
  expect(cloud.calls.count("DescribePrice"), "what was told is remembered").toBe(5);
  expect(found.vSwitches[0]).toMatchObject({ id: "vsw-cn-hangzhou-h", zoneId: "cn-hangzhou-h" });
  const users = new Map(found.images.map(({ id, user }) => [id.split("_")[0], user]));
  expect(Object.fromEntries(users)).toEqual({
    ubuntu: "ecs-user",
    debian: "ecs-user",
    centos: "root",
    win2025: "Administrator",
  });
  expect(found.securityGroups).toHaveLength(1);
  const spec = emulatedSpec(hostId);
  expect(await cloudPrice({ ctx: teacher, input: { ...spec, spot: "first" } })).toEqual({
    onDemand: 184_000 + 40 * 486,
    spot: 36_800 + 40 * 486,
    resting: 40 * 486,
  });
  expect(await key(removeAccount({ ctx: teacher, input: { accountId } }))).toBe("forbidden");
  expect(await key(checkAccount({ ctx: teacher, input: { accountId } }))).toBe("forbidden");
  const student = createCtx(world.students[0] ?? world.stranger, { db });
  expect(await key(catalogue({ ctx: student, input: { hostId } }))).toBe("forbidden");
});

test("a dry run says of each offer whether it could be had, and what is wrong with all of them", async () => {
  cloud.set({ stock: { "cn-hangzhou-h": { "*": 0 } } });
  const spec = emulatedSpec(hostId, { instanceTypes: ["ecs.c7.large"] });
  expect((await dryRun({ ctx: teacher, input: { spec } })).map(({ code }) => code)).toEqual([
    "OperationDenied.NoStock",
    null,
    null,
  ]);
  const older = { ...spec, image: "centos_7_9_x64_20G_alibase_20240628.vhd" };
  expect(await key(dryRun({ ctx: teacher, input: { spec: older } }))).toBe("cloud.noOrdinaryUser");
  expect(await key(dryRun({ ctx: teacher, input: { spec: { ...older, user: "root" } } }))).toBe("done");
  const wrong = { ...spec, image: "m-gone" };
  expect(await key(dryRun({ ctx: teacher, input: { spec: wrong } }))).toBe("cloud.imageGone");
  expect(cloud.leftovers().instances).toEqual([]);
  await setAccountStatus({ ctx: admin, input: { accountId, status: "disabled" } });
  expect(await account()).toMatchObject({ status: "disabled" });
});
