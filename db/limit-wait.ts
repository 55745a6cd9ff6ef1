import type { Pool } from "mysql2/promise";

type Callback = (error: unknown, connection?: { release(): void }) => void;
type CorePool = { getConnection(callback: Callback): void };

/**
 * Nobody waits for a connection of the pool for longer than this: while the database hangs, every one is
 * taken, and a request that stands in the queue would hang with it.
 */
export function limitWait(pool: Pool, ms = 5_000): void {
  const core = pool.pool as unknown as CorePool;
  const get = core.getConnection;
  core.getConnection = function (this: CorePool, callback) {
    let over = false;
    const timer = setTimeout(() => {
      over = true;
      callback(Object.assign(new Error("no connection became free"), { code: "POOL_ACQUIRE_TIMEOUT" }));
    }, ms);
    get.call(this, (error, connection) => {
      clearTimeout(timer);
      if (over) connection?.release();
      else callback(error, connection);
    });
  };
}
