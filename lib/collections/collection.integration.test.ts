import { execFile, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { chmod, chown, link, mkdir, mkdtemp, open, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { asc, eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { closeDatabase, database } from "@/db/client";
import {
  attempts,
  collectedFiles,
  collections,
  homes,
  hosts,
  type tasks,
  templateVersions,
} from "@/db/schema";
import { createWorld } from "@/e2e/world";
import { registerLocalHost } from "@/lib/hosts";
import { systemCtx } from "@/lib/platform/context";
import { openFile, removeFile } from "@/lib/platform/files";
import { newId } from "@/lib/platform/ids";
import { driverFor, type HomeRef } from "@/lib/workspaces/drivers";
import { askMounter } from "@/lib/workspaces/drivers/docker/mounter";
import { storePath } from "@/lib/workspaces/drivers/docker/names";
import { newHome, removeEverything } from "@/lib/workspaces/drivers/docker/testing";
import { recollect, runCollection } from "./index";

vi.hoisted(() => {
  process.env.DEPLOY_ID = `test-collect-${process.pid}`;
});

const run = promisify(execFile);
const db = database();
const system = systemCtx("test", { db });
const driver = driverFor("docker");
const long = Boolean(process.env.LONG);
let host: HomeRef["host"];

beforeAll(async () => {
  await registerLocalHost({ ctx: system });
  const [row] = await db.select().from(hosts);
  if (!row) throw new Error("no host");
  host = { id: row.id, endpoint: row.endpoint };
  // Homes are all that is needed of the host here: no network, no image.
  await askMounter(host.endpoint, ["prepare"], z.unknown());
});
/** Large files that chance made: nobody else's file has the same bytes. */
const byChance: string[] = [];
afterAll(async () => {
  await Promise.all(byChance.map(removeFile));
  await removeEverything(host);
  await closeDatabase();
});

/** A student's home with an attempt on it, seen from the host: what a test does there as root, no student could. */
async function openHome(task: Partial<typeof tasks.$inferInsert> = {}, sizeMb = 64) {
  const world = await createWorld(db, { students: 1, task });
  const [student] = world.students;
  const [version] = await db
    .select()
    .from(templateVersions)
    .where(eq(templateVersions.templateId, world.templateId));
  if (!student || !version) throw new Error("no world");
  const ref = newHome(host, sizeMb);
  const slot = newId();
  const now = system.clock.now();
  const attemptId = newId();
  await db.insert(attempts).values({
    id: attemptId,
    taskId: world.taskId,
    userId: student.id,
    number: 1,
    templateVersionId: version.id,
    state: "ended",
    startedAt: now,
    createdAt: now,
  });
  const owner = { taskId: world.taskId, userId: student.id, hostId: host.id };
  await db.insert(homes).values({ id: ref.id, ...owner, sizeMb, createdAt: now, usedAt: now });
  await driver.mountHome(ref, slot);
  const path = join(storePath(), "slots", process.env.DEPLOY_ID ?? "", slot, "student");
  return { ref, slot, path, attemptId, world, done: () => driver.unmountHome(ref, slot) };
}

type Home = Awaited<ReturnType<typeof openHome>>;

async function request({ attemptId, ref }: Home): Promise<string> {
  const id = newId();
  const row = { id, attemptId, homeId: ref.id, reason: "reset" as const, state: "pending" as const };
  await db.insert(collections).values({ ...row, createdAt: system.clock.now() });
  return id;
}

const carryOut = (collectionId: string) => runCollection({ ctx: system, input: { collectionId } });

async function rowOf(id: string) {
  const [row] = await db.select().from(collections).where(eq(collections.id, id));
  if (!row) throw new Error("no collection");
  return row;
}

const filesOf = (collectionId: string) =>
  db
    .select()
    .from(collectedFiles)
    .where(eq(collectedFiles.collectionId, collectionId))
    .orderBy(asc(collectedFiles.id));

/** path → the reason why not, or how it changed; with the number of files where a row stands for several. */
async function manifest(collectionId: string): Promise<Record<string, string>> {
  const rows = await filesOf(collectionId);
  return Object.fromEntries(
    rows.map(({ path, skipped, count, change }) => [
      path,
      skipped === null ? String(change) : (count ?? 1) > 1 ? `${skipped} ${count}` : skipped,
    ]),
  );
}

async function collect(home: Home) {
  const id = await request(home);
  expect(await carryOut(id)).toBe("done");
  return { id, files: await manifest(id), row: await rowOf(id) };
}

const student = (path: string | Buffer) => chown(path, 1000, 1000);

async function put(home: Home, files: Record<string, string | Buffer>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(home.path, name);
    await mkdir(join(path, ".."), { recursive: true });
    await writeFile(path, content);
  }
  await run("chown", ["-R", "-h", "1000:1000", home.path]);
}

describe("what is taken of a hostile home", () => {
  it("is exactly the student's own regular files; the rest is named with its reason", async () => {
    const home = await openHome();
    const outside = await mkdtemp(join(tmpdir(), "labyard-outside-"));
    await writeFile(join(outside, "secret"), "the host's secret");
    const at = (name: string) => join(home.path, name);
    const odd = (bytes: string) =>
      Buffer.concat([Buffer.from(`${home.path}/`), Buffer.from(bytes, "latin1")]);
    await put(home, {
      "good.txt": "my work\n",
      empty: "",
      "a/b/结果 1.csv": "1,2\n",
      "-rf": "x",
      "$(id)": "x",
      " ": "x",
      "back\\x41slash": "x",
      "new\nline": "x",
      "evil\u202egpj.exe": "x",
      ["n".repeat(255)]: "x",
      "😀.ipynb": "{}",
      "run.sh": "#!/bin/sh\n",
      ".cache/pip/x": "x",
      ".cache/pip/y": "x",
      "src/__pycache__/m.pyc": "x",
      "secret-of-mine": "x",
      "closed/inside": "x",
      "list/file": "x",
      ".hidden": "x",
    });
    for (const name of [odd("bad\xff\xfe"), odd("\xc0\xaf..")]) {
      await writeFile(name, "x");
      await student(name);
    }
    await chmod(at("run.sh"), 0o755);
    for (const name of ["secret-of-mine", "closed"]) await chmod(at(name), 0);
    await chmod(at("list"), 0o300);
    await link(at("good.txt"), at("hard.txt"));
    const links = {
      passwd: "/etc/passwd",
      etc: "/etc",
      root: "/",
      up: "../../../..",
      self: "self",
      proc: "/proc/self/root",
      dangling: "/nowhere",
      inside: "good.txt",
      outside,
      "a/b/out": outside,
    };
    for (const [name, target] of Object.entries(links)) await symlink(target, at(name));
    // What only root makes: a student would have to break out first, and still nothing of it is read.
    await run("mkfifo", [at("pipe")]);
    await run("mknod", [at("null"), "c", "1", "3"]);
    await run("mknod", [at("disk"), "b", "7", "0"]);
    await writeFile(at("roots-own"), "x", { mode: 0o600 });
    await writeFile(at("suid"), "x");
    await chown(at("suid"), 1000, 1000);
    await chmod(at("suid"), 0o4755);
    // By a name from inside: the whole path is longer than a socket's may be.
    const listen = 'require("node:net").createServer().listen("socket", () => process.exit())';
    await run(process.execPath, ["-e", listen], { cwd: home.path });
    const sparse = await open(at("sparse"), "w");
    await sparse.truncate(10 * 1024 ** 3);
    await sparse.close();
    const small = await open(at("holes"), "w");
    await small.truncate(3_000_000);
    await small.close();
    await run("chown", ["1000:1000", at("sparse"), at("holes")]);
    let deep = at("deep");
    for (let i = 0; i < 70; i++, deep += "/d") await mkdir(deep);
    await writeFile(`${deep.slice(0, -2)}/bottom`, "x");
    // Too long for one call: each level from the one above.
    const steps = Array.from({ length: 6 }, () => `mkdir ${"p".repeat(200)}; cd ${"p".repeat(200)}`);
    await run("sh", [
      "-c",
      `cd "$1"; mkdir long; cd long; ${steps.join(";")}; echo x > end`,
      "sh",
      home.path,
    ]);
    await run("chown", ["-R", "-h", "1000:1000", at("deep"), at("long")]);

    const { files, id, row } = await collect(home);
    await rm(outside, { recursive: true });
    const tooLong = Object.keys(files).find((path) => path.startsWith("long/"));
    expect(tooLong).toHaveLength(1024);
    expect(files).toEqual({
      " ": "new",
      "$(id)": "new",
      "-rf": "new",
      ".cache": "cache 2",
      ".hidden": "new",
      "a/b/out": "symlink",
      "a/b/结果 1.csv": "new",
      "back\\x5cx41slash": "new",
      "bad\\xff\\xfe": "new",
      "\\xc0\\xaf..": "new",
      closed: "unreadable",
      dangling: "symlink",
      [`deep${"/d".repeat(64)}`]: "too_deep",
      disk: "device",
      empty: "new",
      etc: "symlink",
      "evil\u202egpj.exe": "new",
      "good.txt": "new",
      "hard.txt": "new",
      holes: "new",
      inside: "symlink",
      list: "unreadable",
      [tooLong ?? ""]: "path_too_long",
      ["n".repeat(255)]: "new",
      "new\\x0aline": "new",
      null: "device",
      outside: "symlink",
      passwd: "symlink",
      pipe: "fifo",
      proc: "symlink",
      root: "symlink",
      "roots-own": "unreadable",
      "run.sh": "new",
      "secret-of-mine": "unreadable",
      self: "symlink",
      socket: "socket",
      sparse: "too_large",
      "src/__pycache__": "cache",
      suid: "new",
      up: "symlink",
      "😀.ipynb": "new",
    });
    const taken = (await filesOf(id)).filter((file) => file.sha256);
    expect(row).toMatchObject({ state: "done", files: taken.length, skipped: 24 });
    for (const file of taken) {
      const bytes = await buffer(openFile(file.sha256 ?? ""));
      expect(bytes.length, file.path).toBe(file.size);
      expect(createHash("sha256").update(bytes).digest("hex"), file.path).toBe(file.sha256);
      expect(bytes.includes("root:") || bytes.includes("the host's secret"), file.path).toBe(false);
    }
    const sizeOf = (path: string) => taken.find((file) => file.path === path)?.size;
    expect([sizeOf("good.txt"), sizeOf("hard.txt"), sizeOf("holes"), sizeOf("empty")]).toEqual([
      8, 8, 3_000_000, 0,
    ]);
    expect(taken.filter((file) => file.executable).map((file) => file.path)).toEqual(["run.sh", "suid"]);
    await home.done();
  });

  it("holds nothing of the host while its owner turns directories into links and writes on", async () => {
    const home = await openHome({}, 256);
    await put(home, {
      ...Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`swap/${i}/passwd`, "mine"])),
      growing: randomBytes(4_000_000),
      steady: "steady",
    });
    const racer = spawn("sh", [
      "-c",
      'cd "$1"; while :; do mv swap s2; ln -s /etc swap; echo more >> growing; rm swap; mv s2 swap; done',
      "sh",
      home.path,
    ]);
    const reasons = new Set<string>();
    try {
      for (let i = 0; i < 3; i++) {
        const id = await request(home);
        expect(await carryOut(id)).toBe("done");
        for (const file of await filesOf(id)) {
          if (file.skipped) reasons.add(`${file.path.split("/")[0]} ${file.skipped}`);
          else if (file.path.endsWith("passwd"))
            expect((await buffer(openFile(file.sha256 ?? ""))).toString()).toBe("mine");
          else expect(["growing", "steady"]).toContain(file.path);
        }
      }
    } finally {
      racer.kill();
    }
    const allowed = ["swap symlink", "s2 symlink", "swap changed", "s2 changed", "growing changed"];
    expect([...reasons].filter((reason) => !allowed.includes(reason))).toEqual([]);
    expect([...reasons]).toContain("growing changed");
    await home.done();
  });
});

