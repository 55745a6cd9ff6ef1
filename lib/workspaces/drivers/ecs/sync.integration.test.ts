import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { putFile, removeFile } from "@/lib/platform/files";
import { newId } from "@/lib/platform/ids";
import { dockerDriver } from "../docker/driver";
import { newHome, removeEverything, testHost } from "../docker/testing";
import type { HomeRef } from "../driver";
import { deliverHome } from "./deliver";
import { fetchHome, isAtRest } from "./fetch";
import { files as instanceFiles } from "./files";
import { keyOf } from "./key";
import { linkTo, unlink } from "./ssh";
import { type Instance, openInstance } from "./testing";

vi.hoisted(() => {
  process.env.DEPLOY_ID = `test-sync-${process.pid}`;
});
// Machines boot, and files go over a wire.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });

const host = testHost();
const root = mkdtempSync(join(tmpdir(), "labyard-sync-"));
let home: HomeRef;
let instance: Instance;
let workspaceId: string;

beforeAll(async () => {
  await dockerDriver.prepareHost(host);
});

beforeEach(async () => {
  workspaceId = newId();
  home = newHome(host);
  await dockerDriver.mountHome(home, workspaceId);
  instance = await openInstance(freshDisk(), workspaceId);
});

afterEach(async () => {
  unlink(workspaceId);
  await instance.close();
  await dockerDriver.unmountHome(home, workspaceId);
});

afterAll(async () => {
  await removeEverything(host);
  rmSync(root, { recursive: true, force: true });
});

const freshDisk = () => mkdtempSync(join(root, "disk-"));
const key = keyOf("secret");
const link = () => linkTo(instance.machine);
const sh = (script: string) =>
  execFileSync("/bin/bash", ["-c", script], { cwd: instance.folder, encoding: "utf8" });

/** The home's files with their first bytes, folders with a slash; what we keep for ourselves left out. */
async function held(path = ""): Promise<Record<string, string>> {
  const all: Record<string, string> = {};
  const { entries } = await dockerDriver.listFiles(home, null, path);
  const tops = entries.map((entry) => entry.path).filter((name) => name !== ".cache");
  for await (const one of dockerDriver.packFiles(home, null, tops, { totalBytes: 1e9, files: 1e5 })) {
    if ("folder" in one) all[`${one.path}/`] = "";
    else if ("content" in one)
      all[one.path] = Buffer.concat(await one.content.toArray())
        .toString("latin1")
        .slice(0, 40);
  }
  return all;
}

it("brings a home there and back: new, changed, gone, moved, odd names, times, what runs", async () => {
  sh(`mkdir -p a/b; echo one > a/b/1.txt; echo two > 二.txt; printf '#!/bin/sh\\n' > run.sh; chmod +x run.sh
    printf x > $'odd\\xff\\n'; printf y > 'back\\slash'; mkdir empty; touch -d @1600000000 二.txt; mkdir .ssh; echo k > .ssh/id
    mkdir .cache; echo no > .cache/x; echo no > .Xauthority; touch .xorgxrdp.10.log`);
  const first = await fetchHome(await link(), home);
  expect(first).toMatchObject({ files: 6, removed: 0, leftOut: [] });
  const whole = {
    ".ssh/": "",
    ".ssh/id": "k\n",
    "a/": "",
    "a/b/": "",
    "a/b/1.txt": "one\n",
    "back\\x5cslash": "y",
    "empty/": "",
    "odd\\xff\\x0a": "x",
    "run.sh": "#!/bin/sh\n",
    "二.txt": "two\n",
  };
  expect(await held()).toEqual(whole);

  // Another instance gets all of it, and the task's files beside it.
  unlink(workspaceId);
  await instance.close();
  const stored = await putFile(Readable.from([Buffer.from("task\n")]), { maxBytes: 100 });
  instance = await openInstance(freshDisk(), workspaceId);
  await deliverHome(await link(), home, [{ name: "任务.txt", sha256: stored.sha256 }], key.publicKey);
  await removeFile(stored.sha256);
  expect(
    sh("find . -type f -print0 | LC_ALL=C sort -z | tr '\\0' ';' | cat -v").replaceAll("M-", ""),
  ).toContain("./.ssh/id;./a/b/1.txt;./back\\slash;./materials/");
  expect(sh("cat materials/任务.txt $'odd\\xff\\n'; stat -c %a run.sh .ssh .ssh/id")).toBe(
    "task\nx755\n700\n600\n",
  );

  // Nothing has changed, so nothing goes over; the task's files are no work, those worked on are.
  expect(await fetchHome(await link(), home)).toEqual({ files: 0, removed: 0, leftOut: [] });
  sh(
    `echo more >> a/b/1.txt; rm 二.txt; mv run.sh a/; rmdir empty; echo file > empty; rm -r .ssh; echo mine >> materials/任务.txt; echo n > materials/notes`,
  );
  const second = await fetchHome(await link(), home);
  expect(second.leftOut).toEqual([]);
  expect(await held()).toEqual({
    "a/": "",
    "a/b/": "",
    "a/b/1.txt": "one\nmore\n",
    "a/run.sh": "#!/bin/sh\n",
    "back\\x5cslash": "y",
    empty: "file\n",
    "materials/": "",
    "materials/notes": "n\n",
    "materials/任务.txt": "task\nmine\n",
    "odd\\xff\\x0a": "x",
  });
  expect(instance.connections()).toBe(1);

  // Its student changes the password, and has keys of their own: we come in, and none of it is work.
  await deliverHome(await link(), home, [], key.publicKey);
  sh("echo ssh-ed25519 mine >> .ssh/authorized_keys; echo after > after.txt");
  unlink(workspaceId);
  instance.twist.password = "changed inside";
  expect(await fetchHome(await link(), home)).toMatchObject({ files: 1, leftOut: [] });
  expect(await held()).not.toHaveProperty([".ssh/authorized_keys"]);
  await deliverHome(await link(), home, [], key.publicKey);
  expect(
    sh("grep -c labyard .ssh/authorized_keys; grep -c mine .ssh/authorized_keys; stat -c %a .ssh/*"),
  ).toBe("1\n1\n600\n");
}, 180_000);

