import { sql } from "drizzle-orm";
import { drizzle, type MySql2Database } from "drizzle-orm/mysql2";
import { createPool, type Pool } from "mysql2/promise";
import { env } from "@/lib/platform/env";
import { driverCode } from "@/lib/platform/errors";
import { metrics } from "@/lib/platform/metrics";
import { limitWait } from "./limit-wait";
import { retryReads } from "./retry-reads";

export type Db = MySql2Database<Record<string, never>>;
/** A transaction, or the pool: verbs that take part in a caller's transaction accept both. */
export type Tx = Parameters<Parameters<Db["transaction"]>[0]>[0] | Db;

// On globalThis: Next's bundle and server.ts are two module graphs, but may have only one pool.
const shared = globalThis as typeof globalThis & { labyardPool?: Pool; labyardDb?: Db };

/** The pool of this process: 20 connections, at most 2,000 waiting; READ COMMITTED, UTC, strict. */
export function pool(url = env().DATABASE_URL): Pool {
  if (!shared.labyardPool) {
    shared.labyardPool = createPool({
      uri: url,
      connectionLimit: 20,
      queueLimit: 2_000,
      connectTimeout: 5_000,
      enableKeepAlive: true,
      timezone: "Z",
      charset: "utf8mb4_unicode_ci",
      supportBigNumbers: true,
      decimalNumbers: true,
    });
    timeAcquire(shared.labyardPool);
    limitWait(shared.labyardPool);
    retryReads(shared.labyardPool);
    shared.labyardPool.pool.on("connection", (connection) => {
      limitSilence(connection);
      connection.query(
        "SET SESSION time_zone = '+00:00', transaction_isolation = 'READ-COMMITTED', innodb_lock_wait_timeout = 5",
        (error: Error | null) => {
          // MariaDB 10 knows the variable by its old name only.
          if (error)
            connection.query(
              "SET SESSION time_zone = '+00:00', tx_isolation = 'READ-COMMITTED', innodb_lock_wait_timeout = 5",
              () => undefined,
            );
        },
      );
    });
  }
  return shared.labyardPool;
}

type CorePool = {
  getConnection(callback: (error: unknown, connection: unknown) => void): void;
  _allConnections?: { length: number };
  _freeConnections?: { length: number };
  _connectionQueue?: { length: number };
};

/** Queries of the pool and transactions all pass here. */
function timeAcquire(pool: Pool): void {
  const core = pool.pool as unknown as CorePool;
  const get = core.getConnection;
  const { poolAcquire } = metrics();
  core.getConnection = function (this: CorePool, callback) {
    const since = performance.now();
    return get.call(this, (error, connection) => {
      poolAcquire.observe((performance.now() - since) / 1_000);
      callback(error, connection);
    });
  };
}

/** How the pool stands: connections that are used and free, and how many queries wait for one. */
export function poolState(): { used: number; free: number; waiting: number } {
  const core = shared.labyardPool?.pool as unknown as CorePool | undefined;
  const free = core?._freeConnections?.length ?? 0;
  const all = core?._allConnections?.length ?? 0;
  return { used: all - free, free, waiting: core?._connectionQueue?.length ?? 0 };
}

/** Longer than any lock is waited for (5 s). */
const silenceMs = 10_000;

type Command = {
  timeout?: number;
  onResult?: (error: { code?: string } | null, ...more: unknown[]) => void;
};

/**
 * A database that is there but says nothing (stopped, or behind a broken line) must not hold a request for
 * ever: the command fails, and its connection is given up, since nobody knows what it would answer later.
 */
function limitSilence(connection: object): void {
  const inner = connection as { addCommand(command: Command): unknown; destroy(): void };
  const add = inner.addCommand;
  inner.addCommand = function (this: typeof inner, command: Command) {
    const { onResult } = command;
    if (onResult) {
      command.timeout ??= silenceMs;
      command.onResult = (error, ...more) => {
        if (error?.code === "PROTOCOL_SEQUENCE_TIMEOUT") inner.destroy();
        onResult(error, ...more);
      };
    }
    return add.call(this, command);
  };
}

export function database(): Db {
  shared.labyardDb ??= drizzle(pool());
  return shared.labyardDb;
}

const waiting = new WeakMap<object, (() => void)[]>();

/** Does something when this transaction is committed, or at once where there is none: counts and log lines. */
export function afterCommit(tx: Tx, work: () => void): void {
  const list = waiting.get(tx);
  if (list) list.push(work);
  else work();
}

const retriable = new Set(["ER_LOCK_DEADLOCK", "ER_LOCK_WAIT_TIMEOUT"]);

/** A person waits for the answer: after so long a lock that does not come free is told, not waited for again. */
const lockPatienceMs = 8_000;

/** One transaction, tried up to four times on a deadlock or lock timeout. Never call the outside in it. */
export async function transact<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  const began = performance.now();
  for (let attempt = 1; ; attempt++) {
    const after: (() => void)[] = [];
    try {
      const result = await db.transaction((tx) => {
        waiting.set(tx, after);
        return work(tx);
      });
      for (const each of after) afterCommit(db, each);
      return result;
    } catch (error) {
      const patient = attempt < 4 && performance.now() - began < lockPatienceMs;
      if (!patient || !retriable.has(driverCode(error) ?? "")) throw error;
      await new Promise((resolve) => setTimeout(resolve, attempt * 20 + Math.random() * 30));
    }
  }
}

/** How many rows an UPDATE or DELETE touched: what a conditional move is decided by. */
export const affected = (result: unknown): number => {
  const header = Array.isArray(result) ? result[0] : result;
  return header && typeof header === "object" && "affectedRows" in header ? Number(header.affectedRows) : 0;
};

/** The database's own time, UTC. */
export async function databaseNow(db: Db = database()): Promise<Date> {
  const [rows] = await db.execute(sql`SELECT DATE_FORMAT(UTC_TIMESTAMP(3), '%Y-%m-%dT%H:%i:%s.%fZ') AS now`);
  const row = (rows as unknown as { now: string }[])[0];
  return row ? new Date(row.now.replace(/(\.\d{3})\d*Z$/, "$1Z")) : new Date();
}

export async function closeDatabase(): Promise<void> {
  await shared.labyardPool?.end();
  shared.labyardPool = undefined;
  shared.labyardDb = undefined;
}