describe("what the rules of a task leave out", () => {
  it("is named with its reason, a directory as one row, many files of one directory too", async () => {
    const home = await openHome({
      collectRules: {
        include: [],
        exclude: ["node_modules", "*.pyc", "/data/raw/", "build/**/tmp", "private.txt"],
        maxFileMb: 1,
      },
    });
    await put(home, {
      "main.py": "x",
      "main.pyc": "x",
      "node_modules/a/index.js": "x",
      "node_modules/b/index.js": "x",
      "web/node_modules/c/index.js": "x",
      "data/raw/1.csv": "x",
      "deep/data/raw/1.csv": "x",
      "build/x/y/tmp/1.o": "x",
      "build/keep.o": "x",
      "a/private.txt": "x",
      "big.bin": Buffer.alloc(1024 ** 2 + 1),
      "fits.bin": Buffer.alloc(1024 ** 2),
      ...Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`many/${i}.pyc`, "xx"])),
    });
    const { files, row } = await collect(home);
    expect(files).toEqual({
      "main.py": "new",
      "main.pyc": "excluded",
      node_modules: "excluded 2",
      "web/node_modules": "excluded",
      "data/raw": "excluded",
      "deep/data/raw/1.csv": "new",
      "build/x/y/tmp": "excluded",
      "build/keep.o": "new",
      "a/private.txt": "excluded",
      "big.bin": "too_large",
      "fits.bin": "new",
      many: "excluded 12",
    });
    expect([row.files, row.skipped]).toEqual([4, 20]);
    await home.done();
  });

  it("is everything but what is wanted, where something is", async () => {
    const home = await openHome({
      collectRules: { include: ["*.ipynb", "/report/"], exclude: ["draft*"], maxFileMb: null },
    });
    await put(home, {
      "a.ipynb": "x",
      "sub/b.ipynb": "x",
      "sub/data.csv": "x",
      "report/figures/1.png": "x",
      "report/draft.md": "x",
      "other/report/1.png": "x",
    });
    expect((await collect(home)).files).toEqual({
      "a.ipynb": "new",
      "sub/b.ipynb": "new",
      "sub/data.csv": "excluded",
      "report/figures/1.png": "new",
      "report/draft.md": "excluded",
      "other/report/1.png": "excluded",
    });
    await home.done();
  });
});

