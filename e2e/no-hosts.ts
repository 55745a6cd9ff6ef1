import { createConnection } from "mysql2/promise";
import { beforeAll } from "vitest";

/**
 * Before each file of the integration project: no host and no workspace. What a file before has left would take
 * the places and the turns of this one's, and which file runs before which is nobody's choice.
 */
beforeAll(async () => {
  const connection = await createConnection({ uri: process.env.DATABASE_URL, multipleStatements: true });
  await connection.query("DELETE FROM workspaces; DELETE FROM warm_plans; DELETE FROM hosts");
  await connection.end();
});