it("fetches again what changed while it was fetched, and knows a disk at rest", async () => {
  writeFileSync(join(instance.folder, "a"), "1");
  await fetchHome(await link(), home);
  expect(await isAtRest(home)).toBe(false);
  const { mtime } = statSync(join(instance.folder, "a"));
  // The same size within the same second.
  writeFileSync(join(instance.folder, "a"), "2");
  utimesSync(join(instance.folder, "a"), mtime, mtime);
  expect(await fetchHome(await link(), home, true)).toMatchObject({ files: 1 });
  expect(await held()).toEqual({ a: "2" });
  expect(await isAtRest(home)).toBe(true);
});

it("follows no link, opens no device, and says what it left out", async () => {
  sh(`ln -s /etc/passwd link; ln -s / all; ln -s loop loop; mkfifo pipe; mkdir d; ln -s ../.. d/up; echo kept > kept
    python3 -c "import socket; socket.socket(socket.AF_UNIX).bind('sock')"; mknod null c 1 3 2>/dev/null || mkfifo null
    truncate -s 5G sparse; python3 - <<'E'
import os
for n in range(80):
    os.mkdir('deep'); os.chdir('deep')
E`);
  const { leftOut, files } = await fetchHome(await link(), home);
  expect(files).toBe(1);
  const why = Object.fromEntries(leftOut.map((one) => [one.path, one.why]));
  expect(why).toMatchObject({
    link: "symlink",
    all: "symlink",
    loop: "symlink",
    pipe: "fifo",
    sock: "socket",
  });
  expect(why).toMatchObject({ "d/up": "symlink", sparse: "too_large" });
  expect(leftOut.filter(({ unsaved }) => unsaved).map(({ path }) => path)).toEqual(["sparse"]);
  expect(await held()).toMatchObject({ kept: "kept\n", "d/": "" });
  // Whoever looks at the collection reads it there.
  await dockerDriver.unmountHome(home, workspaceId);
  const told: Record<string, string> = {};
  const all = { fileBytes: 1e9, totalBytes: 1e9, files: 1e4 };
  for await (const one of instanceFiles.collect(home, all))
    if ("skipped" in one) told[one.path] = one.skipped;
  expect(told).toMatchObject({
    link: "symlink",
    loop: "symlink",
    pipe: "fifo",
    "d/up": "symlink",
    sock: "socket",
  });
  expect(told.kept).toBeUndefined();
});