describe("what changed", () => {
  it("is told against what the home held when work on it began", async () => {
    const home = await openHome();
    await put(home, { same: "1", edited: "1", removed: "1" });
    const first = await collect(home);
    expect(first.files).toEqual({ same: "new", edited: "new", removed: "new" });
    await rm(join(home.path, "removed"));
    await put(home, { edited: "2", added: "1" });
    const second = await collect(home);
    expect(second.files).toEqual({ same: "same", edited: "changed", added: "new" });
    await db.update(homes).set({ baseline: null }).where(eq(homes.id, home.ref.id));
    expect((await collect(home)).files).toEqual({ same: "new", edited: "new", added: "new" });
    await db.update(homes).set({ baseline: first.id }).where(eq(homes.id, home.ref.id));
    expect((await collect(home)).files).toEqual({ same: "same", edited: "changed", added: "new" });
    await home.done();
  });
});

describe("a collection that cannot finish", () => {
  it("of a damaged home says so at once, keeps every byte, and succeeds when it was repaired", async () => {
    const home = await openHome();
    await put(home, { "a.txt": "kept" });
    await home.done();
    const image = join(storePath(), "homes", `${home.ref.id}.ext4`);
    await run("sh", [
      "-c",
      'cp "$1" "$1.whole"; dd if=/dev/urandom of="$1" bs=4k count=64 conv=notrunc',
      "sh",
      image,
    ]);
    const damaged = await open(image, "r");
    const { size } = await damaged.stat();
    await damaged.close();
    const id = await request(home);
    expect(await carryOut(id)).toBe("nothing");
    expect(await rowOf(id)).toMatchObject({ state: "failed", cause: "homeDamaged" });
    expect(await carryOut(id)).toBe("nothing");
    await run("sh", ["-c", 'test $(stat -c %s "$1") = "$2"; mv "$1.whole" "$1"', "sh", image, String(size)]);
    await db.update(collections).set({ state: "pending", tries: 0 }).where(eq(collections.id, id));
    expect(await carryOut(id)).toBe("done");
    expect(await manifest(id)).toEqual({ "a.txt": "new" });
  });

  it("waits for a host that is away without counting tries, and says so", async () => {
    const home = await openHome();
    await put(home, { "a.txt": "kept" });
    await home.done();
    const id = await request(home);
    await db.update(hosts).set({ endpoint: "tcp://127.0.0.1:9" }).where(eq(hosts.id, host.id));
    try {
      for (let i = 0; i < 7; i++) expect(await carryOut(id)).toBe("wait");
      expect(await rowOf(id)).toMatchObject({ state: "pending", cause: "hostUnreachable", tries: 0 });
    } finally {
      await db.update(hosts).set({ endpoint: host.endpoint }).where(eq(hosts.id, host.id));
    }
    expect(await carryOut(id)).toBe("done");
    expect(await rowOf(id)).toMatchObject({ state: "done", cause: null });
  });

  it("whose process was killed is taken over; the former one can write nothing any more", async () => {
    const home = await openHome();
    await put(home, { "a.txt": "1" });
    const id = await request(home);
    const late = { startedAt: system.clock.now(), beatAt: new Date(system.clock.now().getTime() - 200_000) };
    await db
      .update(collections)
      .set({ state: "running", tries: 1, ...late })
      .where(eq(collections.id, id));
    await db.insert(collectedFiles).values({ id: newId(), collectionId: id, path: "left-over", size: 1 });
    expect(await recollect({ ctx: system })).toBeGreaterThan(0);
    expect(await carryOut(id)).toBe("done");
    expect(await manifest(id)).toEqual({ "a.txt": "new" });
    expect(await rowOf(id)).toMatchObject({ tries: 2, files: 1 });
    await home.done();
  });
});

