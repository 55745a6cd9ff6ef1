import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { charges, cloudFindings, cloudResources, cloudSweeps } from "@/db/schema/clouds";
import { type Emulator, startEmulator } from "@/e2e/ecs-emulator";
import { fixedClock } from "@/lib/platform/clock";
import { type Ctx, systemCtx } from "@/lib/platform/context";
import { toAppError } from "@/lib/platform/errors";
import { newId } from "@/lib/platform/ids";
import { call } from "./api/client";
import { deleteKept } from "./delete-kept";
import { deleteInstance, instanceOf, observeInstance, runInstance, snapshotDisk, sweepRegion } from "./index";
import { keep } from "./kept";
import { loadResource } from "./ledger";
import { tagsOf } from "./order";
import { loadRegion, type Region } from "./region";
import { listSweeps, newSwept } from "./sweeps";
import { clearClouds, emulatedRegion, emulatedSpec } from "./testing";

const db = database();
const minute = 60_000;
let clock: ReturnType<typeof fixedClock>;
let ctx: Ctx;
let cloud: Emulator;
let hostId: string;
let region: Region;

beforeEach(async () => {
  clock = fixedClock("2026-11-02T00:00:00.000Z");
  ctx = systemCtx("test", { db, clock });
  cloud = await startEmulator({ now: () => clock.now().getTime() });
  ({ hostId } = await emulatedRegion(ctx, cloud));
  region = await loadRegion(ctx, hostId);
});

afterEach(async () => {
  await cloud.close();
  await clearClouds(db);
});
afterAll(closeDatabase);

async function order(): Promise<string> {
  const workspaceId = newId();
  const end = new Date(clock.now().getTime() + 90 * minute);
  const spec = emulatedSpec(hostId);
  const input = {
    hostId,
    workspaceId,
    spec,
    password: "Labyard-2026-x",
    guardAt: end,
    tags: { expires: end },
  };
  await runInstance({ ctx, input });
  clock.advance(3_000);
  return workspaceId;
}
const sweep = (...wanted: string[]) =>
  sweepRegion({ ctx, input: { hostId, isWanted: () => new Set(wanted) } });
const findings = () => db.select().from(cloudFindings).orderBy(cloudFindings.id);
const bill = async () => {
  const rows = await db.select().from(charges);
  return rows.reduce((sum, { amount }) => sum + (amount ?? Number.NaN), 0);
};

test("what somebody wants stays, what nobody wants goes, and the report says so", async () => {
  const [wanted, unwanted] = [await order(), await order()];
  expect(await sweep(wanted, unwanted)).toEqual({
    ...newSwept(),
    compared: { instance: 2, image: 0, snapshot: 0, disk: 0, address: 0 },
  });
  expect(await sweep(wanted)).toMatchObject({ orphans: 1 });
  expect(cloud.leftovers().instances).toEqual([
    (await instanceOf({ ctx, input: { workspaceId: wanted } }))?.externalId,
  ]);
  expect(await findings()).toMatchObject([{ finding: "orphan", action: "deleted", kind: "instance" }]);
  clock.advance(2 * minute);
  expect(await sweep(wanted)).toMatchObject({ orphans: 0, pending: 0 });
});

test("the ledger lost: few are deleted, many are spared", async () => {
  const all = [await order(), await order(), await order()];
  const rows = await db.select().from(cloudResources);
  await db.delete(cloudResources);
  expect(await sweep(...all), "they may be another database's").toMatchObject({ orphans: 0, spared: 3 });
  expect(cloud.leftovers().instances).toHaveLength(3);
  expect((await findings()).map(({ finding }) => finding)).toEqual(["spared", "spared", "spared"]);
  expect(await sweep(...all), "told once").toMatchObject({ spared: 3 });
  expect(await findings()).toHaveLength(3);

  const [first, second] = rows;
  if (!first || !second) throw new Error("no rows");
  await db.insert(cloudResources).values([first, second]);
  expect(await sweep(...all)).toMatchObject({ orphans: 1, spared: 0 });
  clock.advance(2 * minute);
  await sweep(...all);
  expect(cloud.leftovers().instances).toHaveLength(2);
});

test("an answer that was lost is found by its tag, and a deletion is repeated until it is done", async () => {
  cloud.set({ faults: [{ action: "RunInstances", kind: "drop-after", times: 1 }], pendingMs: 5 * minute });
  await expect(order()).rejects.toThrow();
  const [row] = await db.select().from(cloudResources);
  const workspaceId = row?.workspaceId ?? "";
  await sweep(workspaceId);
  expect(await instanceOf({ ctx, input: { workspaceId } })).toMatchObject({ state: "accepted" });
  expect(await sweep(), "still booting").toMatchObject({ orphans: 1, pending: 1 });
  clock.advance(6 * minute);
  expect(await sweep()).toMatchObject({ orphans: 0, pending: 0 });
  expect(cloud.leftovers().instances).toEqual([]);
});

