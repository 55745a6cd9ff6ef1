import { eq, inArray } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { attempts, executorJobs, homes, hosts, templateVersions, workspaces } from "@/db/schema";
import { bootNow } from "@/e2e/boot-now";
import { as, createWorld } from "@/e2e/world";
import { startTask } from "@/lib/attempts";
import { registerLocalHost, setHostStatus } from "@/lib/hosts";
import type { Clock } from "@/lib/platform/clock";
import { systemCtx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { driverFor } from "@/lib/workspaces/drivers";
import { engine } from "@/lib/workspaces/drivers/docker/connection";
import { containerName, label } from "@/lib/workspaces/drivers/docker/names";
import { removeContainers, removeEverything } from "@/lib/workspaces/drivers/docker/testing";
import { reconcile } from "./index";

vi.hoisted(() => {
  process.env.DEPLOY_ID = `test-reconcile-${process.pid}`;
});

const db = database();
const real = systemCtx("test", { db });
let aheadMs = 0;
const clock: Clock = { now: () => new Date(real.clock.now().getTime() + aheadMs) };
const ctx = systemCtx("test", { db, clock });
const docker = engine(env().DOCKER_HOST);
let hostId = "";
const here = () => ({ id: hostId, endpoint: env().DOCKER_HOST });
let versionId = "";

beforeAll(async () => {
  hostId = (await registerLocalHost({ ctx })).hostId;
  await createWorld(db);
  const [version] = await db.select().from(templateVersions);
  versionId = version?.id ?? "";
});

beforeEach(async () => {
  await removeContainers(here(), label.workspace);
  aheadMs = 0;
  await db.delete(workspaces);
  await db.delete(attempts);
  await db.delete(homes);
  await db.update(hosts).set({ status: "enabled", health: "ok", endpoint: env().DOCKER_HOST });
});

afterAll(async () => {
  await removeEverything(here());
  for (const table of [workspaces, homes, hosts]) await db.delete(table);
  await closeDatabase();
});

const rowOf = async (id: string) => (await db.select().from(workspaces).where(eq(workspaces.id, id)))[0];
const hostRow = async () => (await db.select().from(hosts).where(eq(hosts.id, hostId)))[0];
const listed = async () => (await driverFor("docker").list(here())).map((one) => one.workspaceId);

/** A row as of a workspace that runs, with or without a container behind it. */
async function running(values: Partial<typeof workspaces.$inferInsert> = {}): Promise<string> {
  const id = ctx.newId();
  await db.insert(workspaces).values({
    id,
    purpose: "trial",
    templateVersionId: versionId,
    label: id.toLowerCase(),
    desired: "running",
    state: "ready",
    hostId,
    externalId: "0".repeat(64),
    memoryMb: 100,
    requestedAt: real.clock.now(),
    stateAt: real.clock.now(),
    ...values,
  });
  return id;
}

/** What the driver would have left: a container with our labels that does nothing. */
async function container(workspaceId: string): Promise<void> {
  const made = await docker.createContainer({
    name: containerName(workspaceId),
    Image: "labyard/base",
    Entrypoint: ["/usr/bin/sleep", "infinity"],
    Cmd: [],
    Labels: { [label.deploy]: env().DEPLOY_ID, [label.workspace]: workspaceId },
    HostConfig: { NetworkMode: "none", Init: true },
  });
  await made.start();
}

it("ends what is overdue and takes it away, with nobody to carry out a job", async () => {
  const world = await createWorld(db, { students: 1, spec: { memoryMb: 384, diskMb: 64 } });
  const { student } = world;
  const { workspaceId } = await startTask({ ctx: as(student, db), input: { taskId: world.taskId } });
  await bootNow(ctx, workspaceId);

  await reconcile({ ctx });
  expect(await rowOf(workspaceId)).toMatchObject({ state: "ready", health: "ok" });

  aheadMs = 61 * 60_000;
  expect(await reconcile({ ctx })).toMatchObject({ attempts: { ended: 1, stopped: 0 } });
  expect(await rowOf(workspaceId)).toMatchObject({ desired: "stopped", state: "stopping" });
  expect(await listed()).toEqual([workspaceId]);

  aheadMs += 46_000;
  await reconcile({ ctx });
  expect(await rowOf(workspaceId)).toMatchObject({ state: "stopped", stopReason: "ended" });
  expect(await listed()).toEqual([]);
  expect((await db.select().from(homes))[0]).toMatchObject({ mountedBy: null });
  expect(await driverFor("docker").mounts({ id: hostId, endpoint: env().DOCKER_HOST })).toEqual([]);
  expect(await hostRow()).toMatchObject({ memoryReservedMb: 0, diskReservedMb: 64 });
  expect(await db.select().from(executorJobs)).toEqual([]);
}, 120_000);

it("fails one whose container was removed, and no other", async () => {
  const [gone, there] = [await running(), await running()];
  await container(there);
  expect(await reconcile({ ctx })).toMatchObject({ workspaces: { vanished: 1 } });
  expect(await rowOf(gone)).toMatchObject({ desired: "stopped", state: "stopping", cause: "vanished" });
  expect(await rowOf(there)).toMatchObject({ desired: "running", state: "ready" });
});

it("believes no engine that was exchanged, until an administrator says so", async () => {
  const ids = [await running(), await running(), await running()];
  const known = (await hostRow())?.engine;
  expect(known).toMatch(/^[0-9a-f]{64}$/);
  await db.update(hosts).set({ engine: "the one before" });
  for (let pass = 0; pass < 2; pass++) {
    expect(await reconcile({ ctx })).toMatchObject({ workspaces: { vanished: 0, unreachable: 1 } });
  }
  const rows = await db.select().from(workspaces).where(inArray(workspaces.id, ids));
  expect(rows.map(({ state, health }) => `${state} ${health}`)).toEqual(Array(3).fill("ready unreachable"));
  expect(await hostRow()).toMatchObject({ health: "unreachable", engine: "the one before" });

  await setHostStatus({ ctx, input: { hostId, status: "disabled" } });
  expect(await reconcile({ ctx })).toMatchObject({ workspaces: { vanished: 3 } });
  expect(await hostRow()).toMatchObject({ health: "ok", engine: known });
});

it("goes on with an engine that forgot its networks and still has the workspaces", async () => {
  const there = await running();
  await container(there);
  await db.update(hosts).set({ engine: "the one before" });
  expect(await reconcile({ ctx })).toMatchObject({ workspaces: { vanished: 0, unreachable: 0 } });
  expect(await rowOf(there)).toMatchObject({ state: "ready", health: "ok" });
  expect((await hostRow())?.engine).not.toBe("the one before");
});

it("touches nothing of a host that does not answer", async () => {
  const id = await running();
  await db.update(hosts).set({ endpoint: "unix:///nowhere.sock" });
  expect(await reconcile({ ctx })).toMatchObject({ workspaces: { vanished: 0, unreachable: 1 } });
  expect(await rowOf(id)).toMatchObject({ state: "ready", health: "unreachable" });
});

it("sweeps a container without a row, but not all when the database knows none of them", async () => {
  const strays = [ctx.newId(), ctx.newId(), ctx.newId()];
  for (const id of strays) await container(id);
  expect(await reconcile({ ctx })).toMatchObject({ workspaces: { orphans: 0 } });
  expect((await listed()).sort()).toEqual([...strays].sort());

  const [ended = "", ...others] = strays;
  await running({ id: ended, state: "stopped", desired: "stopped", endedAt: real.clock.now() });
  expect(await reconcile({ ctx })).toMatchObject({ workspaces: { orphans: 3 } });
  expect(others).toHaveLength(2);
  expect(await listed()).toEqual([]);
}, 60_000);

it("is done by one at a time", async () => {
  const passes = await Promise.all([reconcile({ ctx }), reconcile({ ctx }), reconcile({ ctx })]);
  expect(passes.filter((pass) => pass !== undefined)).toHaveLength(1);
  expect(await reconcile({ ctx })).toBeDefined();
});
