import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { attempts, collectedFiles, collections, homes, hosts, recordings, workspaces } from "@/db/schema";
import { charges, cloudAccounts, cloudFindings, cloudResources } from "@/db/schema/clouds";
import { recordingConsents } from "@/db/schema/consoles";
import { experiments } from "@/db/schema/experiments";
import { templateVersions } from "@/db/schema/templates";
import { engine } from "@/e2e/containers";
import { type Emulator, startEmulator } from "@/e2e/ecs-emulator";
import { Containers } from "@/e2e/ecs-emulator/containers";
import { machineOf } from "@/e2e/ecs-emulator/instance";
import { as, createWorld } from "@/e2e/world";
import { endAttempt, recordReady, resetHome, startTask } from "@/lib/attempts";
// biome-ignore lint/style/noRestrictedImports: what tests share is no part of the noun.
import { emulatedRegion, emulatedSpec } from "@/lib/clouds/testing";
import { runCollection } from "@/lib/collections";
import { addAttachment } from "@/lib/experiments";
import { registerLocalHost } from "@/lib/hosts";
import { systemCtx, type UserActor } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import {
  awaitBoot,
  createContainer,
  finishWorkspace,
  keepGuacd,
  listHomeFiles,
  pauseWorkspace,
  placeWaiting,
  prepareHome,
  reconcileWorkspaces,
  removeOutside,
  resumeWorkspace,
  wakeWorkspace,
} from "@/lib/workspaces";
import { driverFor } from "@/lib/workspaces/drivers";
import { removeEverything } from "@/lib/workspaces/drivers/docker/testing";
import type { Grant } from "../grants";
import { desktopOf, workspaceDesktops } from "./desktops";
import { decode, encode } from "./instruction";
import { openTunnel, screenOf } from "./open";
import { InstructionScanner } from "./scanner";
import type { Tunnel } from "./tunnel";

vi.hoisted(() => {
  process.env.DEPLOY_ID = `test-windows-${process.pid}`;
});
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

// From the press to the picture and back: the emulated cloud has xrdp in the place of Windows, without SSH, to which our
// guacd brings the student's home as a drive.
const db = database();
const ctx = systemCtx("test", { db });
const docker = driverFor("docker");
const folder = "/home/ecs-user/thinclient_drives";
// Windows calls it by its name, Labyard; xrdp by the short one that guacd gives to each.
const drive = `${folder}/GUACFS`;
let cloud: Emulator;
let host: { id: string; endpoint: string };
let world: Awaited<ReturnType<typeof createWorld>>;
let student: UserActor;

beforeAll(async () => {
  await clear();
  host = { id: (await registerLocalHost({ ctx })).hostId, endpoint: env().DOCKER_HOST };
  const backing = await Containers.open({
    engine: env().DOCKER_HOST,
    deploy: env().DEPLOY_ID,
    pool: env().WORKSPACE_POOL,
    name: "windows",
  });
  cloud = await startEmulator({ backing, knobs: { pendingMs: 50, startingMs: 100, stoppingMs: 100 } });
  const region = await emulatedRegion(ctx, cloud);
  world = await createWorld(db, { students: 1 });
  [student] = world.students as [UserActor];
  const windows = {
    os: "windows",
    image: "win2025_24H2_x64_dtc_zh-cn_40G_alibase_20260915.vhd",
    user: "Administrator",
    diskMb: 64,
  } as const;
  const spec = emulatedSpec(region.hostId, windows);
  await db.update(templateVersions).set({ spec }).where(eq(templateVersions.id, world.versionId));
  await db.update(experiments).set({ recording: true }).where(eq(experiments.id, world.experimentId));
  await db
    .insert(recordingConsents)
    .values({ experimentId: world.experimentId, userId: student.id, agreedAt: ctx.clock.now() });
  async function* task() {
    yield Buffer.from("做一做\n");
  }
  const input = { experimentId: world.experimentId, name: "任务.txt" };
  await addAttachment({ ctx: as(world.teacher, db), input, content: task() });
});

afterAll(async () => {
  await cloud.close();
  await removeEverything(host);
  await clear();
  await closeDatabase();
});

async function clear(): Promise<void> {
  const ofClouds = [charges, cloudFindings, cloudResources, cloudAccounts];
  const ofWork = [recordings, collectedFiles, collections, homes, workspaces, attempts];
  for (const table of [...ofClouds, ...ofWork, hosts]) await db.delete(table);
}