test("what vanished is told, once its first minute has passed; so is a guard that somebody moved", async () => {
  const [lost, moved] = [await order(), await order()];
  const [first, second] = cloud.cloud.instances.all();
  cloud.fail(first?.id ?? "");
  if (second) cloud.cloud.instances.releaseAt(second, undefined);
  expect(await sweep(lost, moved)).toMatchObject({ lost: 0, mended: 1 });
  clock.advance(2 * minute);
  expect(await sweep(lost, moved)).toMatchObject({ lost: 1, mended: 0 });
  const { guardAt } = (await instanceOf({ ctx, input: { workspaceId: moved } })) ?? {};
  expect(second?.autoReleaseAt).toBe(guardAt?.getTime());
  const found = (await findings()).sort((one, other) => one.finding.localeCompare(other.finding));
  expect(found).toMatchObject([
    { finding: "guard" },
    { finding: "lost", detail: "SystemFailure.Delete: the host failed" },
  ]);
});

test("a disk is kept as a snapshot before its instance goes, until somebody deletes it", async () => {
  const workspaceId = await order();
  const copy = () => snapshotDisk({ ctx, input: { workspaceId, reason: "unsaved" } });
  cloud.set({ faults: [{ action: "CreateSnapshot", kind: "drop-after", times: 1 }] });
  expect(await copy().catch((error) => toAppError(error).key)).toBe("hostUnreachable");
  expect(await copy()).toMatchObject({ done: false });
  const end = () => deleteInstance({ ctx, input: { workspaceId } });
  expect(await end(), "gone, it would take the copy along").toEqual({ gone: false });
  clock.advance(4_000);
  const { done, resourceId } = await copy();
  expect(done).toBe(true);
  expect(cloud.leftovers().snapshots).toHaveLength(1);
  expect(await end()).toEqual({ gone: true });
  clock.advance(10 * minute);
  expect(await sweep()).toMatchObject({ orphans: 0, lost: 0 });
  expect(cloud.leftovers().snapshots, "people have to see to it").toHaveLength(1);
  clock.advance(50 * minute);
  expect(await deleteKept({ ctx, input: { resourceId } })).toEqual({ gone: true });
  expect(cloud.leftovers()).toEqual({ instances: [], disks: [], eips: [], snapshots: [], images: [] });
  expect(Math.abs((await bill()) - cloud.bill().total)).toBeLessThan(100);
});

test("an image for a class is made, and goes with its snapshots", async () => {
  const workspaceId = await order();
  const row = await instanceOf({ ctx, input: { workspaceId } });
  const image = () =>
    keep(ctx, region, {
      kind: "image",
      of: row?.id ?? "",
      name: "class",
      workspaceId,
      keptFor: "classImage",
      zoneId: null,
      sizeGb: 40,
      asked: (resourceId) => ({
        regionId: region.regionId,
        instanceId: row?.externalId ?? "",
        imageName: "class",
        tag: tagsOf(resourceId, null),
      }),
    });
  expect(await image()).toMatchObject({ done: false });
  clock.advance(10_000);
  await sweep(workspaceId);
  const { done, resourceId } = await image();
  expect(done, "the sweep carried it on").toBe(true);
  expect(await loadResource(ctx, resourceId)).toMatchObject({ workspaceId: null, keptFor: "classImage" });
  expect(cloud.leftovers().images).toHaveLength(1);
  await deleteInstance({ ctx, input: { workspaceId } });
  expect(await deleteKept({ ctx, input: { resourceId } })).toEqual({ gone: true });
  expect(cloud.leftovers()).toMatchObject({ snapshots: [], images: [], disks: [] });
});

