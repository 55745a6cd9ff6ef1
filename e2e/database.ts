import { drizzle } from "drizzle-orm/mysql2";
import { migrate } from "drizzle-orm/mysql2/migrator";
import { createConnection } from "mysql2/promise";

/**
 * Vitest's global set-up of the integration project: a database of its own on the configured server,
 * made anew for each run, with every migration applied.
 */
export default async function setup(): Promise<void> {
  const url = new URL(process.env.DATABASE_URL ?? "mysql://labyard@127.0.0.1:33306/labyard");
  const name = process.env.TEST_DATABASE ?? "labyard_test_integration";
  url.pathname = "/";
  const connection = await createConnection({ uri: url.href, multipleStatements: true });
  await connection.query(
    `DROP DATABASE IF EXISTS \`${name}\`; CREATE DATABASE \`${name}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci; USE \`${name}\``,
  );
  await migrate(drizzle(connection), { migrationsFolder: "db/migrations" });
  await connection.end();
  url.pathname = `/${name}`;
  process.env.DATABASE_URL = url.href;
}
