import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/mysql2";
import { createPool } from "mysql2/promise";
import { afterAll, expect, test } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { executorJobs, executorWorkers } from "@/db/schema/executor";
import { env } from "@/lib/platform/env";
import { newId } from "@/lib/platform/ids";
import { checkClock, checkDatabase, checkDocker, checkExecutor, checkFiles, checkMigrations } from "./checks";
import { enterPhase } from "./phase";
import { answerHealth } from "./report";

afterAll(closeDatabase);

async function rows<T>(query: string): Promise<T[]> {
  const [found] = await database().execute(sql.raw(query));
  return found as unknown as T[];
}

test("a database that answers, with every migration, is ready", async () => {
  expect(await checkDatabase()).toMatchObject({ state: "ok" });
  expect(await checkMigrations()).toMatchObject({ state: "ok" });
});

test("one that is away is said to be, without its address or password", async () => {
  const away = drizzle(createPool("mysql://someone:pass-word@127.0.0.1:9/none"));
  const check = await checkDatabase(away as unknown as ReturnType<typeof database>);
  expect(check).toMatchObject({ state: "failed", detail: "ECONNREFUSED" });
  expect(JSON.stringify(check)).not.toMatch(/pass-word|someone|127\.0\.0\.1/);
});

test("an engine is asked where it is", async () => {
  let status = 200;
  const engine = createServer((req, res) => {
    res.statusCode = req.url === "/_ping" ? status : 404;
    res.end("OK");
  }).listen(0, "127.0.0.1");
  await once(engine, "listening");
  const endpoint = `tcp://127.0.0.1:${(engine.address() as AddressInfo).port}`;
  expect(await checkDocker(endpoint)).toMatchObject({ state: "ok" });
  status = 500;
  expect(await checkDocker(endpoint)).toMatchObject({ state: "failed", detail: "status 500" });
  engine.closeAllConnections();
  engine.close();
  expect(await checkDocker(endpoint)).toMatchObject({
    state: "failed",
    detail: "ECONNREFUSED",
  });
  expect(await checkDocker("unix:///nowhere.sock")).toMatchObject({
    state: "failed",
    detail: "ENOENT",
  });
});

test("an executor counts by its heartbeat", async () => {
  await database().delete(executorWorkers);
  expect(await checkExecutor()).toMatchObject({ state: "failed" });
  const at = new Date();
  await database().insert(executorWorkers).values({ owner: "test:1", startedAt: at, seenAt: at });
  expect(await checkExecutor()).toMatchObject({ state: "ok" });
  await database()
    .update(executorWorkers)
    .set({ seenAt: new Date(at.getTime() - 120_000) });
  expect(await checkExecutor()).toMatchObject({ state: "failed" });
});

test("jobs that wait for long are said to", async () => {
  const at = new Date();
  await database().update(executorWorkers).set({ seenAt: at });
  const late = new Date(at.getTime() - 90_000);
  await database().insert(executorJobs).values({
    id: newId(),
    runId: newId(),
    stepId: "step",
    functionId: "test-late",
    dueAt: late,
    createdAt: late,
  });
  const check = await checkExecutor();
  expect(check).toMatchObject({ state: "warn", cause: "executorStalled" });
  expect(check.detail).toMatch(/^1 alive, 1 due, the oldest for 9\d s$/);
  await database().delete(executorJobs);
  expect(await checkExecutor()).toMatchObject({ state: "ok" });
});

test("a database without all migrations says so", async () => {
  const [last] = await rows<{ id: number; hash: string; created_at: number }>(
    "SELECT * FROM __drizzle_migrations ORDER BY id DESC LIMIT 1",
  );
  await database().execute(sql`DELETE FROM __drizzle_migrations WHERE id = ${last?.id}`);
  expect(await checkMigrations()).toMatchObject({
    state: "failed",
    cause: "migrationsMissing",
  });
  await database().execute(
    sql`INSERT INTO __drizzle_migrations (id, hash, created_at) VALUES (${last?.id}, ${last?.hash}, ${last?.created_at})`,
  );
  expect(await checkMigrations()).toMatchObject({ state: "ok" });
});

test("a file store that takes nothing says why, and leaves nothing behind", async () => {
  const home = await mkdtemp(join(tmpdir(), "labyard-health-"));
  expect(await checkFiles(home, 0)).toMatchObject({ state: "ok", detail: expect.stringMatching(/GB free$/) });
  expect(await readdir(home)).toEqual([]);
  expect(await checkFiles(home, Number.MAX_SAFE_INTEGER)).toMatchObject({
    state: "warn",
    cause: "diskLow",
  });
  expect(await checkFiles(join(home, "none"))).toMatchObject({
    state: "failed",
    cause: "filesMissing",
    detail: "ENOENT",
  });
  // /proc takes no files from anybody, as a disk that was mounted read-only does not.
  expect(await checkFiles("/proc")).toMatchObject({ state: "failed" });
  await rm(home, { recursive: true });
});

test("a full and a read-only disk are told apart", async () => {
  const mounts = await mkdtemp(join(tmpdir(), "labyard-health-"));
  const mount = (options: string) =>
    execFileSync("/bin/mount", ["-t", "tmpfs", "-o", options, "labyard-test", mounts]);
  try {
    mount("size=64k");
    writeFileSync(join(mounts, "big"), Buffer.alloc(64 * 1024));
    expect(await checkFiles(mounts)).toMatchObject({
      state: "failed",
      cause: "filesFull",
    });
    rmSync(join(mounts, "big"));
    execFileSync("/bin/mount", ["-o", "remount,ro", mounts]);
    expect(await checkFiles(mounts)).toMatchObject({
      state: "failed",
      cause: "filesReadOnly",
      detail: "EROFS",
    });
  } finally {
    execFileSync("/bin/umount", [mounts]);
    await rm(mounts, { recursive: true });
  }
});

test("clocks that are apart are noticed", async () => {
  expect(await checkClock(undefined, () => Date.now() + 60_000)).toMatchObject({
    state: "warn",
    detail: expect.stringMatching(/^-(59|60)\.\d s$/),
  });
});

test("health is 200 in every phase, readiness only when all is there", async () => {
  enterPhase("migrations");
  expect(await answerHealth("/api/health", false)).toMatchObject({
    status: 200,
    body: { status: "starting", causes: [expect.stringContaining("database")] },
  });
  const ready = await answerHealth("/api/ready", false);
  expect(Object.keys(ready?.body as object)).toEqual(["ready", "causes"]);
  expect(ready).toMatchObject({ status: 503, body: { ready: false } });
  expect(JSON.stringify(ready)).not.toContain(env().LABYARD_SECRET);
  enterPhase("ready");
  expect(await answerHealth("/api/health", false)).toMatchObject({
    status: 200,
    body: { status: "ok", causes: [] },
  });
  expect(await answerHealth("/api/other", true)).toBeUndefined();
});
