import { readdirSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { eq } from "drizzle-orm";
import { closeDatabase, database } from "@/db/client";
import { attempts } from "@/db/schema";
import { seeded } from "../chance";
import { createWorld, type World } from "../world";
import { until, wait } from "./daemon";
import { History } from "./history";
import { liveCount, violations } from "./invariants";
import { Lab } from "./lab";
import { rows, type Scene } from "./matrix";
import { report } from "./results";
import { Student } from "./student";

const long = Boolean(process.env.LONG);
const repeats = Number(process.env.REPEATS ?? (long ? 3 : 1));
/** Fewer only to look for a fault of the suite itself. */
const classSize = Number(process.env.CLASS ?? 10);
const wanted = process.env.ROWS?.split(",");
const firstSeed = Number(process.env.SEED) % 1_000_000;

let lab: Lab;
let world: World;
let history: History;
let students: Student[];
let baseline = 0;

test.beforeAll(async () => {
  test.setTimeout(480_000);
  lab = new Lab();
  history = new History();
  await lab.open();
  world = await createWorld(database(), {
    students: 100,
    spec: { memoryMb: 256, diskMb: 48, cpus: 1 },
    task: { maxAttempts: null, durationMinutes: 600 },
  });
  students = await Promise.all(
    world.students.slice(0, classSize).map((actor, n) => student(actor, seeded(firstSeed + n * 7_919))),
  );
  baseline = openFiles();
  for (const one of students) one.begin();
  await atWork();
});

test.afterAll(async () => {
  await Promise.all(students?.map((one) => one.pause()) ?? []);
  for (const one of students ?? []) one.closeSocket();
  console.log(`history: ${JSON.stringify(Object.fromEntries([...history.counts].sort()))}`);
  await lab.close();
  await closeDatabase();
});

for (let repeat = 0; repeat < repeats; repeat++) {
  for (const row of rows.filter(({ id, quick }) => (wanted ? wanted.includes(id) : long || quick))) {
    const seed = firstSeed + repeat;
    test(`${row.id}: ${row.title} (seed ${seed})`, async () => {
      const chance = seeded(seed * 100 + Number(row.id));
      const taken: Student[] = [];
      let healedAt = 0;
      let seconds: number | null = null;
      let passed = false;
      const complaints = history.complaints.length;
      const scene: Scene = {
        lab,
        world,
        students,
        history,
        chance,
        teacher: await student(world.teacher, chance),
        someone: async () => {
          const free = world.students.slice(10).find((actor) => !used.has(actor.id));
          if (!free) throw new Error("no student is left");
          used.add(free.id);
          const one = await student(free, chance);
          taken.push(one);
          return one;
        },
        healed: () => {
          healedAt = performance.now();
        },
      };
      try {
        for (const one of students) one.begin();
        await atWork();
        await wait(chance.between(300, 1_500));
        await row.run(scene);
        await Promise.all(students.map((one) => one.pause()));
        const within = (row.within ?? 60) * 1_000;
        let last: string[] = [];
        const look = async () => {
          const found = await violations(lab, history);
          if (found.length > 0) last = found;
          return found;
        };
        await expect
          .poll(look, {
            message: `seed ${seed}: all invariants hold within ${within / 1_000} s`,
            timeout: Math.max(within - (performance.now() - healedAt), 15_000),
            intervals: [300],
          })
          .toEqual([]);
        seconds = (performance.now() - healedAt) / 1_000;
        expect(history.complaints.slice(complaints), "I7: every refusal says what to do").toEqual([]);
        passed = true;
        console.log(
          `row ${row.id}, seed ${seed}: all invariants hold ${seconds.toFixed(1)} s after the fault; last: ${last[0] ?? "-"}`,
        );
      } finally {
        lab.disarm();
        report({ row: row.id, title: row.title, seed, seconds, passed });
        await leave(taken);
      }
    });
  }
}

test("everybody ends: every acknowledged file is collected, and nothing is left", async () => {
  await Promise.all(students.map((one) => one.pause()));
  for (const one of students) one.closeSocket();
  const open = await database().select().from(attempts).where(eq(attempts.state, "open"));
  const all = new Map(world.students.map((actor) => [actor.id, actor]));
  for (const { id, userId } of open) {
    const actor = all.get(userId);
    if (actor) expect(await (await student(actor, seeded(firstSeed))).end(id)).toBe(true);
  }
  await expect
    .poll(async () => [...(await violations(lab, history)), ...((await liveCount()) ? ["still live"] : [])], {
      timeout: 90_000,
      intervals: [1_000],
    })
    .toEqual([]);
  const saves = history.of("save").length;
  expect(saves, "the class did work").toBeGreaterThan(classSize);
  await expect
    .poll(openFiles, { message: "I3: open files and sockets", timeout: 60_000 })
    .toBeLessThan(baseline + 60);
  console.log(
    `${saves} acknowledged files, each collected once with its hash; slowest answer ${Math.round(history.slowestMs)} ms`,
  );
});

const used = new Set<string>();

async function student(
  actor: ConstructorParameters<typeof Student>[0],
  chance: Scene["chance"],
): Promise<Student> {
  const one = new Student(actor, { url: lab.service.url, world, history, chance });
  await one.signIn();
  return one;
}

/** What is broken next is a class that works, not one that still starts from the last time. */
async function atWork(): Promise<void> {
  const saves = history.of("save").length;
  const ready = async () => {
    const now = await Promise.all(students.map((one) => one.workspaceId && one.screen().catch(() => null)));
    return (
      now.filter((one) => one && one.state === "ready").length >= classSize * 0.8 &&
      history.of("save").length >= saves + 10
    );
  };
  // Where a boot takes long, somebody would always have stopped meanwhile.
  for (const one of students) one.settles = true;
  await until("a class at work", ready, 300_000, 1_000);
  for (const one of students) one.settles = false;
}

/** Who was only needed for one row makes room. */
async function leave(taken: Student[]): Promise<void> {
  for (const one of taken) {
    one.closeSocket();
    const mine = await database()
      .select()
      .from(attempts)
      .where(eq(attempts.userId, one.actor.id))
      .catch(() => []);
    for (const { id, state } of mine) if (state === "open") await one.end(id).catch(() => undefined);
  }
}

function openFiles(): number {
  try {
    return readdirSync(`/proc/${lab.service.pid}/fd`).length;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
