import { AsyncLocalStorage } from "node:async_hooks";
import { drizzle } from "drizzle-orm/mysql2";
import type { Pool, PoolConnection } from "mysql2/promise";
import { type Db, pool } from "@/db/client";

const never = new Promise<never>(() => undefined);
const lives = new AsyncLocalStorage<ProcessLife>();

/**
 * One life of the service's process, for tests that kill it between any two things that it does outside: a statement,
 * a transaction, a call of the cloud. What is dead stands still for ever, as no `catch` can do; nothing of it is undone.
 */
export class ProcessLife {
  readonly db: Db;
  readonly #death = Promise.withResolvers<"died">();
  #steps = 0;
  #last = Number.POSITIVE_INFINITY;
  #isDead = false;
  readonly #lines = new Set<PoolConnection>();

  constructor() {
    const pass =
      (name: "query" | "execute") =>
      (...asked: unknown[]) =>
        this.step(() => (pool()[name] as (...all: unknown[]) => Promise<unknown>).apply(pool(), asked));
    const getConnection = async () => {
      const connection = await pool().getConnection();
      this.#lines.add(connection);
      const release = connection.release.bind(connection);
      connection.release = () => {
        this.#lines.delete(connection);
        connection.release = release;
        if (this.#isDead) connection.destroy();
        else release();
      };
      // It died while it waited for a line.
      if (this.#isDead) {
        connection.release();
        return never;
      }
      return connection;
    };
    const client = { query: pass("query"), execute: pass("execute"), getConnection } as unknown as Pool;
    this.db = drizzle(client) as unknown as Db;
    const transaction = this.db.transaction.bind(this.db);
    this.db.transaction = (work, how) => this.step(() => transaction(work, how));
  }

  /** Does something in this life; `died` if that came first. */
  live<T>(work: () => Promise<T>): Promise<T | "died"> {
    return Promise.race([lives.run(this, work), this.#death.promise]);
  }

  /** So many steps from now it dies: before an even one is done, after an odd one was. */
  dieIn(steps: number): void {
    this.#last = this.#steps + steps;
  }

  survive(): void {
    this.#last = Number.POSITIVE_INFINITY;
  }

  /** Something outside, done by this process as long as it lives. */
  async step<T>(work: () => Promise<T>): Promise<T> {
    await this.#reach();
    let done: { value: T } | { error: unknown };
    try {
      done = { value: await work() };
    } catch (error) {
      done = { error };
    }
    await this.#reach();
    if ("error" in done) throw done.error;
    return done.value;
  }

  async #reach(): Promise<void> {
    if (!this.#isDead && this.#steps++ >= this.#last) {
      this.#isDead = true;
      // Transactions that are open end with their line.
      for (const line of this.#lines) line.destroy();
      this.#death.resolve("died");
    }
    if (this.#isDead) await never;
  }
}

/** Something outside that the life does in which this runs, if it runs in one. */
export const step = <T>(work: () => Promise<T>): Promise<T> => lives.getStore()?.step(work) ?? work();

const kept = new Set(["labyardPool", "labyardDb", "labyardLog", "labyardMetrics", "labyardLogContext"]);

/** What a process forgets when it ends: everything of ours that is shared in it, but lines to the database and logs. */
export function forgetAll(): void {
  const all = globalThis as unknown as Record<string, unknown>;
  for (const key of Object.keys(all)) if (key.startsWith("labyard") && !kept.has(key)) delete all[key];
}

const patience = 2_000;

/** Short waits of what lives take no time but that of `clock`, which goes on by as much. Call the result to end it. */
export function bendTime(clock: { now(): Date; advance(ms: number): void }): () => void {
  const { setTimeout: wait, performance: watch } = globalThis;
  const now = watch.now.bind(watch);
  const bent = (work: () => void, ms = 0, ...rest: unknown[]) => {
    if (ms > patience || !lives.getStore()) return wait(work, ms, ...(rest as []));
    clock.advance(ms);
    return setImmediate(work);
  };
  globalThis.setTimeout = Object.assign(bent, wait) as unknown as typeof wait;
  watch.now = () => (lives.getStore() ? clock.now().getTime() : now());
  return () => {
    globalThis.setTimeout = wait;
    watch.now = now;
  };
}
