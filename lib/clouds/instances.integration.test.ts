import { inspect } from "node:util";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { charges, cloudAccounts, cloudFindings, cloudResources } from "@/db/schema/clouds";
import { type Emulator, startEmulator } from "@/e2e/ecs-emulator";
import { fixedClock } from "@/lib/platform/clock";
import { type Ctx, systemCtx } from "@/lib/platform/context";
import { toAppError } from "@/lib/platform/errors";
import { newId } from "@/lib/platform/ids";
import { describeInstance } from "./describe";
import {
  deleteInstance,
  instanceOf,
  listInstances,
  moveGuard,
  observeInstance,
  replaceSystemDisk,
  runInstance,
  startInstance,
  stopInstance,
} from "./index";
import { loadRegion } from "./region";
import { clearClouds, emulatedRegion, emulatedSpec } from "./testing";

const db = database();
const minute = 60_000;
let clock: ReturnType<typeof fixedClock>;
let ctx: Ctx;
let cloud: Emulator;
let hostId: string;

beforeEach(async () => {
  clock = fixedClock("2026-11-02T00:00:00.000Z");
  ctx = systemCtx("test", { db, clock });
  cloud = await startEmulator({ now: () => clock.now().getTime() });
  ({ hostId } = await emulatedRegion(ctx, cloud));
});

afterEach(async () => {
  await cloud.close();
  await clearClouds(db);
});
afterAll(closeDatabase);

const order = (workspaceId: string, wishes: Parameters<typeof emulatedSpec>[1] = {}) =>
  runInstance({
    ctx,
    input: {
      hostId,
      workspaceId,
      spec: emulatedSpec(hostId, wishes),
      password: "Labyard-2026-x",
      guardAt: new Date(clock.now().getTime() + 90 * minute),
      tags: { attempt: newId(), expires: new Date(clock.now().getTime() + 90 * minute) },
    },
  });

const key = (work: Promise<unknown>) => work.then(() => "done").catch((error) => toAppError(error).key);
const observe = (workspaceId: string) => observeInstance({ ctx, input: { workspaceId } });
const remove = async (workspaceId: string) => (await deleteInstance({ ctx, input: { workspaceId } })).gone;
const spent = async () => {
  const rows = await db.select().from(charges);
  return rows.reduce((sum, { amount }) => sum + (amount ?? Number.NaN), 0);
};

test("one life: ordered, seen, guarded, stopped, started, renewed, gone; the ledger is the cloud's bill", async () => {
  const workspaceId = newId();
  const made = await order(workspaceId);
  expect(made).toMatchObject({ state: "accepted", externalId: expect.stringMatching(/^i-/) });
  expect(await order(workspaceId), "twice is once").toEqual(made);
  expect(await observe(workspaceId)).toMatchObject({ state: "pending" });
  clock.advance(3_000);
  const seen = await observe(workspaceId);
  expect(seen).toMatchObject({ state: "running", address: "172.16.1.10" });

  const until = new Date(clock.now().getTime() + 5 * 60 * minute);
  const { guardAt } = await moveGuard({ ctx, input: { workspaceId, until } });
  const [instance] = cloud.cloud.instances.all();
  expect(instance?.autoReleaseAt).toBe(guardAt.getTime());
  expect(guardAt.getTime()).toBeGreaterThan(until.getTime());
  expect(Object.fromEntries(instance?.tags ?? [])).toMatchObject({ "lab:workspace": workspaceId });
  expect(instance).toMatchObject({ httpTokens: "required", spotStrategy: "NoSpot", isProtected: false });

  clock.advance(30 * minute);
  await stopInstance({ ctx, input: { workspaceId } });
  clock.advance(1_000);
  await listInstances({ ctx, input: { hostId } });
  expect(await instanceOf({ ctx, input: { workspaceId } }), "who lists has seen").toMatchObject({
    state: "stopped",
  });
  expect(await observe(workspaceId)).toMatchObject({ state: "stopped" });
  clock.advance(60 * minute);
  await replaceSystemDisk({
    ctx,
    input: { workspaceId, image: emulatedSpec(hostId).image, password: "Labyard-2026-y" },
  });
  await startInstance({ ctx, input: { workspaceId } });
  clock.advance(2_000);
  expect(await observe(workspaceId)).toMatchObject({ state: "running" });
  clock.advance(30 * minute);
  expect(await remove(workspaceId)).toBe(true);
  expect(await observe(workspaceId)).toMatchObject({ state: "missing" });
  expect(await instanceOf({ ctx, input: { workspaceId } })).toMatchObject({ state: "gone", request: null });
  expect(cloud.leftovers().instances).toEqual([]);
  expect(Math.abs((await spent()) - cloud.bill().total)).toBeLessThan(10);
  expect(await key(order(workspaceId)), "what has ended is not ordered again").toBe("cloud.unwanted");
});

