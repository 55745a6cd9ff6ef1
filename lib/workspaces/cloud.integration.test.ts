import { and, eq, isNull } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { closeDatabase, database } from "@/db/client";
import {
  attempts,
  collectedFiles,
  collections,
  homes,
  hosts,
  warmPlans,
  workspaceEvents,
  workspaces,
} from "@/db/schema";
import { charges, cloudAccounts, cloudFindings, cloudResources } from "@/db/schema/clouds";
import { tasks } from "@/db/schema/experiments";
import { templateVersions } from "@/db/schema/templates";
import { type Emulator, startEmulator } from "@/e2e/ecs-emulator";
import type { Machine } from "@/e2e/ecs-emulator/backing";
import { Containers } from "@/e2e/ecs-emulator/containers";
import { as, createWorld } from "@/e2e/world";
import {
  endAttempt,
  extendAttempt,
  finishClaim,
  recordReady,
  resetHome,
  startTask,
  workspaceScreen,
} from "@/lib/attempts";
import { instanceOf } from "@/lib/clouds";
// biome-ignore lint/style/noRestrictedImports: what tests share is no part of the noun.
import { emulatedRegion, emulatedSpec } from "@/lib/clouds/testing";
import { runCollection } from "@/lib/collections";
import { registerLocalHost } from "@/lib/hosts";
import type { Clock } from "@/lib/platform/clock";
import { systemCtx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { removeEverything } from "./drivers/docker/testing";
import { usedTime } from "./drivers/ecs/look";
import { linkOf, useCloudContext } from "./drivers/ecs/machine";
import { unlink } from "./drivers/ecs/ssh";
import { endReclaimed, fetchAllWork } from "./fetch-work";
import { listHomeFiles } from "./files";
import { pauseWorkspace } from "./pause";
import { placeWaiting } from "./place";
import { awaitBoot, createContainer, prepareHome } from "./provision";
import { reconcileWorkspaces } from "./reconcile";
import { resumeWorkspace } from "./resume";
import { finishWorkspace, removeOutside } from "./teardown";
import { wakeWorkspace } from "./wake";
import { addWarmPlan } from "./warm/add-plan";
import { createWarm, freezeWarm } from "./warm/boot";
import { fillWarm } from "./warm/fill";

vi.hoisted(() => {
  process.env.DEPLOY_ID = `test-cloud-${process.pid}`;
});
// Machines boot, and files go over a wire.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

const db = database();
const real = systemCtx("test", { db });
let aheadMs = 0;
const clock: Clock = { now: () => new Date(real.clock.now().getTime() + aheadMs) };
const ctx = systemCtx("test", { db, clock });
const minute = 60_000;
let cloud: Emulator;
let backing: Containers;
let regionId: string;
let accountId: string;
let dockerId: string;
let world: Awaited<ReturnType<typeof createWorld>>;

beforeAll(async () => {
  dockerId = (await registerLocalHost({ ctx })).hostId;
  backing = await Containers.open({
    engine: env().DOCKER_HOST,
    deploy: env().DEPLOY_ID,
    pool: env().WORKSPACE_POOL,
  });
  cloud = await startEmulator({
    backing,
    now: () => clock.now().getTime(),
    knobs: { pendingMs: 50, startingMs: 100, stoppingMs: 100, snapshotMs: 50 },
  });
  ({ hostId: regionId, accountId } = await emulatedRegion(ctx, cloud));
  useCloudContext(ctx);
  world = await createWorld(db, { students: 1 });
  await db.update(templateVersions).set({ spec: emulatedSpec(regionId, { diskMb: 64, spot: "first" }) });
  await db.update(tasks).set({ durationMinutes: 60, maxAttempts: null });
});

beforeEach(async () => {
  aheadMs = 0;
  for (const table of [collections, workspaces, attempts]) await db.delete(table);
});

afterAll(async () => {
  useCloudContext(null);
  await cloud.close();
  await removeEverything({ id: dockerId, endpoint: env().DOCKER_HOST });
  for (const table of [charges, cloudFindings, cloudResources, cloudAccounts, homes, hosts])
    await db.delete(table);
  await closeDatabase();
});

const student = () => {
  const one = world.student;
  return one;
};
const rowOf = async (id: string) => (await db.select().from(workspaces).where(eq(workspaces.id, id)))[0];

/** Press Start, then what the jobs do, until the student may come in. */
async function start(): Promise<{ workspaceId: string; attemptId: string }> {
  const started = await startTask({ ctx: as(student(), db), input: { taskId: world.taskId } });
  await up(started.workspaceId);
  return started;
}

async function up(workspaceId: string): Promise<void> {
  const step = { ctx, input: { workspaceId } };
  await vi.waitFor(async () => {
    await placeWaiting({ ctx });
    expect(await prepareHome(step)).toBe("done");
  }, 20_000);
  await vi.waitFor(async () => expect(await createContainer(step)).toBe("done"), 20_000);
  await vi.waitFor(async () => expect(await awaitBoot(step)).toBe("done"), 60_000);
  expect(await recordReady(step)).toBe(true);
}

async function inside(workspaceId: string, line: string): Promise<string> {
  const channel = await (await linkOf(workspaceId)).run(line);
  channel.stderr.resume();
  let text = "";
  for await (const part of channel) text += String(part);
  return text;
}

async function stopped(workspaceId: string): Promise<void> {
  const step = { ctx, input: { workspaceId } };
  await vi.waitFor(() => removeOutside(step), { timeout: 40_000, interval: 500 });
  await finishWorkspace(step);
}

const openRate = async (workspaceId: string) => {
  const which = and(eq(charges.workspaceId, workspaceId), isNull(charges.untilAt));
  return (await db.select().from(charges).where(which))[0];
};

const homeHas = async (attemptId: string, name: string) =>
  (await listHomeFiles(ctx, attemptId, "")).entries.some(({ path }) => path === name);

it("starts, moves the guard with the deadline, sleeps and wakes, is clean again, and brings everything home", async () => {
  const { workspaceId, attemptId } = await start();
  const guard = async () => (await instanceOf({ ctx, input: { workspaceId } }))?.guardAt?.getTime() ?? 0;
  const first = await guard();
  expect(first).toBeGreaterThan(clock.now().getTime() + 65 * minute);
  const { deadlineAt } = await extendAttempt({
    ctx: as(world.teacher, db),
    input: { attemptId, minutes: 120 },
  });
  expect(await guard()).toBeGreaterThan(Date.parse(deadlineAt ?? ""));
  cloud.set({
    faults: [
      { kind: "error", status: 503, code: "ServiceUnavailable", action: "ModifyInstanceAutoReleaseTime" },
    ],
  });
  const refused = extendAttempt({ ctx: as(world.teacher, db), input: { attemptId, minutes: 600 } });
  await expect(refused).rejects.toMatchObject({ code: "unavailable" });
  cloud.set({ faults: [] });
  const [attempt] = await db.select().from(attempts).where(eq(attempts.id, attemptId));
  expect(attempt?.deadlineAt?.toISOString()).toBe(deadlineAt);

  await inside(workspaceId, "echo work > 作业.txt");
  expect(await fetchAllWork({ ctx })).toEqual({ done: 1, failed: 0 });
  await inside(workspaceId, "echo more >> 作业.txt");
  await pauseWorkspace({ ctx: as(student(), db), input: { workspaceId } });
  expect((await rowOf(workspaceId))?.state).toBe("paused");
  expect(await openRate(workspaceId)).toMatchObject({ kind: "compute" });
  const paid = clock.now();
  await vi.waitFor(
    async () => {
      await reconcileWorkspaces({ ctx });
      expect(await openRate(workspaceId), "the next round knows that it costs its disk alone").toMatchObject({
        kind: "disk",
      });
    },
    { timeout: 15_000, interval: 300 },
  );
  expect((await openRate(workspaceId))?.fromAt.getTime()).toBeGreaterThanOrEqual(paid.getTime());
  const resume = () => resumeWorkspace({ ctx: as(student(), db), input: { workspaceId } });
  const wake = () => wakeWorkspace({ ctx, input: { workspaceId } });
  cloud.set({ stock: { "*": { "*": 0 } } });
  expect(await resume()).toEqual({ resumed: false, waking: true });
  expect(await rowOf(workspaceId)).toMatchObject({ state: "paused", step: "wake" });
  expect(await wake()).toBe("unwanted");
  const screen = () => workspaceScreen({ ctx: as(student(), db), workspaceId });
  expect(await screen()).toMatchObject({ state: "paused", step: null, wake: "cloud.noStock" });
  cloud.set({ stock: {} });
  expect(await resume()).toEqual({ resumed: false, waking: true });
  expect(await resume(), "twice is once").toEqual({ resumed: false, waking: true });
  expect(await screen()).toMatchObject({ step: "wake", wake: null });
  await vi.waitFor(async () => expect(await wake()).toBe("done"), { timeout: 40_000, interval: 300 });
  expect(await rowOf(workspaceId)).toMatchObject({ state: "ready", step: null });
  expect(await screen()).toMatchObject({ wake: null });
  expect(await openRate(workspaceId)).toMatchObject({ kind: "compute" });
  expect(await inside(workspaceId, "cat 作业.txt")).toBe("work\nmore\n");
  await reconcileWorkspaces({ ctx });
  expect(await rowOf(workspaceId)).toMatchObject({ state: "ready", health: "ok" });

  // Clean again: the same instance with another disk, its copy first.
  const input = { workspaceId };
  const before = await instanceOf({ ctx, input });
  const diskOf = () => cloud.cloud.disks.systemDiskOf(before?.externalId ?? "").id;
  const disk = diskOf();
  await inside(workspaceId, "echo mess > mess.txt; ln -s /etc/passwd link; echo changed > .bashrc");
  const reset = (copy: boolean) => resetHome({ ctx: as(student(), db), input: { attemptId, copy } });
  expect(await reset(true)).toEqual({ workspaceId, attemptId });
  expect(await rowOf(workspaceId)).toMatchObject({ state: "provisioning", step: "renew" });
  await vi.waitFor(
    async () => {
      expect(await prepareHome({ ctx, input })).toBe("wait");
      expect((await rowOf(workspaceId))?.step, "until the copy is there its home is left alone").toBe(
        "files",
      );
    },
    { timeout: 30_000, interval: 200 },
  );
  const [copy] = await db.select().from(collections);
  await runCollection({ ctx, input: { collectionId: copy?.id ?? "" } });
  expect((await db.select().from(collections))[0]).toMatchObject({ state: "done" });
  const told = await db
    .select()
    .from(collectedFiles)
    .where(eq(collectedFiles.collectionId, copy?.id ?? ""));
  expect(told).toContainEqual(expect.objectContaining({ path: "link", skipped: "symlink" }));
  await up(workspaceId);
  expect(await rowOf(workspaceId)).toMatchObject({ state: "ready", restart: false, cause: null });
  expect(await instanceOf({ ctx, input })).toMatchObject({ id: before?.id, externalId: before?.externalId });
  expect(diskOf()).not.toBe(disk);
  expect(await inside(workspaceId, "ls mess.txt link .bashrc 2>/dev/null; echo clean")).toBe("clean\n");

  // Without the right to it: told, nothing frozen, and another instance takes its place.
  await inside(workspaceId, "echo last > last.txt");
  cloud.set({ deniedActions: ["ReplaceSystemDisk"] });
  await reset(false);
  const unwanted = async () => expect(await prepareHome({ ctx, input })).toBe("unwanted");
  await vi.waitFor(unwanted, { timeout: 30_000, interval: 200 });
  cloud.set({ deniedActions: [] });
  await stopped(workspaceId);
  expect(await rowOf(workspaceId)).toMatchObject({ state: "stopped", stopReason: "reset", cause: null });
  const here = and(eq(cloudFindings.finding, "denied"), eq(cloudFindings.hostId, regionId));
  const denied = await db.select().from(cloudFindings).where(here);
  expect(denied).toMatchObject([{ detail: "ecs:ReplaceSystemDisk", externalId: before?.externalId }]);
  const [account] = await db.select().from(cloudAccounts).where(eq(cloudAccounts.id, accountId));
  expect(account?.status).toBe("enabled");
  const [next] = await db.select().from(workspaces).where(eq(workspaces.live, attemptId));
  expect(next).toMatchObject({ state: "requested" });
  await endAttempt({ ctx: as(student(), db), input: { attemptId } });
  await finishWorkspace({ ctx, input: { workspaceId: next?.id ?? "" } });
  expect(await homeHas(attemptId, "last.txt")).toBe(true);
  const kept = await db.select().from(homes).where(eq(homes.userId, student().id));
  expect(kept).toMatchObject([{ hostId: dockerId, mountedBy: null }]);
  expect(cloud.leftovers().instances).toEqual([]);
}, 180_000);

// CI has the same on listeners (warm/cloud.integration.test.ts); this is with a real machine.
it.skipIf(!process.env.LONG)(
  "brings the home into an instance that had waited stopped, and back",
  async () => {
    await addWarmPlan({
      ctx: as(world.teacher, db),
      input: {
        templateId: world.templateId,
        count: 1,
        when: "hour",
        fromAt: null,
        untilAt: null,
        refill: false,
      },
    });
    await fillWarm({ ctx });
    const [{ id: workspaceId = "" } = {}] = await db.select().from(workspaces);
    const step = { ctx, input: { workspaceId } };
    await vi.waitFor(async () => expect(await createWarm(step)).toBe("done"), 20_000);
    await vi.waitFor(async () => expect(await freezeWarm(step)).toBe("done"), 40_000);
    const started = await startTask({ ctx: as(student(), db), input: { taskId: world.taskId } });
    expect(started.workspaceId).toBe(workspaceId);
    // The process that took the press is at it too.
    await vi.waitFor(async () => {
      await finishClaim(step);
      expect((await rowOf(workspaceId))?.state).toBe("ready");
    }, 60_000);
    expect(await inside(workspaceId, "cat last.txt; echo warm > warm.txt")).toBe("last\n");
    await endAttempt({ ctx: as(student(), db), input: { attemptId: started.attemptId } });
    await stopped(workspaceId);
    expect(await homeHas(started.attemptId, "warm.txt")).toBe(true);
    expect(cloud.leftovers().instances).toEqual([]);
    await db.delete(warmPlans);
  },
  120_000,
);

it("tells of a spot instance that is taken back, fetches its work, and gives the next one the same home", async () => {
  const { workspaceId, attemptId } = await start();
  await inside(workspaceId, "echo saved > before.txt");
  const row = await instanceOf({ ctx, input: { workspaceId } });
  cloud.reclaim(row?.externalId ?? "");
  await reconcileWorkspaces({ ctx });
  await reconcileWorkspaces({ ctx });
  const told = await db.select().from(workspaceEvents).where(eq(workspaceEvents.workspaceId, workspaceId));
  expect(told.filter(({ reason }) => reason === "reclaim")).toHaveLength(1);
  await endReclaimed({ ctx, input: { workspaceId } });
  await stopped(workspaceId);
  expect(await rowOf(workspaceId)).toMatchObject({ state: "failed", cause: "reclaimed" });
  const again = await start();
  expect(again.attemptId).toBe(attemptId);
  expect(await inside(again.workspaceId, "cat before.txt")).toBe("saved\n");
  // What computes is seen, and nothing else of the machine.
  const link = await linkOf(again.workspaceId);
  const used = async () => (await usedTime(link))?.usedNs ?? 0;
  const first = await used();
  await inside(again.workspaceId, "timeout 20 sh -c 'while :; do :; done' >/dev/null 2>&1 & echo");
  await vi.waitFor(async () => expect(await used()).toBeGreaterThan(first + 0.3e9), 20_000);
  await inside(again.workspaceId, "pkill timeout");
  // Its student changes the password: our key opens still.
  const behind = cloud.cloud.instances.all()[0]?.id ?? "";
  const changed = await backing.run({ id: behind } as Machine, "echo ecs-user:Of-my-own-1 | chpasswd");
  expect(changed?.exitCode).toBe(0);
  unlink(again.workspaceId);
  expect(await inside(again.workspaceId, "cat before.txt")).toBe("saved\n");
  // Nobody gets in any more: what is on its disk is kept, and then it goes.
  await inside(again.workspaceId, "echo only-here > lost.txt");
  cloud.set({ faults: [] });
  await db
    .update(cloudResources)
    .set({ hostKey: "SHA256:another" })
    .where(eq(cloudResources.workspaceId, again.workspaceId));
  unlink(again.workspaceId);
  await endAttempt({ ctx: as(student(), db), input: { attemptId } });
  const step = { ctx, input: { workspaceId: again.workspaceId } };
  await expect(removeOutside(step)).rejects.toMatchObject({ key: "instanceForged" });
  expect(cloud.leftovers().instances).toHaveLength(1);
  aheadMs += 31 * minute;
  await stopped(again.workspaceId);
  expect(await rowOf(again.workspaceId)).toMatchObject({ state: "failed", cause: "unsaved" });
  expect(await db.select().from(collections)).toMatchObject([
    { attemptId, state: "failed", cause: "unsaved" },
  ]);
  expect(cloud.leftovers().instances).toEqual([]);
  const kept = await db.select().from(cloudResources).where(eq(cloudResources.kind, "snapshot"));
  expect(kept).toMatchObject([{ keptFor: "unsaved", state: "running", workspaceId: again.workspaceId }]);
}, 240_000);
