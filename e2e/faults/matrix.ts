import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { expect } from "@playwright/test";
import { and, eq, inArray } from "drizzle-orm";
import { database } from "@/db/client";
import { attachments, attempts, collections, hosts, workspaceEvents, workspaces } from "@/db/schema";
import { startTask } from "@/lib/attempts";
import type { seeded } from "../chance";
import { as, type World } from "../world";
import { run, tryRun, until, wait } from "./daemon";
import type { History } from "./history";
import { eventLoopMs } from "./invariants";
import type { Lab } from "./lab";
import type { Student } from "./student";

export type Scene = {
  lab: Lab;
  world: World;
  /** Who works while the fault happens. */
  students: Student[];
  /** Somebody who has not begun yet, for what a row wants to see of one. */
  someone(): Promise<Student>;
  teacher: Student;
  history: History;
  chance: ReturnType<typeof seeded>;
  /** From now on everything has to come right by itself. */
  healed(): void;
};

export type Row = {
  id: string;
  title: string;
  /** In CI, once; the others with `--long` only. */
  quick?: boolean;
  /** Seconds from the end of the fault until all invariants hold. */
  within?: number;
  run(scene: Scene): Promise<void>;
};

const rowOf = async (id: string) =>
  (await database().select().from(workspaces).where(eq(workspaces.id, id)))[0];

const ready = (id: string, ms = 60_000) =>
  until(`workspace ${id} ready`, async () => (await rowOf(id))?.state === "ready", ms);

/** Ready, or failed with a cause: what a start may come to after a crash. */
const settled = (id: string, ms = 60_000) =>
  until(
    `workspace ${id} settled`,
    async () => {
      const row = await rowOf(id);
      return row?.state === "ready" || (row?.state === "failed" && row.cause !== null) ? row : undefined;
    },
    ms,
  );

const gone = (lab: Lab, ms = 30_000) => until("the end of the service", () => !lab.service.pid, ms);

async function started(scene: Scene): Promise<{ student: Student; id: string }> {
  const student = await scene.someone();
  const id = await until("an accepted start", () => student.start(), 30_000, 500);
  return { student, id };
}

async function readyOne(scene: Scene): Promise<{ student: Student; id: string; attemptId: string }> {
  const { student, id } = await started(scene);
  await ready(id);
  const attemptId = (await rowOf(id))?.attemptId ?? "";
  await until("a saved file", () => student.save(attemptId), 20_000, 300);
  return { student, id, attemptId };
}

async function restart({ lab, healed }: Scene): Promise<void> {
  healed();
  await lab.service.start();
}

const liveIds = async (): Promise<Map<string, string>> =>
  new Map(
    (
      await database()
        .select()
        .from(workspaces)
        .where(and(eq(workspaces.state, "ready"), eq(workspaces.desired, "running")))
    ).map(({ id, externalId }) => [id, externalId ?? ""]),
  );

/** Containers of workspaces by id, with when they began to run: one that was started again has another time. */
async function containers({ lab }: Scene): Promise<Map<string, string>> {
  const all = await lab.engine.docker.listContainers({
    all: true,
    filters: { label: [`labyard.deploy=${lab.service.deploy}`, "labyard.workspace"] },
  });
  const found = new Map<string, string>();
  for (const { Id, Labels } of all) {
    const seen = await lab.engine.docker
      .getContainer(Id)
      .inspect()
      .catch(() => null);
    // One that is only created is still on its way.
    if (seen && seen.State.Status !== "created")
      found.set(Labels["labyard.workspace"] ?? "", `${Id} ${seen.State.StartedAt}`);
  }
  return found;
}

/** What ran before and was not asked to stop runs on: the same container, never started again. */
async function untouched(scene: Scene, before: Map<string, string>): Promise<void> {
  const now = await containers(scene);
  for (const [id, seen] of before) {
    const row = await rowOf(id);
    if (row?.desired === "running") expect(now.get(id), `container of ${id}, ${row.state}`).toBe(seen);
    expect(row?.cause ?? null, `${id} did not fail`).toBeNull();
  }
}