test("zones are tried in order, reasons are kept, and the next one asks not again what was just refused", async () => {
  const none = { "ecs.e-c1m2.large": 0 };
  cloud.set({ stock: { "cn-hangzhou-h": none, "cn-hangzhou-i": { "ecs.e-c1m2.large": null } } });
  const [first, second] = [newId(), newId()];
  await order(first);
  const row = await instanceOf({ ctx, input: { workspaceId: first } });
  expect(row).toMatchObject({ zoneId: "cn-hangzhou-j", offer: 2, clientToken: `${row?.id}-2` });
  expect(row?.passedOver).toEqual([
    { offer: "cn-hangzhou-h ecs.e-c1m2.large", code: "OperationDenied.NoStock" },
    { offer: "cn-hangzhou-i ecs.e-c1m2.large", code: "InvalidInstanceType.ZoneNotSupported" },
  ]);
  await order(second);
  expect(cloud.calls.count("RunInstances")).toBe(4);
  expect((await instanceOf({ ctx, input: { workspaceId: second } }))?.passedOver).toHaveLength(2);

  cloud.set({ stock: { "*": { "*": 0 } } });
  clock.advance(2 * minute);
  const third = newId();
  expect(await key(order(third))).toBe("cloud.nowhere");
  expect((await instanceOf({ ctx, input: { workspaceId: third } }))?.passedOver).toHaveLength(6);
  cloud.set({ stock: {} });
  clock.advance(2 * minute);
  expect(await order(third), "a refused start may be tried again").toMatchObject({ state: "accepted" });
});

test("spot first: what is not to be had as spot is taken on demand, at its own price", async () => {
  const workspaceId = newId();
  await order(workspaceId, { spot: "first", spotPriceLimit: 0.01 });
  const row = await instanceOf({ ctx, input: { workspaceId } });
  expect(row).toMatchObject({ spot: false, runningPrice: 184_000 + 40 * 486, restingPrice: 40 * 486 });
  expect(row?.passedOver).toHaveLength(6);
  const other = newId();
  await order(other, { spot: "only" });
  expect(await instanceOf({ ctx, input: { workspaceId: other } })).toMatchObject({
    spot: true,
    runningPrice: 36_800 + 40 * 486,
  });
});

test("an answer that was lost is asked for again by the same token; two at once have one", async () => {
  cloud.set({ faults: [{ action: "RunInstances", kind: "drop-after", times: 1 }] });
  const workspaceId = newId();
  const error = await order(workspaceId).catch(toAppError);
  expect(error).toMatchObject({ code: "unavailable", key: "hostUnreachable" });
  expect(inspect(error, { depth: 9 }), "the SDK puts the request into its error").not.toContain(
    "Labyard-2026-x",
  );
  expect(await key(order(workspaceId)), "not at once").toBe("cloud.trouble");
  clock.advance(2_000);
  await Promise.all([order(workspaceId), order(workspaceId), order(workspaceId)]);
  expect(cloud.leftovers().instances).toHaveLength(1);
  const others = [newId(), newId(), newId()];
  await Promise.all(others.flatMap((id) => [order(id), order(id)]));
  expect(cloud.leftovers().instances).toHaveLength(4);
  expect(await db.select().from(cloudResources)).toHaveLength(4);
});

const half = (30_000 * 203_440) / 3_600_000;
test.each([
  { made: "by the first order", kinds: ["drop-after"], gap: 7 * minute, off: 10 },
  { made: "by a later one", kinds: ["drop-before", "drop-after"], gap: 7 * minute, off: half },
  { made: "and is not listed yet", kinds: ["drop-after"], gap: 15_000, listLagMs: 20_000, off: 10 },
])("what was made $made, without an answer, costs since the cloud has it", async ({ kinds, gap, ...one }) => {
  const workspaceId = newId();
  const { off, listLagMs = 0 } = one;
  for (const kind of kinds as ("drop-after" | "drop-before")[]) {
    cloud.set({ listLagMs, faults: [{ action: "RunInstances", kind, times: 1 }] });
    expect(await key(order(workspaceId))).toBe("hostUnreachable");
    clock.advance(gap);
  }
  expect(await key(order(workspaceId))).toBe("done");
  clock.advance(40 * minute);
  expect(await remove(workspaceId)).toBe(true);
  expect(Math.abs((await spent()) - cloud.bill().total)).toBeLessThanOrEqual(off);
});