describe("a large home", () => {
  const [count, bigMb] = long ? [50_000, 1_600] : [3_000, 64];

  it(`of ${count} files and ${bigMb} MB in large ones comes in whole, in flat memory`, async () => {
    const home = await openHome({}, long ? 4_096 : 256);
    await run("sh", [
      "-c",
      `cd "$1"; for d in $(seq 0 ${count / 100 - 1}); do mkdir $d; for f in $(seq 100); do echo "$d $f" > $d/$f.txt; done; done;
       for i in $(seq 4); do head -c ${bigMb / 4}M /dev/urandom > "!big$i"; done; chown -R 1000:1000 .; sync -f .`,
      "sh",
      home.path,
    ]);
    const id = await request(home);
    let peak = 0;
    const before = process.memoryUsage().rss;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, 50);
    const since = performance.now();
    expect(await carryOut(id)).toBe("done");
    const seconds = (performance.now() - since) / 1000;
    clearInterval(watch);
    for (const { sha256, size } of await filesOf(id)) if (sha256 && size > 1e6) byChance.push(sha256);
    const grew = Math.round((peak - before) / 1024 ** 2);
    const row = await rowOf(id);
    console.info(
      `collected ${row.files} files, ${Math.round(row.bytes / 1024 ** 2)} MB in ${seconds.toFixed(1)} s; memory +${grew} MB`,
    );
    expect([row.files, row.skipped]).toEqual(long ? [50_000, 4] : [count + 4, 0]);
    expect(grew).toBeLessThan(350);
    const again = await request(home);
    const later = performance.now();
    expect(await carryOut(again)).toBe("done");
    console.info(`once more, nothing changed: ${((performance.now() - later) / 1000).toFixed(1)} s`);
    const changes = new Set((await filesOf(again)).filter((file) => file.sha256).map((file) => file.change));
    expect([...changes]).toEqual(["same"]);
    await home.done();
  }, 900_000);
});