it("believes nothing that leads elsewhere, repeats itself or lies, and then takes nothing away", async () => {
  sh("mkdir dir; echo a > dir/a; echo b > b");
  await fetchHome(await link(), home);
  const record = (kind: string, size: number, path: string) => `${kind} ${size} 1700000000.5 644 ${path}\0`;
  instance.twist.listing = async (write) => {
    write("Welcome!\nLABYARD-TREE 1700000100\0");
    for (const path of [
      "../up",
      "/etc/passwd",
      "a/../../up",
      "a//b",
      ".",
      "",
      "x".repeat(300),
      `${"d/".repeat(70)}x`,
    ])
      write(record("f", 3, path));
    write(
      `${record("f", 5, "b")}${record("d", 4096, "b")}${record("f", 1, "b/below")}${record("f", 1, "b/below")}`,
    );
    write("nonsense\0f x y z\0");
    write(record("f", 9_007_199_254_740_991, "huge"));
    write(record("f", 50, "longer-than-it-is"));
    write(record("f", 4, "never-there"));
    write("LABYARD-END 0\0");
  };
  sh("echo short > longer-than-it-is");
  const { leftOut, files, removed } = await fetchHome(await link(), home);
  expect({ files, removed }).toEqual({ files: 0, removed: 0 });
  const why = Object.fromEntries(leftOut.map((one) => [one.path, one.why]));
  expect(why).toMatchObject({
    "../up": "bad_path",
    "/etc/passwd": "bad_path",
    b: "bad_path",
    huge: "too_large",
  });
  expect(why).toMatchObject({ "longer-than-it-is": "cut", "never-there": "cut" });
  expect(await held()).toEqual({ "dir/": "", "dir/a": "a\n", b: "b\n" });
});

it("ends what is endless: a listing, a file", async () => {
  instance.twist.listing = async (write, isOver) => {
    write("LABYARD-TREE 1700000100\0");
    for (let n = 0; !isOver() && n < 2_000; n++) {
      const many = Array.from({ length: 1_000 }, (_, k) => `d 0 1700000000 755 d${n * 1_000 + k}\0`);
      write(many.join(""));
      await new Promise(setImmediate);
    }
  };
  const tree = await (await import("./tree")).listTree(await link());
  expect(tree.complete).toBe(false);
  expect(tree.folders.length).toBeLessThanOrEqual(200_000);
  expect(tree.leftOut).toContainEqual({ path: "…", why: "too_many", unsaved: false });

  instance.twist.listing = undefined;
  instance.twist.read = (_path, _offset, length) => Buffer.alloc(length, "A");
  writeFileSync(join(instance.folder, "endless"), "four");
  const { files } = await fetchHome(await link(), home);
  expect(files).toBe(1);
  expect(await held()).toMatchObject({ endless: "AAAA" });
});

it("saves what fits into a home that is too small, and says what does not", async () => {
  writeFileSync(join(instance.folder, "a-first"), "saved");
  writeFileSync(join(instance.folder, "big"), Buffer.alloc(63 * 1024 ** 2, 1));
  const { leftOut } = await fetchHome(await link(), home);
  expect(leftOut).toEqual([{ path: "big", why: "disk_full", unsaved: true }]);
  expect(leftOut.every(({ unsaved }) => unsaved)).toBe(true);
  expect(await held()).toEqual({ "a-first": "saved" });
  rmSync(join(instance.folder, "big"));
  expect(await fetchHome(await link(), home)).toMatchObject({ leftOut: [] });
});

it("knows the machine again, and neither another one nor another password", async () => {
  await (await link()).sftp();
  const { machine } = instance;
  unlink(workspaceId);
  const forged = { ...machine, hostKey: "SHA256:another" };
  await expect(linkTo(forged)).rejects.toMatchObject({ key: "instanceForged" });
  await expect(linkTo({ ...machine, hostKey: null, pin: async () => "SHA256:other" })).rejects.toMatchObject({
    key: "instanceForged",
  });
  await expect(linkTo({ ...machine, hostKey: machine.hostKey, password: "wrong" })).rejects.toMatchObject({
    key: "instanceRefused",
  });
  await expect(linkTo({ ...machine, port: 9 })).rejects.toMatchObject({ key: "hostUnreachable" });
  instance.twist.greeting = "hello from a careless profile\n";
  mkdirSync(join(instance.folder, "x"));
  expect(await fetchHome(await link(), home)).toMatchObject({ leftOut: [] });
  expect(await held()).toEqual({ "x/": "" });
});

it("throws when the instance goes while it is fetched; the next time brings the rest", async () => {
  for (let n = 0; n < 20; n++)
    writeFileSync(join(instance.folder, `f${n}`), createHash("sha256").update(`${n}`).digest());
  let reads = 0;
  instance.twist.read = (path) => {
    if (++reads === 5) unlink(workspaceId);
    return readFileSync(join(instance.folder, path));
  };
  await expect(fetchHome(await link(), home)).rejects.toMatchObject({ key: "hostUnreachable" });
  instance.twist.read = undefined;
  expect(await fetchHome(await link(), home)).toMatchObject({ leftOut: [] });
  expect(Object.keys(await held())).toHaveLength(20);
});
