import { open, readFile, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { count, eq, gt, sql } from "drizzle-orm";
import { Client } from "undici";
import { type Db, database, databaseNow } from "@/db/client";
import { appliedMigrations } from "@/db/migrate";
import { executorWorkers } from "@/db/schema/executor";
import { collections } from "@/db/schema/workspaces";
import { queueState, runsOnServer } from "@/lib/executor";
import { systemCtx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { driverCode } from "@/lib/platform/errors";
import type { Cause } from "./causes";

/** One thing the service needs. `detail` has figures and codes, for who may monitor. */
export type Check = {
  /** `warn`: works, but not for long or not well. */
  state: "ok" | "warn" | "failed";
  cause?: Cause;
  detail?: string;
};

const fine = (detail?: string): Check => ({ state: "ok", detail });
const wrong = (cause: Cause, detail?: string): Check => ({ state: "failed", cause, detail });
const doubtful = (cause: Cause, detail?: string): Check => ({ state: "warn", cause, detail });
const codeOf = (error: unknown): string => driverCode(error) ?? "no answer";

export async function checkDatabase(db: Db = database(), patienceMs = 2_000): Promise<Check> {
  const since = performance.now();
  try {
    await inTime(db.execute(sql`SELECT 1`), patienceMs);
    return fine(`${Math.round(performance.now() - since)} ms`);
  } catch (error) {
    return wrong("databaseAway", codeOf(error));
  }
}

/** Whether work waits in its home because it could not be saved, and why. */
export async function checkCollections(db: Db = database()): Promise<Check> {
  try {
    const failed = await inTime(
      db
        .select({ cause: collections.cause, count: count() })
        .from(collections)
        .where(eq(collections.state, "failed"))
        .groupBy(collections.cause),
      2_000,
    );
    const detail = failed.map((row) => `${row.count} ${row.cause ?? "unknown"}`).join(", ");
    return failed.length > 0 ? doubtful("collectionsFailed", detail) : fine();
  } catch (error) {
    return doubtful("databaseAway", codeOf(error));
  }
}

export async function checkMigrations(db: Db = database()): Promise<Check> {
  try {
    const journal = JSON.parse(await readFile("db/migrations/meta/_journal.json", "utf8")) as {
      entries: unknown[];
    };
    const applied = await inTime(appliedMigrations(db), 2_000);
    const detail = `${applied} of ${journal.entries.length}`;
    return applied >= journal.entries.length ? fine(detail) : wrong("migrationsMissing", detail);
  } catch (error) {
    return wrong("migrationsUnknown", codeOf(error));
  }
}

/** Asks the engine of the first host whether it is there. */
export async function checkDocker(endpoint = env().DOCKER_HOST): Promise<Check> {
  const local = endpoint.startsWith("unix://");
  const client = local
    ? new Client("http://docker", {
        socketPath: endpoint.slice("unix://".length),
        connect: { timeout: 2_000 },
      })
    : new Client(endpoint.replace(/^tcp:/, "http:"), { connect: { timeout: 2_000 } });
  try {
    const answer = await client.request({
      path: "/_ping",
      method: "GET",
      headersTimeout: 2_000,
      bodyTimeout: 2_000,
    });
    await answer.body.dump();
    return answer.statusCode === 200 ? fine() : wrong("dockerError", `status ${answer.statusCode}`);
  } catch (error) {
    return wrong("dockerAway", codeOf(error));
  } finally {
    client.destroy().catch(() => undefined);
  }
}

/** Jobs that wait so long are late for people. */
const lateSeconds = 60;

/** Whether any process works on durable jobs, by its heartbeat of 15 s, and whether it keeps up. */
export async function checkExecutor(db: Db = database()): Promise<Check> {
  if (runsOnServer()) return fine("a real Inngest server");
  try {
    const since = new Date((await inTime(databaseNow(db), 2_000)).getTime() - 60_000);
    const alive = await inTime(
      db
        .select({ owner: executorWorkers.owner })
        .from(executorWorkers)
        .where(gt(executorWorkers.seenAt, since))
        .limit(100),
      2_000,
    );
    if (alive.length === 0) return wrong("noExecutor");
    const queue = await inTime(queueState({ ctx: systemCtx("health", { db }) }), 2_000);
    const oldest = Math.round(queue.oldestSeconds);
    const detail = `${alive.length} alive, ${queue.depth} due, the oldest for ${oldest} s`;
    return oldest > lateSeconds ? doubtful("executorStalled", detail) : fine(detail);
  } catch (error) {
    return wrong("executorUnknown", codeOf(error));
  }
}

const fileCauses: Record<string, Cause> = {
  ENOSPC: "filesFull",
  EDQUOT: "filesQuota",
  EROFS: "filesReadOnly",
  EACCES: "filesForbidden",
  EPERM: "filesForbidden",
  ENOENT: "filesMissing",
  ENOTDIR: "filesMissing",
};

const fewBytes = 5 * 1024 ** 3;
const noBytes = 256 * 1024 ** 2;

/** Whether the file store takes a file, truly written, and how much room its disk has left. */
export async function checkFiles(home = env().LABYARD_HOME, low = fewBytes): Promise<Check> {
  const probe = join(home, `.probe-${process.pid}`);
  try {
    const file = await open(probe, "w", 0o600);
    try {
      await file.write("labyard");
      await file.sync();
    } finally {
      await file.close();
      await rm(probe, { force: true });
    }
    const disk = await statfs(home);
    const free = disk.bavail * disk.bsize;
    const detail = `${(free / 1024 ** 3).toFixed(1)} GB free`;
    if (free < Math.min(noBytes, low)) return wrong("filesFull", detail);
    if (free < low) return doubtful("diskLow", detail);
    return fine(detail);
  } catch (error) {
    const code = codeOf(error);
    return wrong(fileCauses[code] ?? "filesUnknown", code);
  }
}

const mostSecondsApart = 5;

/** The database's clock counts; logs and tickets of a machine that is far off are hard to read. */
export async function checkClock(
  db: Db = database(),
  machine: () => number = () => Date.now(),
): Promise<Check> {
  try {
    const before = machine();
    const there = (await inTime(databaseNow(db), 2_000)).getTime();
    const apart = (there - (before + machine()) / 2) / 1_000;
    const detail = `${apart.toFixed(1).replace("-0.0", "0.0")} s`;
    return Math.abs(apart) > mostSecondsApart ? doubtful("clocksApart", detail) : fine(detail);
  } catch (error) {
    return wrong("clockUnknown", codeOf(error));
  }
}

async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" })),
      ms,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
