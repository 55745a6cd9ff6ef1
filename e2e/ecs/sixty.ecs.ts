// Sixty students press Start at once, and only the third zone has what their desktops are made of. Real time, the real
// life cycle and the real handshakes: behind three of the instances stand real machines, behind the others listeners.
// Homes are in memory (outside.ts), so nothing is brought to a listener.
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { hosts, templateVersions, workspaces } from "@/db/schema";
import { cloudResources } from "@/db/schema/clouds";
import { type Backing, type Emulator, type Machine, startEmulator } from "@/e2e/ecs-emulator";
import { Containers } from "@/e2e/ecs-emulator/containers";
import { Listeners } from "@/e2e/ecs-emulator/listener";
import { as, createWorld } from "@/e2e/world";
import { recordReady, startTask } from "@/lib/attempts";
import { emulatedRegion, emulatedSpec } from "@/lib/clouds/testing";
import { systemCtx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import {
  awaitBoot,
  createContainer,
  finishWorkspace,
  placeWaiting,
  prepareHome,
  reconcileWorkspaces,
  removeOutside,
  stopWorkspace,
} from "@/lib/workspaces";
import { Outside, standOutside } from "./outside";

const real = 3;
const students = 60;

vi.mock("@/lib/workspaces/drivers/docker/driver", async () => ({
  dockerDriver: (await import("./outside")).homesDriver,
}));
vi.mock("@/lib/workspaces/drivers/docker/drive", async (original) => ({
  ...(await original<object>()),
  removeDriveGuacd: async () => undefined,
}));
/** To a real machine a connection of SSH is made, with the password of the order; nothing lies in the home. */
vi.mock("@/lib/workspaces/drivers/ecs/ssh", async (original) => {
  const found = await original<typeof import("@/lib/workspaces/drivers/ecs/ssh")>();
  const linkTo: typeof found.linkTo = async (machine) => {
    if (machine.host.startsWith("127.")) return {} as Awaited<ReturnType<typeof found.linkTo>>;
    const link = await found.linkTo(machine);
    await link.sftp();
    reached.add(machine.workspaceId);
    return link;
  };
  return { ...found, linkTo };
});
vi.mock("@/lib/workspaces/drivers/ecs/deliver", async (original) => ({
  ...(await original<object>()),
  deliverHome: async () => undefined,
}));
vi.mock("@/lib/workspaces/drivers/ecs/fetch", () => ({
  fetchHome: async () => ({ files: 0, removed: 0, leftOut: [] }),
  isAtRest: async () => true,
}));
const reached = vi.hoisted(() => new Set<string>());

/** Real machines for the first, listeners for all others. */
class Some implements Backing {
  #left = real;
  constructor(
    private readonly machines: Containers,
    private readonly listeners: Listeners,
  ) {}
  #of = (address: string): Backing => (address.startsWith("127.") ? this.listeners : this.machines);
  takeAddress = () => (this.#left-- > 0 ? this.machines : this.listeners).takeAddress();
  giveAddress = (address: string) => this.#of(address).giveAddress(address);
  boot = (one: Machine) => this.#of(one.address).boot(one);
  halt = (one: Machine) => this.#of(one.address).halt(one);
  renew = (one: Machine) => this.#of(one.address).renew(one);
  remove = (one: Machine) => this.#of(one.address).remove(one);
  run = (one: Machine, script: string) => this.#of(one.address).run(one, script);
  saveDisk = async () => undefined;
  copyDisk = async () => undefined;
  dropDisk = async () => undefined;
  close = async () => void (await Promise.all([this.machines.close(), this.listeners.close()]));
}

const db = database();
const ctx = systemCtx("test", { db });
let emulator: Emulator;
let hostId: string;

beforeAll(async () => {
  const { DOCKER_HOST: engine, DEPLOY_ID: deploy, WORKSPACE_POOL: pool } = env();
  const machines = await Containers.open({ engine, deploy, pool, name: "sixty" });
  emulator = await startEmulator({
    backing: new Some(machines, new Listeners()),
    knobs: { stock: { "cn-hangzhou-h": { "*": 0 }, "cn-hangzhou-i": { "*": 0 } } },
  });
  standOutside(new Outside(emulator));
  await db.delete(hosts);
  await db.delete(workspaces);
  ({ hostId } = await emulatedRegion(ctx, emulator));
  const at = ctx.clock.now();
  const large = { cpus: 64, memoryMb: 1_000_000, diskMb: 1_000_000 };
  await db.insert(hosts).values({
    id: ctx.newId(),
    name: "homes",
    endpoint: "unix:///nowhere.sock",
    ...large,
    createdAt: at,
    seenAt: at,
  });
});
afterAll(async () => {
  await emulator?.close();
  await closeDatabase();
});

/** So many jobs of starts run at once in a copy of the service. */
const hands = 12;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What the durable job of a start does, with its waits. */
async function start(workspaceId: string): Promise<string> {
  const input = { workspaceId };
  for (;;) {
    const home = await prepareHome({ ctx, input });
    const made = home === "done" ? await createContainer({ ctx, input }) : home;
    if (made === "unwanted") return made;
    if (made === "done") break;
    await pause(1_000);
  }
  for (;;) {
    const up = await awaitBoot({ ctx, input });
    if (up === "unwanted") return up;
    if (up === "done") return (await recordReady({ ctx, input })) ? "ready" : "unwanted";
    await pause(1_000);
  }
}

async function inTurns<T>(all: readonly string[], work: (id: string) => Promise<T>): Promise<T[]> {
  const left = [...all];
  const done: T[] = [];
  const hand = async () => {
    for (let id = left.shift(); id; id = left.shift()) done.push(await work(id));
  };
  await Promise.all(Array.from({ length: hands }, hand));
  return done;
}

test("sixty at once find the one zone that has any, within the budget of calls", {
  timeout: 180_000,
}, async () => {
  const world = await createWorld(db, { students });
  const spec = emulatedSpec(hostId);
  await db.update(templateVersions).set({ spec }).where(eq(templateVersions.id, world.versionId));
  const began = performance.now();
  const started = await Promise.all(
    world.students.map((actor) => startTask({ ctx: as(actor, db), input: { taskId: world.taskId } })),
  );
  const ids = started.map(({ workspaceId }) => workspaceId);
  expect(await placeWaiting({ ctx })).toMatchObject({ queued: [] });
  expect(new Set(await inTurns(ids, start))).toEqual(new Set(["ready"]));
  const took = ((performance.now() - began) / 1_000).toFixed(1);

  const rows = await db.select().from(cloudResources).where(eq(cloudResources.hostId, hostId));
  expect(rows).toHaveLength(students);
  expect(new Set(rows.map(({ zoneId }) => zoneId))).toEqual(new Set(["cn-hangzhou-j"]));
  expect(emulator.leftovers().instances).toHaveLength(students);
  expect(reached.size, "behind three of them is a real machine").toBe(real);
  const calls = emulator.calls.byAction();
  for (const action of Object.keys(calls))
    expect(emulator.calls.mostPerSecond(action), action).toBeLessThanOrEqual(
      env().CLOUD_CALLS_PER_SECOND + 1,
    );
  console.log(`${students} desktops in ${took} s: ${JSON.stringify(calls)}`);

  await Promise.all(
    world.students.map((actor, index) =>
      stopWorkspace({ ctx: as(actor, db), input: { workspaceId: ids[index] ?? "" } }),
    ),
  );
  await inTurns(ids, async (workspaceId) => {
    for (;;) {
      const isDone = await removeOutside({ ctx, input: { workspaceId } }).then(
        () => true,
        () => false,
      );
      if (isDone) return finishWorkspace({ ctx, input: { workspaceId } });
      await pause(1_000);
    }
  });
  await reconcileWorkspaces({ ctx });
  expect(emulator.leftovers()).toMatchObject({ instances: [], disks: [], eips: [] });
});