test("deleted while nobody knows whether it was made: found by its tag, or given up after its first minute", async () => {
  cloud.set({ listLagMs: 20_000, faults: [{ action: "RunInstances", kind: "drop-after", times: 1 }] });
  const lost = newId();
  await key(order(lost));
  expect(await remove(lost), "not listed yet").toBe(false);
  expect(await key(order(lost)), "stop wins").toBe("cloud.unwanted");
  clock.advance(21_000);
  expect(await remove(lost)).toBe(true);
  expect(cloud.leftovers().instances).toEqual([]);

  cloud.set({ faults: [{ action: "RunInstances", kind: "drop-before", times: 1 }] });
  const never = newId();
  await key(order(never));
  expect(await remove(never)).toBe(false);
  clock.advance(61_000);
  expect(await remove(never)).toBe(true);
  expect(await instanceOf({ ctx, input: { workspaceId: never } })).toMatchObject({ state: "refused" });
});

test("deletion is refused while it boots, and repeated until the cloud says that it is gone", async () => {
  cloud.set({ pendingMs: 20_000, deletingMs: 90_000 });
  const workspaceId = newId();
  await order(workspaceId);
  expect(await remove(workspaceId)).toBe(false);
  expect(await observe(workspaceId)).toMatchObject({ state: "pending" });
  clock.advance(30_000);
  expect(await remove(workspaceId)).toBe(false);
  expect(await observe(workspaceId), "accepted is not gone").toMatchObject({ state: "stopping" });
  clock.advance(91_000);
  expect(await remove(workspaceId)).toBe(true);
  expect(Math.abs((await spent()) - cloud.bill().total)).toBeLessThan(10);
});

test("absent in its first minute is not gone; later it is, and somebody is told", async () => {
  cloud.set({ listLagMs: 50_000 });
  const workspaceId = newId();
  await order(workspaceId);
  clock.advance(30_000);
  expect(await observe(workspaceId)).toMatchObject({ state: "pending" });
  clock.advance(30_000);
  expect(await observe(workspaceId)).toMatchObject({ state: "running" });
  cloud.fail(cloud.leftovers().instances[0] ?? "");
  clock.advance(5_000);
  expect(await observe(workspaceId)).toMatchObject({ state: "missing" });
  expect(await db.select().from(cloudFindings)).toMatchObject([{ finding: "lost", action: "raised" }]);
});

test("a spot instance that is taken back says so, and costs until then", async () => {
  const workspaceId = newId();
  await order(workspaceId, { spot: "only" });
  clock.advance(10 * minute);
  await observe(workspaceId);
  cloud.reclaim(cloud.leftovers().instances[0] ?? "");
  const { reclaimAt } = await observe(workspaceId);
  expect(reclaimAt).toEqual(new Date(clock.now().getTime() + 5 * minute));
  clock.advance(9 * minute);
  expect(await observe(workspaceId)).toMatchObject({ state: "missing" });
  expect(Math.abs((await spent()) - cloud.bill().total)).toBeLessThan(10);
  expect(await db.select().from(cloudFindings)).toMatchObject([{ finding: "reclaimed" }]);
});

test("an account without money is frozen, says so to who starts next, and asks nothing more", async () => {
  cloud.set({ balance: 1 });
  expect(await key(order(newId()))).toBe("cloud.notEnoughBalance");
  const asked = cloud.calls.count();
  expect(await key(order(newId()))).toBe("cloud.notEnoughBalance");
  expect(cloud.calls.count()).toBe(asked);
  expect(await db.select().from(cloudAccounts)).toMatchObject([
    { status: "frozen", frozenCause: "InvalidAccountStatus.NotEnoughBalance" },
  ]);
});

test("throttled: nothing until the next minute, then one call a second", async () => {
  cloud.set({ throttle: { DescribeInstances: 0 } });
  const workspaceId = newId();
  await order(workspaceId);
  expect(await key(observe(workspaceId))).toBe("cloud.busy");
  clock.advance(30_000);
  expect(await key(observe(workspaceId))).toBe("cloud.busy");
  expect(cloud.calls.count("DescribeInstances")).toBe(1);
  cloud.set({ throttle: {} });
  clock.advance(30_000);
  expect(await key(observe(workspaceId))).toBe("done");
  expect(await key(observe(workspaceId)), "one a second").toBe("cloud.busy");
  clock.advance(1_000);
  expect(await key(observe(workspaceId))).toBe("done");
});

test("a hundred who look at the same time share calls", async () => {
  for (const id of [newId(), newId(), newId()]) await order(id);
  const [region, ids] = [await loadRegion(ctx, hostId), cloud.leftovers().instances];
  const before = cloud.calls.count("DescribeInstances");
  const seen = await Promise.all(
    Array.from({ length: 99 }, (_, n) => describeInstance(ctx, region, ids[n % 3] ?? "")),
  );
  expect(seen.every((found) => found?.status === "Pending")).toBe(true);
  expect(cloud.calls.count("DescribeInstances") - before).toBe(1);
});