/** Asks the process every 100 ms whether its event loop turns. */
function pulse(url: string): { stop(): Promise<number[]> } {
  const times: number[] = [];
  let on = true;
  const work = (async () => {
    while (on) {
      times.push(await eventLoopMs(url).catch(() => 5_000));
      await wait(100);
    }
  })();
  return {
    stop: async () => {
      on = false;
      await work;
      return times.sort((a, b) => a - b);
    },
  };
}

async function timed<T>(work: Promise<T>): Promise<{ result: T; ms: number }> {
  const began = performance.now();
  const result = await work;
  return { result, ms: performance.now() - began };
}

const long = Boolean(process.env.LONG);

export const rows: Row[] = [
  {
    id: "1",
    title: "service dies before it creates a container, or before it starts it",
    quick: true,
    async run(scene) {
      scene.lab.arm(scene.chance.between(0, 2) < 1 ? "before_create" : "before_start");
      const { id } = await started(scene);
      await gone(scene.lab);
      await restart(scene);
      await settled(id);
    },
  },
  {
    id: "2",
    title: "service dies after it created a container",
    quick: true,
    async run(scene) {
      scene.lab.arm("after_create");
      const { id } = await started(scene);
      await gone(scene.lab);
      const made = await containers(scene);
      await restart(scene);
      await settled(id);
      const now = await containers(scene);
      if (made.has(id)) expect(now.get(id), "the container is taken over").toBe(made.get(id));
    },
  },
  {
    id: "3",
    title: "service dies in the middle of a stop and of a collection",
    quick: true,
    async run(scene) {
      const points = long
        ? ["mid_stop", "before_final", "mid_collect", "before_collected"]
        : ["mid_stop", "mid_collect"];
      const { student, id, attemptId } = await readyOne(scene);
      for (const point of points) {
        const first = point === "mid_stop" || point === "mid_collect";
        const one = first ? { student, attemptId } : await readyOne(scene);
        // Only now: anybody of the class who stops makes the service die too.
        scene.lab.arm(point);
        const wish =
          point === "mid_stop" || point === "before_final"
            ? one.student.stop()
            : one.student.end(one.attemptId);
        // The service may die before the answer is out; that it died here says that the wish was written.
        await wish.catch(() => false);
        await gone(scene.lab);
        await restart(scene);
        await until("a final workspace", async () => (await rowOf(id))?.state === "stopped", 60_000);
      }
      await until(
        "the collection",
        async () =>
          (await database().select().from(collections).where(eq(collections.attemptId, attemptId)))[0]
            ?.state === "done",
        60_000,
      );
    },
  },
  {
    id: "4",
    title: "deploy in class: SIGTERM and a new process",
    async run(scene) {
      const { lab, students } = scene;
      const before = await containers(scene);
      await until(
        "open sockets",
        () => students.filter((one) => one.hasSocket).length >= students.length / 2,
        60_000,
      );
      const { ms } = await timed(lab.service.stop());
      expect(ms, "the old process ends").toBeLessThan(25_000);
      await restart(scene);
      const { ms: back } = await timed(
        until(
          "sockets again",
          () => students.filter((one) => one.hasSocket).length >= students.length / 2,
          30_000,
        ),
      );
      expect(back, "sockets are open again").toBeLessThan(10_000);
      await untouched(scene, before);
    },
  },
  {
    id: "5",
    title: "a copy of the service freezes for 60 s in the middle of a start",
    async run(scene) {
      const { lab, students } = scene;
      await lab.copy.start();
      try {
        // What a frozen process was just asked stays without an answer; the class asks the other one from the start.
        await Promise.all(students.map((one) => one.pause()));
        lab.arm("after_create", "SIGSTOP");
        // Not by HTTP: the copy that is asked may be the one that freezes, before it answers.
        const { actor } = await scene.someone();
        const ctx = as(actor, database());
        const { workspaceId: id } = await startTask({ ctx, input: { taskId: scene.world.taskId } });
        await until("a frozen copy", () => !lab.armed, 30_000);
        const isFrozen = (pid = 0) => / T /.test(readFileSync(`/proc/${pid}/stat`, "utf8").slice(0, 60));
        const frozen = await until(
          "which one froze",
          () => [lab.service, lab.copy].find((one) => one.pid && isFrozen(one.pid)),
          5_000,
        );
        const awake = frozen === lab.service ? lab.copy : lab.service;
        for (const student of students) {
          student.port = awake.options.port;
          student.begin();
        }
        await ready(id, 75_000);
        const first = await rowOf(id);
        await wait(60_000 - 35_000);
        process.kill(frozen.pid ?? 0, "SIGCONT");
        scene.healed();
        await wait(5_000);
        expect(await rowOf(id), "what the frozen one still wanted to write is refused").toMatchObject({
          state: "ready",
          externalId: first?.externalId,
          readyAt: first?.readyAt,
        });
        const moves = await database()
          .select()
          .from(workspaceEvents)
          .where(eq(workspaceEvents.workspaceId, id));
        expect(moves.filter(({ to }) => to === "ready")).toHaveLength(1);
      } finally {
        for (const student of students) student.port = lab.service.options.port;
        if (lab.service.pid) process.kill(lab.service.pid, "SIGCONT");
        if (lab.copy.pid) process.kill(lab.copy.pid, "SIGCONT");
        await lab.copy.stop();
      }
    },
  },
  {
    id: "6",
    title: "service runs out of memory under uploads",
    async run(scene) {
      const { lab, teacher, world } = scene;
      const v1 = existsSync("/sys/fs/cgroup/memory/tasks");
      const group = `/sys/fs/cgroup${v1 ? "/memory" : ""}/labyard-faults-${lab.service.options.port}`;
      mkdirSync(group, { recursive: true });
      // What it had before is not counted; what the uploads take from now on is.
      writeFileSync(`${group}/${v1 ? "memory.limit_in_bytes" : "memory.max"}`, String(48 * 1024 * 1024));
      writeFileSync(`${group}/cgroup.procs`, String(lab.service.pid));
      const storm = setInterval(() => {
        for (let i = 0; i < 10; i++) {
          void upload(teacher, world, `storm-${i}.bin`, 8).catch(() => undefined);
          void teacher.page().catch(() => undefined);
        }
      }, 500);
      try {
        await gone(lab, 60_000);
      } finally {
        clearInterval(storm);
      }
      await restart(scene);
      rmdirSync(group);
    },
  },
  {
    id: "7",
    title: "database is killed and comes back",
    quick: true,
    async run(scene) {
      const { lab, students } = scene;
      await lab.database.signal("SIGKILL");
      const student = students[0] ?? scene.teacher;
      const { result, ms } = await timed(student.page());
      expect(result.status).toBe(503);
      expect(Number(result.headers["retry-after"])).toBeGreaterThan(0);
      expect(ms).toBeLessThan(10_000);
      await wait(scene.chance.between(500, 3_000));
      scene.healed();
      await lab.database.start();
      await until("a page", async () => (await student.page()).status === 200, 20_000, 300);
    },
  },
  {
    id: "8",
    title: "database hangs for 30 s",
    async run(scene) {
      const { lab, students } = scene;
      const [student = scene.teacher] = students;
      await lab.database.signal("SIGSTOP");
      const beat = pulse(lab.service.url);
      const hung = performance.now();
      const asked = await Promise.all(
        students.map((one) => timed(one.ask("screen", { path: "/api/workspaces/0/screen" }))),
      );
      for (const { result, ms } of asked) {
        expect(result.status).toBe(503);
        expect(ms, "an answer while the database hangs").toBeLessThan(16_000);
      }
      const { result, ms } = await timed(student.page());
      expect(result.status).toBe(503);
      expect(ms).toBeLessThan(10_000);
      await wait(Math.max(0, 30_000 - (performance.now() - hung)));
      const times = await beat.stop();
      expect(times[Math.floor(times.length * 0.95)], "the event loop turns").toBeLessThan(500);
      await lab.database.signal("SIGCONT");
      scene.healed();
      await until("a page", async () => (await student.page()).status === 200, 20_000, 300);
    },
  },
  {
    id: "9",
    title: "connections to the database are cut again and again",
    quick: true,
    async run(scene) {
      const own = [await scene.someone(), await scene.someone()];
      const boss = await scene.lab.database.boss();
      const end = performance.now() + (long ? 15_000 : 4_000);
      const starts = Promise.all(
        own.map((one) => until("an accepted start", () => one.start().catch(() => null), 60_000, 300)),
      );
      while (performance.now() < end) {
        const [list] = await boss.query(
          "SELECT id FROM information_schema.processlist WHERE user = 'labyard'",
        );
        for (const { id } of list as { id: number }[])
          if (scene.chance.between(0, 3) < 1)
            await boss.query(`KILL CONNECTION ${id}`).catch(() => undefined);
        await wait(scene.chance.between(20, 150));
      }
      await boss.end();
      scene.healed();
      for (const id of await starts) await settled(id);
    },
  },
  {
    id: "10",
    title: "somebody else holds the rows",
    async run(scene) {
      const { student, id } = await readyOne(scene);
      const boss = await scene.lab.database.boss(new URL(scene.lab.service.databaseUrl).pathname.slice(1));
      await boss.query("START TRANSACTION");
      await boss.query("SELECT id FROM workspaces WHERE id = ? FOR UPDATE", [id]);
      const { result, ms } = await timed(student.stop());
      expect(result, "the stop is refused").toBe(false);
      expect(ms, "and not for ever").toBeLessThan(15_000);
      await boss.query("ROLLBACK");
      await boss.end();
      scene.healed();
      expect(await student.stop()).toBe(true);
    },
  },
  {
    id: "11",
    title: "database can be read only, then its disk is full",
    async run(scene) {
      const { lab, students, teacher } = scene;
      const [student = scene.teacher] = students;
      const other = await scene.someone();
      const boss = await lab.database.boss();
      await boss.query("SET GLOBAL read_only = 1");
      try {
        expect((await student.page()).status, "reading works").toBe(200);
        expect(await other.start(), "a start is refused").toBeNull();
        await wait(5_000);
      } finally {
        await boss.query("SET GLOBAL read_only = 0");
        await boss.end();
      }
      lab.database.fill();
      try {
        // There is some room inside the files of the database; a long text needs more.
        const text = "# 没有地方写下来的说明\n".repeat(3_000);
        const full = async () => (await teacher.describe(text)).includes('"key":"databaseReadOnly"');
        await until("a text is refused", full, 60_000);
        expect((await student.page()).status, "reading works").toBe(200);
        await wait(5_000);
      } finally {
        lab.database.free();
      }
      scene.healed();
      const saved = async () => (await teacher.describe("# 说明")).includes('"ok":true');
      await until("a text is saved", saved, 30_000, 500);
      const id = await until("an accepted start", () => other.start(), 30_000, 500);
      await ready(id);
    },
  },
  {
    id: "12",
    title: "the file store is full",
    async run(scene) {
      const { lab, teacher, world } = scene;
      const files = `${lab.root}/files`;
      mkdirSync(files, { recursive: true });
      run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", files);
      const count = async () => (await database().select().from(attachments)).length;
      const before = await count();
      try {
        const answer = await upload(teacher, world, "large.bin", 20);
        expect(answer.status).toBe(507);
        expect(await count(), "no row for half a file").toBe(before);
        expect(tryRun("sh", "-c", `ls ${files}/incoming | wc -l`)?.trim(), "nothing is left").toBe("0");
      } finally {
        run("umount", "-l", files);
      }
      scene.healed();
      expect((await upload(teacher, world, "large.bin", 20)).status).toBe(201);
    },
  },
  {
    id: "13",
    title: "the disk of the Docker host is full",
    async run(scene) {
      const { lab, students } = scene;
      // Who leaves makes room on the disk, and somebody else would start in it.
      for (const one of students) one.settles = true;
      const leaving = async () =>
        (await database().select().from(workspaces).where(eq(workspaces.state, "stopping"))).length;
      await until("nobody on the way out", async () => (await leaving()) === 0, 30_000);
      const before = await containers(scene);
      const filler = `${lab.root}/docker/filler`;
      tryRun("dd", "if=/dev/zero", `of=${filler}`, "bs=1M");
      tryRun("dd", "if=/dev/zero", `of=${filler}.2`, "bs=1k");
      const { id, student } = await started(scene);
      const row = await until(
        "a start that failed",
        async () => {
          const now = await rowOf(id);
          return now?.state === "failed" ? now : undefined;
        },
        90_000,
      );
      expect(row.cause).toBe("hostDiskFull");
      tryRun("rm", "-f", filler, `${filler}.2`);
      for (const one of students) one.settles = false;
      scene.healed();
      await untouched(scene, before);
      await ready(await until("an accepted start", () => student.start(), 30_000, 500), 90_000);
    },
  },
  {
    id: "14",
    title: "the Docker Engine restarts, containers live on, then with it",
    // Three restarts in a row, and a class to be taken away after them.
    within: 90,
    async run(scene) {
      const { lab, students } = scene;
      const before = await containers(scene);
      await lab.engine.signal("SIGTERM");
      await wait(scene.chance.between(500, 4_000));
      await lab.engine.start();
      await wait(3_000);
      await untouched(scene, before);
      await Promise.all(students.map((one) => one.pause()));
      const ran = await liveIds();
      lab.engine.liveRestore = false;
      await lab.engine.signal("SIGTERM");
      await lab.engine.start();
      for (const id of ran.keys())
        await until(`${id} is said to be stopped`, async () => (await rowOf(id))?.cause === "exited", 60_000);
      lab.engine.liveRestore = true;
      await lab.engine.signal("SIGTERM");
      await lab.engine.start();
      scene.healed();
    },
  },
  {
    id: "15",
    title: "the Docker Engine hangs for 60 s",
    within: 90,
    async run(scene) {
      const { lab } = scene;
      const before = await containers(scene);
      await lab.engine.signal("SIGSTOP");
      const beat = pulse(lab.service.url);
      const hung = performance.now();
      const { student, id } = await started(scene);
      await until("the page says so", async () => (await student.screen())?.health === "unreachable", 45_000);
      expect((await rowOf(id))?.desired).toBe("running");
      const { ms } = await timed(student.page());
      expect(ms, "pages are drawn").toBeLessThan(10_000);
      await wait(Math.max(0, 60_000 - (performance.now() - hung)));
      const times = await beat.stop();
      expect(times[Math.floor(times.length * 0.95)], "the event loop turns").toBeLessThan(500);
      await lab.engine.signal("SIGCONT");
      scene.healed();
      await ready(id, 90_000);
      await untouched(scene, before);
    },
  },
  {
    id: "16",
    title: "the network to the Docker host is cut",
    within: 90,
    async run(scene) {
      const { lab, students } = scene;
      await Promise.all(students.map((one) => one.pause()));
      const before = await containers(scene);
      const port = new URL(lab.engine.endpoint).port;
      const rule = ["-p", "tcp", "-d", "127.0.0.1", "--dport", port, "-j", "DROP"];
      run("iptables", "-w", "-I", "OUTPUT", ...rule);
      try {
        for (const student of students) student.begin();
        await until(
          "the host is said to be unreachable",
          async () => (await database().select().from(hosts))[0]?.health === "unreachable",
          70_000,
        );
        const ids = [...before.keys()];
        const shown = await database().select().from(workspaces).where(inArray(workspaces.id, ids));
        expect(shown.filter(({ cause }) => cause !== null)).toEqual([]);
        await wait(long ? 20_000 : 5_000);
      } finally {
        run("iptables", "-w", "-D", "OUTPUT", ...rule);
      }
      scene.healed();
      await untouched(scene, before);
    },
  },
  {
    id: "17",
    title: "a container is removed behind the service's back",
    quick: true,
    async run(scene) {
      const { student, id } = await readyOne(scene);
      const row = await rowOf(id);
      await scene.lab.engine.docker.getContainer(row?.externalId ?? "").remove({ force: true });
      scene.healed();
      const { ms } = await timed(
        until("it is said to have failed", async () => (await rowOf(id))?.state === "failed", 60_000),
      );
      expect((await rowOf(id))?.cause).toBe("vanished");
      expect(ms).toBeLessThan(60_000);
      await ready(await until("an accepted start", () => student.start(), 30_000, 500));
    },
  },
  {
    id: "18",
    title: "twenty starts at once, and a start against a stop",
    quick: true,
    async run(scene) {
      const student = await scene.someone();
      const answers = await Promise.all(Array.from({ length: 20 }, () => student.start()));
      expect(new Set(answers).size, answers.join()).toBe(1);
      const [id] = answers;
      if (!id) throw new Error("no start was accepted");
      for (let n = 0; n < 3; n++) {
        await Promise.all([student.start(), student.stop(), student.start()]);
        await wait(scene.chance.between(0, 400));
      }
      scene.healed();
      const all = await database().select().from(workspaces).where(eq(workspaces.userId, student.actor.id));
      expect(new Set(all.map(({ attemptId }) => attemptId)).size, "one attempt").toBe(1);
    },
  },
  {
    id: "27",
    title: "the clock of the service jumps an hour ahead, and an hour back",
    async run(scene) {
      const { lab, students } = scene;
      const library = tryRun("sh", "-c", "ls /usr/lib/*/faketime/libfaketimeMT.so.1 | head -n 1")?.trim();
      if (!library) throw new Error("libfaketime is not installed");
      const file = `${lab.root}/clock`;
      writeFileSync(file, "+0\n");
      const faked = {
        LD_PRELOAD: library,
        FAKETIME_TIMESTAMP_FILE: file,
        FAKETIME_CACHE_DURATION: "1",
        FAKETIME_DONT_FAKE_MONOTONIC: "1",
        DONT_FAKE_MONOTONIC: "1",
        TZ: "Europe/Berlin",
      };
      Object.assign(lab.service.options.env ?? {}, faked);
      await lab.service.stop();
      await lab.service.start();
      const ran = await liveIds();
      try {
        for (const jump of ["+3600", "-3600"]) {
          writeFileSync(file, `${jump}\n`);
          await wait(long ? 45_000 : 20_000);
          const { student } = await readyOne(scene);
          expect(await student.stop()).toBe(true);
          expect((await (students[0] ?? student).page()).status, "sessions hold").toBe(200);
        }
      } finally {
        for (const name of Object.keys(faked)) delete lab.service.options.env?.[name];
        await lab.service.stop();
        await restart(scene);
      }
      for (const id of ran.keys()) {
        const row = await rowOf(id);
        expect(
          ["idle", "ended"].includes(row?.stopReason ?? "") && row?.desired === "stopped" && row.cause,
          id,
        ).toBeFalsy();
      }
      const over = await database().select().from(attempts).where(eq(attempts.endReason, "deadline"));
      expect(over, "no deadline came early").toEqual([]);
    },
  },
  {
    id: "30",
    title: "power cut: everything dies at once, and starts in the worst order",
    within: 180,
    async run(scene) {
      const { lab, students } = scene;
      const inside = await lab.engine.inside();
      const all = [lab.service.pid, lab.engine.pid, lab.database.pid, ...lab.engine.helpers(), ...inside];
      run("sh", "-c", `kill -9 ${all.filter((pid) => pid).join(" ")} 2>/dev/null || true`);
      await Promise.all([lab.service.kill(), lab.engine.signal("SIGKILL"), lab.database.signal("SIGKILL")]);
      await wait(1_000);
      lab.unmountHomes();
      scene.healed();
      await lab.service.launch();
      await wait(2_000);
      await lab.engine.start();
      await wait(2_000);
      await lab.database.start();
      await lab.service.untilReady(120_000);
      const [student = scene.teacher] = students;
      await until("a page", async () => (await student.page()).status === 200, 30_000, 500);
    },
  },
];

function upload(teacher: Student, world: World, name: string, megabytes: number) {
  return teacher.ask("upload", {
    method: "PUT",
    path: `/api/attachments?experiment=${world.experimentId}&name=${name}`,
    headers: { "content-type": "application/octet-stream" },
    body: Buffer.alloc(megabytes * 1024 * 1024, name),
  });
}
