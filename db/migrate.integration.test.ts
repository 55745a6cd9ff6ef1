import { createConnection } from "mysql2/promise";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "@/e2e/upstream/world";
import { env } from "@/lib/platform/env";
import { awaitDatabase, migrateDatabase } from "./migrate";

let url: string;
let name: string;

const admin = async <T>(
  work: (connection: Awaited<ReturnType<typeof createConnection>>) => Promise<T>,
): Promise<T> => {
  const connection = await createConnection(env().DATABASE_URL);
  try {
    return await work(connection);
  } finally {
    await connection.end();
  }
};

beforeAll(async () => {
  const at = new URL(env().DATABASE_URL);
  name = `${at.pathname.slice(1)}_migrate`;
  at.pathname = `/${name}`;
  url = at.href;
  await admin(async (connection) => {
    await connection.query(`DROP DATABASE IF EXISTS \`${name}\``);
    await connection.query(`CREATE DATABASE \`${name}\` CHARACTER SET utf8mb4`);
  });
});

afterAll(() => admin((connection) => connection.query(`DROP DATABASE \`${name}\``)));

test("copies of the service that start together migrate once", async () => {
  await Promise.all([migrateDatabase(url), migrateDatabase(url), migrateDatabase(url)]);
  const [rows] = await admin((connection) =>
    connection.query(
      `SELECT COUNT(*) AS n, COUNT(DISTINCT hash) AS kinds FROM \`${name}\`.__drizzle_migrations`,
    ),
  );
  const [{ n, kinds }] = rows as [{ n: number; kinds: number }];
  expect(n).toBe(kinds);
  expect(n).toBeGreaterThan(0);
});

test("a database that is away is named, and waited for until told to stop", async () => {
  const causes: string[] = [];
  const stop = new AbortController();
  const waiting = awaitDatabase(
    `mysql://x@127.0.0.1:${await freePort()}/x`,
    (why) => {
      causes.push(why);
      stop.abort();
    },
    stop.signal,
  );
  await waiting;
  expect(causes).toEqual(["ECONNREFUSED"]);
  await awaitDatabase(url, (why) => causes.push(why));
  expect(causes).toHaveLength(1);
});
