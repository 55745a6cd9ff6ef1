import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/mysql2";
import { migrate } from "drizzle-orm/mysql2/migrator";
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { driverCode } from "@/lib/platform/errors";

const folder = "db/migrations";

/** Resolves when the database answers; `waiting` is told once and then every 10 s why it does not. */
export async function awaitDatabase(
  url: string,
  waiting: (why: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  let told = Number.NEGATIVE_INFINITY;
  while (!signal?.aborted) {
    try {
      const connection = await createConnection({ uri: url, connectTimeout: 3_000 });
      await connection.query("SELECT 1");
      await connection.end();
      return;
    } catch (error) {
      if (performance.now() - told > 10_000) {
        told = performance.now();
        waiting(driverCode(error) ?? (error instanceof Error ? error.message : String(error)));
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

/**
 * Brings the schema up to this version. Copies of the service that start together take turns under a lock
 * of the server: DDL is not rolled back, and two at once would leave it half done.
 */
export async function migrateDatabase(url: string): Promise<void> {
  const connection = await createConnection({ uri: url, connectTimeout: 5_000, timezone: "Z" });
  try {
    const name = `labyard migrate ${new URL(url).pathname.slice(1)}`.slice(0, 64);
    const [rows] = await connection.query<RowDataPacket[]>("SELECT GET_LOCK(?, 120) AS got", [name]);
    if (rows[0]?.got !== 1)
      throw new Error("another copy of the service has been migrating the database for two minutes");
    await migrate(drizzle(connection), { migrationsFolder: folder });
    await connection.query("DO RELEASE_LOCK(?)", [name]);
  } finally {
    await connection.end();
  }
}

/** How many migrations the database has, for readiness; throws while it has no table of them. */
export async function appliedMigrations(db: {
  execute: (query: ReturnType<typeof sql>) => Promise<unknown>;
}) {
  const result = await db.execute(sql`SELECT COUNT(*) AS n FROM __drizzle_migrations`);
  const rows = (Array.isArray(result) ? result[0] : []) as { n: number | string }[];
  return Number(rows[0]?.n ?? 0);
}