/** Press Start, then what the jobs do, until the student may come in. */
async function start() {
  const started = await startTask({ ctx: as(student, db), input: { taskId: world.taskId } });
  await provision(started.workspaceId);
  return started;
}

async function provision(workspaceId: string): Promise<void> {
  const step = { ctx, input: { workspaceId } };
  await vi.waitFor(async () => {
    await placeWaiting({ ctx });
    expect(await prepareHome(step)).toBe("done");
  }, 20_000);
  await vi.waitFor(async () => expect(await createContainer(step)).toBe("done"), 20_000);
  await vi.waitFor(async () => expect(await awaitBoot(step)).toBe("done"), 60_000);
  expect(await recordReady(step)).toBe(true);
}

async function stopped(workspaceId: string): Promise<void> {
  const step = { ctx, input: { workspaceId } };
  await vi.waitFor(() => removeOutside(step), { timeout: 40_000, interval: 500 });
  await finishWorkspace(step);
}

type Shown = { tunnel: Tunnel; opcodes: Set<string>; closed: () => number | null };

/** A browser that draws nothing and answers, under a grant as a ticket gives it. */
async function open(workspaceId: string, who: { userId: string; mode: "use" | "watch" }): Promise<Shown> {
  const opcodes = new Set<string>();
  let status: number | null = null;
  const scanner = new InstructionScanner(1 << 20, (data, from, to) => {
    const [opcode = "", stamp = ""] = decode(data, from, to);
    opcodes.add(opcode);
    if (opcode === "sync") queueMicrotask(() => tunnel.receive(encode("sync", stamp)));
  });
  const grant = { workspaceId, ...who, owner: who.mode === "use", open: new Set() } as unknown as Grant;
  const { tunnel, opened } = openTunnel({
    grant,
    screen: screenOf(new URLSearchParams()),
    browser: {
      buffered: 0,
      send: (part, done) => {
        scanner.scan(part);
        done?.();
      },
      hold: () => undefined,
      close: (why) => {
        status = why;
      },
    },
    source: workspaceDesktops,
    onActivity: () => undefined,
  });
  await opened;
  await vi.waitFor(() => expect(status ?? [...opcodes]).toEqual(expect.arrayContaining(["img", "sync"])), {
    timeout: 40_000,
    interval: 200,
  });
  return { tunnel, opcodes, closed: () => status };
}

/** As a program of the desktop: the drive is its session's, and nobody else's. */
async function inside(script: string): Promise<string> {
  const instance = cloud.cloud.instances.all().at(-1);
  if (!instance) throw new Error("no instance");
  const as = `setpriv --reuid 1000 --regid 1000 --clear-groups sh -c '${script}' 2>&1`;
  return (await cloud.cloud.machines.run(machineOf(instance), as))?.output.toString() ?? "";
}

/** Once the session has the drive. */
const driveHas = (names: string[], why?: string) =>
  vi.waitFor(async () => expect((await inside(`ls ${drive}`)).trim().split("\n"), why).toEqual(names), {
    timeout: 40_000,
    interval: 300,
  });
const homeHas = (attemptId: string, names: string[]) =>
  vi.waitFor(async () => {
    const { entries } = await listHomeFiles(ctx, attemptId, "");
    expect(entries.map(({ path }) => path)).toEqual(names);
  }, 10_000);
const gatewayOf = (workspaceId: string) =>
  engine().getContainer(`labyard-${env().DEPLOY_ID}-drive-${workspaceId.toLowerCase()}`);
const gateways = () => docker.gateways(host, "all");

