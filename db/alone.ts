import type { RowDataPacket } from "mysql2/promise";
import { pool } from "./client";

/**
 * Does this in one process at a time, of all that use this database; undefined, at once, where another is at
 * it. The lock ends with its connection: work that outlives it must be repeatable. Holds no transaction.
 */
export async function alone<T>(name: string, work: () => Promise<T>): Promise<T | undefined> {
  const connection = await pool().getConnection();
  let clean = false;
  try {
    const lock = `labyard ${name} ${connection.config.database ?? ""}`.slice(0, 64);
    const [rows] = await connection.query<RowDataPacket[]>("SELECT GET_LOCK(?, 0) AS got", [lock]);
    clean = rows[0]?.got !== 1;
    if (clean) return undefined;
    const result = await work();
    await connection.query("DO RELEASE_LOCK(?)", [lock]);
    clean = true;
    return result;
  } finally {
    // A connection that may still hold the lock must not go back into the pool.
    if (clean) connection.release();
    else connection.destroy();
  }
}
