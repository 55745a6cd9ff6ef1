// The built service on real machines behind an emulated cloud, killed (SIGKILL) at random moments while students start,
// extend, pause, stop and end cloud desktops by its own server actions. Time is real, so a seed gives the same wishes and
// moments, not the same interleaving. Whatever dies between an answer of the cloud and the row about it is seen to later.
import { and, eq, notInArray } from "drizzle-orm";
import { afterEach, expect, test, vi } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { attempts, collectedFiles, collections, homes, templateVersions, workspaces } from "@/db/schema";
import { charges, cloudResources } from "@/db/schema/clouds";
import { seeded } from "@/e2e/chance";
import { type Emulator, startEmulator } from "@/e2e/ecs-emulator";
import { Containers } from "@/e2e/ecs-emulator/containers";
import { Service } from "@/e2e/service";
import { as, createWorld } from "@/e2e/world";
import { endAttempt } from "@/lib/attempts";
import { emulatedRegion, emulatedSpec } from "@/lib/clouds/testing";
import { systemCtx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { readHomeFile } from "@/lib/workspaces";
import { Student } from "./kill-student";
import { comparesBill } from "./ledger";

const { REPLAY, COUNT, SEED = "1", E2E_KILL_PORT = "3270", DEPLOY_ID = "test-ecs" } = process.env;
const minute = 60_000;
const students = 5;
/** While everybody works; one more comes while everything ends. */
const kills = 6;
const first = Number(SEED) >>> 0;
const seeds = Array.from({ length: REPLAY ? 1 : Number(COUNT ?? 5) }, (_, n) => (first + n) >>> 0);

const service = new Service({
  name: "ecs_kill",
  port: Number(E2E_KILL_PORT),
  // Under the suite's own label, by which it is tidied up.
  env: { DEPLOY_ID, LOG_LEVEL: "info", CLOUD_FETCH_MINUTES: "30" },
});
let emulator: Emulator | undefined;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

afterEach(async () => {
  await service.stop();
  await emulator?.close();
  await closeDatabase();
});

test.for(seeds)(
  "a service that is killed leaves nothing in the cloud: seed %i",
  {
    timeout: 12 * minute,
  },
  async (seed) => {
    const chance = seeded(seed);
    Object.assign(process.env, service.environment());
    await service.freshDatabase();
    await service.start();
    const { DOCKER_HOST: engine, WORKSPACE_POOL: pool } = env();
    const backing = await Containers.open({ engine, deploy: DEPLOY_ID, pool, name: "kill" });
    emulator = await startEmulator({ backing, world: String(seed) });
    const cloud = emulator;
    const db = database();
    const { hostId } = await emulatedRegion(systemCtx("test", { db }), cloud);
    const world = await createWorld(db, {
      students,
      task: { maxAttempts: null, selfExtensions: 1_000, selfExtensionMinutes: 30 },
    });
    const spec = emulatedSpec(hostId, { diskMb: 64 });
    await db.update(templateVersions).set({ spec }).where(eq(templateVersions.id, world.versionId));
    const class_ = world.students.map(
      (actor, n) =>
        new Student(actor, { url: service.url, world, emulator: cloud, chance: seeded(seed * 31 + n) }),
    );
    for (const student of class_) await student.signIn();

    for (const student of class_) student.running = true;
    const working = Promise.all(class_.map((student) => student.work()));
    const killed = async () => {
      for (let n = 0; n < kills; n++) {
        await pause(chance.between(2_000, 25_000));
        await service.kill();
        // Some presses fall into the time without a service.
        await pause(chance.between(0, 2_000));
        await service.start();
      }
      await pause(chance.between(2_000, 15_000));
      for (const student of class_) student.running = false;
    };
    await Promise.all([working, killed()]);

    const open = await db.select().from(attempts).where(eq(attempts.state, "open"));
    for (const { id } of open) await endAttempt({ ctx: as(world.teacher, db), input: { attemptId: id } });
    await pause(chance.between(0, 8_000));
    await service.kill();
    await service.start();
    const began = performance.now();
    await vi.waitFor(async () => expect(await unfinished(cloud)).toEqual([]), {
      timeout: 4 * minute,
      interval: 1_000,
    });
    const tookMs = performance.now() - began;

    const desks = await db.select().from(workspaces);
    for (const { id, state, cause } of desks)
      if (state === "failed") expect(cause, `${id} says why`).toBeTruthy();
    const resources = await db.select().from(cloudResources);
    const stretches = await db.select().from(charges);
    const now = Date.now();
    comparesBill(cloud, resources, stretches, now);
    const ours = stretches.reduce(
      (sum, { amount, price, fromAt }) => sum + (amount ?? ((now - fromAt.getTime()) * price) / 3_600_000),
      0,
    );
    const off = ours - cloud.bill().total;
    // An order or an end whose answer died with the process counts from, or until, when the next one looked: 0.01 yuan
    // are three minutes of an instance, for all of them together.
    expect(Math.abs(off), `seed ${seed}: micro-yuan between ledger and bill`).toBeLessThan(10_000);

    const copies = resources.filter(({ keptFor, state }) => keptFor === "unsaved" && state === "running");
    const kept = new Set(copies.map(({ workspaceId }) => workspaceId));
    let files = 0;
    for (const { actor, saved } of class_) {
      for (const { attemptId, workspaceId, path, content } of saved) {
        if (kept.has(workspaceId)) continue;
        files++;
        const read = await readHomeFile(as(actor, db), attemptId, path);
        const there = Buffer.concat(await (read?.content.toArray() ?? [])).toString();
        expect(there, `${path} in the home`).toBe(content);
        const rows = await db
          .select({ sha256: collectedFiles.sha256 })
          .from(collectedFiles)
          .innerJoin(collections, eq(collections.id, collectedFiles.collectionId))
          .where(and(eq(collections.final, attemptId), eq(collectedFiles.path, path)));
        expect(rows[0]?.sha256, `${path} in the collection`).toBeTruthy();
      }
    }
    const told = new Map<string, number>();
    for (const one of class_) for (const [what, n] of one.told) told.set(what, (told.get(what) ?? 0) + n);
    const { instances } = cloud.bill();
    console.log(
      `seed ${seed}: ${kills + 1} kills, ${desks.length} desktops on ${Object.keys(instances).length} instances, ` +
        `${files} files, all there, ${kept.size} disks kept; over after ${Math.round(tookMs / 1_000)} s, ` +
        `${Math.round(off)} of ${cloud.bill().total} micro-yuan off; ` +
        JSON.stringify(Object.fromEntries([...told].sort())),
    );
  },
);

/** What may not remain when everybody has ended. */
async function unfinished(cloud: Emulator): Promise<string[]> {
  const db = database();
  const resources = await db.select().from(cloudResources);
  const kept = new Set(resources.filter(({ keptFor }) => keptFor).map(({ externalId }) => externalId));
  const all = Object.entries(cloud.leftovers()) as [string, string[]][];
  const found = all.flatMap(([kind, ids]) => ids.filter((id) => !kept.has(id)).map((id) => `${kind} ${id}`));
  for (const { id, kind, state, keptFor } of resources)
    if (!keptFor && !["gone", "refused"].includes(state))
      found.push(`${kind} ${id} is ${state} in the ledger`);
  const live = await db
    .select()
    .from(workspaces)
    .where(notInArray(workspaces.state, ["stopped", "failed"]));
  for (const { id, state } of live) found.push(`workspace ${id} is ${state}`);
  for (const { id, mountedBy } of await db.select().from(homes))
    if (mountedBy) found.push(`home ${id} is mounted`);
  for (const { id, state, cause } of await db.select().from(collections))
    if (state !== "done" && cause !== "unsaved") found.push(`collection ${id} is ${state}`);
  return found;
}