// CI has the drive (drivers/docker/drive.integration.test.ts); this is the whole way.
it.skipIf(!process.env.LONG)(
  "shows the home as a drive: saved there it is kept at once, through every way of losing the gateway",
  async () => {
    const { workspaceId, attemptId } = await start();
    expect(await gateways(), "made before anybody is let in").toEqual([workspaceId]);
    const owner = { userId: student.id, mode: "use" } as const;
    const shown = await open(workspaceId, owner);
    await driveHas(["materials"]);
    expect(await inside(`cat ${drive}/materials/*; echo x > ${drive}/materials/mine`)).toMatch(
      /^做一做\n.+/s,
    );
    await inside(`mkdir ${drive}/报告; printf 四十二 > ${drive}/报告/答案.txt`);
    await homeHas(attemptId, ["报告"]);
    await inside(`head -c 90000000 /dev/zero > ${drive}/much`);
    const [much] = (await listHomeFiles(ctx, attemptId, "")).entries.filter(({ path }) => path === "much");
    expect(much?.size ?? 0, "no more than the home holds").toBeLessThan(64 * 1024 ** 2);
    await inside(`rm ${drive}/much`);

    // Who watches, who records and who comes back are users of the one connection, at the workspace's own gateway.
    const desktop = desktopOf(workspaceId, workspaceDesktops);
    const connection = desktop.connection?.id;
    const watcher = await open(workspaceId, { userId: world.teacher.id, mode: "watch" });
    expect(desktop.recorder?.connectionId).toBe(connection);
    await vi.waitFor(async () =>
      expect(await db.select().from(recordings)).toMatchObject([{ workspaceId, state: "recording" }]),
    );
    shown.tunnel.left();
    expect(desktop.kept, "the drive stays while its student is away").toMatchObject({ timer: undefined });
    watcher.tunnel.end(0);
    await driveHas(["materials", "报告"]);
    const again = await open(workspaceId, owner);
    expect(desktop.connection?.id).toBe(connection);

    // One that hangs is found and made anew, by whichever copy of the service looks first.
    const { Id } = await gatewayOf(workspaceId).inspect();
    await gatewayOf(workspaceId).pause();
    const stop = keepGuacd({ ctx, everyMs: 200 });
    await vi.waitFor(async () => {
      const now = await gatewayOf(workspaceId).inspect();
      expect(now).toMatchObject({
        Id: expect.not.stringMatching(Id),
        State: { Running: true, Paused: false },
      });
    }, 20_000);
    stop();
    await vi.waitFor(() => expect(again.closed()).not.toBeNull(), 20_000);
    const before = await open(workspaceId, owner);
    await driveHas(["materials", "报告"]);

    // As its grant does when it is paused.
    before.tunnel.end(0);
    await pauseWorkspace({ ctx: as(student, db), input: { workspaceId } });
    await homeHas(attemptId, ["报告"]);
    await resumeWorkspace({ ctx: as(student, db), input: { workspaceId } });
    await vi.waitFor(async () => expect(await wakeWorkspace({ ctx, input: { workspaceId } })).toBe("done"), {
      timeout: 40_000,
      interval: 300,
    });
    const woken = await open(workspaceId, owner);
    await driveHas(["materials", "报告"]);

    woken.tunnel.end(0);
    await resetHome({ ctx: as(student, db), input: { attemptId, copy: false } });
    await provision(workspaceId);
    expect(await gateways()).toEqual([workspaceId]);
    const last = await open(workspaceId, owner);
    await driveHas(["materials"], "an empty home");
    await inside(`printf 第二遍 > ${drive}/第二遍.txt`);
    await homeHas(attemptId, ["第二遍.txt"]);

    await gatewayOf(workspaceId).remove({ force: true });
    await vi.waitFor(() => expect(last.closed()).not.toBeNull(), 20_000);
    await endAttempt({ ctx: as(student, db), input: { attemptId } });
    await stopped(workspaceId);
    const [collection] = await db.select().from(collections).where(eq(collections.attemptId, attemptId));
    expect(await runCollection({ ctx, input: { collectionId: collection?.id ?? "" } })).toBe("done");
    expect((await db.select().from(collectedFiles)).map(({ path }) => path)).toEqual(["第二遍.txt"]);

    expect(cloud.leftovers()).toMatchObject({ instances: [], disks: [], eips: [], snapshots: [] });
    expect([await gateways(), await docker.mounts(host)]).toEqual([[], []]);
    const rows = await db.select().from(charges);
    const ours = rows.reduce((sum, { amount }) => sum + (amount ?? Number.NaN), 0);
    expect(Math.abs(ours - cloud.bill().total), "within 0.01 yuan").toBeLessThan(10_000);
    await vi.waitFor(async () => {
      const states = (await db.select().from(recordings)).map(({ state }) => state);
      expect(states).not.toContain("recording");
    }, 10_000);

    // Somebody had it opened while it ended.
    const [home] = await db.select().from(homes);
    const ref = { id: home?.id ?? "", host, sizeMb: 64, fence: home?.fence ?? 0 };
    const late = { id: workspaceId, purpose: "attempt", host, externalId: null } as const;
    await driverFor("ecs").gateway(late, ref);
    expect(await gateways()).toEqual([late.id]);
    await reconcileWorkspaces({ ctx });
    expect([await gateways(), await docker.mounts(host)]).toEqual([[], []]);
  },
  180_000,
);