test("disks, snapshots and addresses that were left behind go; what is not ours stays", async () => {
  const workspaceId = await order();
  const { regionId } = region;
  const tag = tagsOf("nobody", workspaceId);
  const instanceId = cloud.leftovers().instances[0] ?? "";
  const other = cloud.cloud;
  const disk = {
    regionId,
    zoneId: "cn-hangzhou-h",
    category: "cloud_essd",
    sizeGib: 40,
    kind: "data" as const,
  };
  const loose = {
    ...disk,
    name: "",
    performanceLevel: undefined,
    imageId: undefined,
    snapshotId: undefined,
    instanceId: undefined,
    device: undefined,
    isDeletedWithInstance: false,
    madeFor: null,
  };
  other.disks.add({ ...loose, tags: new Map(tag.map(({ key, value }) => [key, value])) });
  const theirs = other.disks.add({ ...loose, tags: new Map() });
  const [own] = other.disks.of(instanceId);
  await call(ctx, region, "CreateSnapshot", { diskId: own?.id ?? "", tag });
  const before = other.eips.allocate(regionId, 5, "PayByTraffic");
  other.eips.associate(before, other.instances.get(instanceId));
  await sweep(workspaceId);
  await deleteInstance({ ctx, input: { workspaceId } });
  clock.advance(2 * minute);
  await sweep();
  expect(cloud.leftovers()).toEqual({
    instances: [],
    disks: [theirs.id],
    eips: [],
    snapshots: [],
    images: [],
  });
});

test.each(["PayByTraffic", "PayByBandwidth"] as const)(
  "an address that somebody else binds (%s) costs its workspace, and goes with its instance; the bill is the ledger",
  async (addresses) => {
    cloud.set({ addresses });
    const workspaceId = await order();
    await sweep(workspaceId);
    clock.advance(20 * minute);
    await deleteInstance({ ctx, input: { workspaceId } });
    clock.advance(2 * minute);
    await sweep();
    expect(cloud.leftovers()).toEqual({ instances: [], disks: [], eips: [], snapshots: [], images: [] });
    expect(Math.abs((await bill()) - cloud.bill().total)).toBeLessThan(200);
    const rows = await db.select().from(charges);
    const paid = addresses === "PayByBandwidth" ? [315_000, 335_000] : [20_000];
    expect(rows.filter(({ kind }) => kind === "address")).toMatchObject(
      paid.map((price) => ({ price, workspaceId })),
    );
  },
);

test("an address is known before its instance goes, if no sweep ever saw it; somebody's own is only told of", async () => {
  cloud.set({ addresses: "PayByTraffic" });
  const workspaceId = await order();
  await deleteInstance({ ctx, input: { workspaceId } });
  expect(cloud.leftovers()).toMatchObject({ instances: [], eips: [expect.any(String)] });
  await sweep();
  expect(cloud.leftovers()).toMatchObject({ eips: [] });

  cloud.set({ addresses: null });
  const own = cloud.cloud.eips.allocate(region.regionId, 5, "PayByBandwidth");
  clock.advance(minute);
  const other = await order();
  const [instance] = cloud.cloud.instances.all();
  if (instance) cloud.cloud.eips.associate(own, instance);
  await sweep(other);
  await deleteInstance({ ctx, input: { workspaceId: other } });
  await sweep();
  expect(cloud.leftovers()).toMatchObject({ eips: [own.id] });
  expect((await findings()).find(({ externalId }) => externalId === own.id)).toMatchObject({
    finding: "orphan",
    settledAt: null,
  });
  expect((await db.select().from(charges)).some(({ price }) => price > 300_000)).toBe(false);
});

test("a cloud that does not answer: nothing is touched", async () => {
  const workspaceId = await order();
  cloud.set({ faults: [{ kind: "drop-before" }] });
  await expect(sweep()).rejects.toMatchObject({ key: "hostUnreachable" });
  cloud.set({ faults: [] });
  expect(await observeInstance({ ctx, input: { workspaceId } })).toMatchObject({ state: "running" });
});

test("each sweep is written down with what it compared and did; one that broke off too; the old ones go", async () => {
  const view = async () => (await listSweeps({ ctx })).find((one) => one.hostId === hostId);
  expect(await view()).toMatchObject({ last: null, goodAt: null });
  await order();
  await sweep();
  const firstAt = clock.now();
  expect(await view()).toMatchObject({
    last: { error: null, orphans: 1, askedBy: null, compared: { instance: 1, disk: 0 } },
    goodAt: firstAt,
    day: { sweeps: 1, broken: 0, found: 1 },
  });

  clock.advance(2 * minute);
  cloud.set({ faults: [{ kind: "drop-before" }] });
  await expect(sweep()).rejects.toThrow();
  expect(await view()).toMatchObject({
    last: { error: "NoAnswer", startedAt: clock.now() },
    goodAt: firstAt,
    day: { sweeps: 2, broken: 1 },
  });

  cloud.set({ faults: [] });
  clock.advance(8 * 24 * 60 * minute);
  await sweepRegion({ ctx, input: { hostId, isWanted: () => new Set(), askedBy: "USER" } });
  expect(await db.select().from(cloudSweeps)).toMatchObject([{ askedBy: "USER", error: null }]);
});
