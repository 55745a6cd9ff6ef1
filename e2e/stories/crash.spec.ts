import { expect, test } from "@playwright/test";
import { and, eq, inArray } from "drizzle-orm";
import { closeDatabase, database } from "@/db/client";
import { attempts, collections, homes, hosts, workspaces } from "@/db/schema";
import { endAttempt, startTask } from "@/lib/attempts";
import type { UserActor } from "@/lib/platform/context";
import { AppError } from "@/lib/platform/errors";
import { liveWorkspaceOf, readHomeFile, stopWorkspace, workspaceRoute } from "@/lib/workspaces";
import { seeded } from "../chance";
import { workspaceContainers } from "../containers";
import { Service } from "../service";
import { as, createWorld, type World } from "../world";

const kills = process.env.LONG ? 30 : 3;
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const chance = seeded(seed);

type Saved = { attemptId: string; actor: UserActor; path: string; content: string };

/** What one student does until told to stop: starts, saves files through Jupyter's own API, stops, ends. */
class Student {
  readonly saved: Saved[] = [];
  running = true;
  private n = 0;

  constructor(
    readonly actor: UserActor,
    readonly world: World,
  ) {}

  async work(): Promise<void> {
    while (this.running) {
      try {
        await this.act();
      } catch (error) {
        // While the service is down nothing is promised; only what was acknowledged counts.
        if (!(error instanceof AppError) && !(error instanceof TypeError)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, chance.between(200, 1_500)));
    }
  }

  private async act(): Promise<void> {
    const ctx = as(this.actor, database());
    const { attemptId, workspaceId } = await startTask({ ctx, input: { taskId: this.world.taskId } });
    const wish = chance.between(0, 10);
    if (wish < 1.5) return void (await stopWorkspace({ ctx, input: { workspaceId } }));
    if (wish < 2) return void (await endAttempt({ ctx, input: { attemptId } }));
    const route = await workspaceRoute(database(), workspaceId);
    if (!route?.address) return;
    const path = `${this.actor.name}-${++this.n}.txt`;
    const content = `${path} ${chance.between(0, 1)}\n`;
    const answer = await fetch(`http://${route.address}/api/contents/${path}`, {
      method: "PUT",
      headers: { authorization: `token ${route.secret}`, "content-type": "application/json" },
      body: JSON.stringify({ type: "file", format: "text", content }),
      signal: AbortSignal.timeout(5_000),
    });
    if (answer.status === 201) this.saved.push({ attemptId, actor: this.actor, path, content });
  }
}

test("a service that is killed at random moments loses nothing and leaves nothing", async () => {
  test.setTimeout(kills * 120_000 + 120_000);
  test.info().annotations.push({ type: "seed", description: String(seed) });
  const service = new Service({ name: "crash", port: 3210 });
  Object.assign(process.env, service.environment());
  await service.freshDatabase();
  await service.start();
  try {
    const world = await createWorld(database(), {
      students: 6,
      spec: { memoryMb: 384, diskMb: 64, cpus: 1 },
      task: { maxAttempts: null },
    });
    const students = world.students.map((actor) => new Student(actor, world));
    for (let kill = 1; kill <= kills; kill++) {
      for (const student of students) student.running = true;
      const working = students.map((student) => student.work());
      await new Promise((resolve) => setTimeout(resolve, chance.between(3_000, 12_000)));
      await service.kill();
      // Some presses fall into the time without a service: the rows wait for the next one.
      await new Promise((resolve) => setTimeout(resolve, chance.between(0, 1_500)));
      for (const student of students) student.running = false;
      await Promise.all(working);
      await service.start();
      await expect
        .poll(() => discrepancies(service.deploy), {
          message: `seed ${seed}, kill ${kill}: rows and containers agree within 60 s of the restart`,
          timeout: 60_000,
          intervals: [500],
        })
        .toEqual([]);
    }
    const saved = students.flatMap((student) => student.saved);
    expect(saved.length, "the students did work").toBeGreaterThan(kills);
    for (const { actor, attemptId, path, content } of saved) {
      const read = await readHomeFile(as(actor, database()), attemptId, path);
      expect(Buffer.concat(await (read?.content.toArray() ?? [])).toString(), path).toBe(content);
    }
    console.log(`seed ${seed}: ${kills} kills, ${saved.length} acknowledged files, all there`);
    await stopEverything(students, world);
    await expect.poll(() => leftovers(service.deploy), { timeout: 90_000, intervals: [1_000] }).toEqual([]);
  } finally {
    await service.stop();
    await closeDatabase();
  }
});

/** Every difference between rows and containers, and every row that is on its way without arriving. */
async function discrepancies(deploy: string): Promise<string[]> {
  const containers = await workspaceContainers(deploy);
  const rows = await database()
    .select({ id: workspaces.id, state: workspaces.state })
    .from(workspaces)
    .where(
      inArray(workspaces.state, [
        "requested",
        "queued",
        "provisioning",
        "booting",
        "ready",
        "paused",
        "stopping",
      ]),
    );
  const found: string[] = [];
  for (const row of rows) if (row.state !== "ready") found.push(`${row.id} is still ${row.state}`);
  const live = new Set(rows.map((row) => row.id));
  for (const id of containers) if (!live.has(id)) found.push(`orphan container of ${id}`);
  for (const row of rows) {
    const count = containers.filter((id) => id === row.id).length;
    if (row.state === "ready" && count !== 1) found.push(`${row.id} is ready with ${count} containers`);
  }
  return found;
}

async function stopEverything(students: Student[], world: World): Promise<void> {
  for (const { actor } of students) {
    const open = await database()
      .select()
      .from(attempts)
      .where(and(eq(attempts.userId, actor.id), eq(attempts.state, "open")));
    for (const { id } of open) {
      await endAttempt({ ctx: as(world.teacher, database()), input: { attemptId: id } });
      expect((await liveWorkspaceOf(database(), id))?.desired ?? "stopped").toBe("stopped");
    }
  }
}

/** What may not remain when everybody has ended: containers, reservations, mounts, unfinished collections. */
async function leftovers(deploy: string): Promise<string[]> {
  const found = (await workspaceContainers(deploy)).map((id) => `container of ${id}`);
  for (const host of await database().select().from(hosts)) {
    if (host.memoryReservedMb !== 0) found.push(`${host.memoryReservedMb} MB reserved`);
  }
  for (const home of await database().select().from(homes))
    if (home.mountedBy) found.push(`${home.id} is mounted`);
  for (const row of await database().select().from(collections)) {
    if (row.state !== "done") found.push(`collection ${row.id} is ${row.state}`);
  }
  return found;
}
