import { expect, test } from "@playwright/test";
import { eq, inArray } from "drizzle-orm";
import { createConnection } from "mysql2/promise";
import { closeDatabase, database } from "@/db/client";
import { collections, executorRuns, outbox, workspaces } from "@/db/schema";
import { endAttempt, startTask } from "@/lib/attempts";
import { workspaceContainers } from "../containers";
import { everybodyOut } from "../everybody-out";
import { type InngestServer, startInngestServer } from "../inngest-server";
import { Service } from "../service";
import { as, createWorld } from "../world";

// The whole product on an Inngest server: three settings, and nothing else is different.
const port = Number(process.env.E2E_INNGEST_PORT ?? 3264);
const keys = {
  eventKey: "event-key-of-the-story",
  signingKey: "signkey-prod-0123456789abcdef0123456789abcdef",
};
const service = new Service({
  name: "inngest",
  port,
  env: {
    INNGEST_BASE_URL: `http://127.0.0.1:${port + 1}`,
    INNGEST_EVENT_KEY: keys.eventKey,
    INNGEST_SIGNING_KEY: keys.signingKey,
  },
});
let server: InngestServer;

test.beforeAll(async () => {
  Object.assign(process.env, service.environment());
  await service.freshDatabase();
  server = await startInngestServer({ port: port + 1, databaseUrl: await emptyDatabase(), ...keys });
  await service.start();
});

test.afterAll(async () => {
  await everybodyOut();
  await server.close();
  await service.stop();
  await closeDatabase();
});

test("with the three settings of an Inngest server a start, its end and its collection run there", async () => {
  const world = await createWorld(database(), { students: 1, spec: { memoryMb: 384 } });
  const { student } = world;
  const ctx = as(student, database());
  await expect.poll(() => server.registered.length).toBeGreaterThan(0);

  const { workspaceId, attemptId } = await startTask({ ctx, input: { taskId: world.taskId } });
  const state = async () =>
    (await database().select().from(workspaces).where(eq(workspaces.id, workspaceId)))[0]?.state;
  await expect.poll(state, { timeout: 60_000 }).toBe("ready");
  expect(await workspaceContainers(service.deploy)).toEqual([workspaceId]);
  await endAttempt({ ctx, input: { attemptId } });
  await expect.poll(state, { timeout: 30_000 }).toBe("stopped");
  const collected = () => database().select({ state: collections.state }).from(collections);
  await expect.poll(collected, { timeout: 30_000 }).toEqual([{ state: "done" }]);
  expect(await workspaceContainers(service.deploy)).toEqual([]);

  // All of it there, nothing here: the rows of the embedded executor stay empty, the outbox is emptied.
  expect(await database().select().from(executorRuns)).toEqual([]);
  expect(await server.db.select().from(executorRuns).where(eq(executorRuns.state, "failed"))).toEqual([]);
  const there = await server.db
    .selectDistinct({ id: executorRuns.functionId })
    .from(executorRuns)
    .where(inArray(executorRuns.state, ["completed"]));
  expect(there.map(({ id }) => id)).toEqual(
    expect.arrayContaining([
      "labyard-workspace-place",
      "labyard-workspace-provision",
      "labyard-workspace-stop",
    ]),
  );
  await expect
    .poll(async () => (await database().select().from(outbox)).filter(({ sentAt }) => !sentAt))
    .toEqual([]);
  expect(server.refusals).toEqual([]);
});

test("neither side takes a word without its key", async () => {
  const event = { method: "POST", body: JSON.stringify({ name: "workspace/requested", data: {} }) };
  expect((await fetch(`${server.url}/e/another-key`, event)).status).toBe(401);
  expect((await fetch(`${server.url}/fn/register`, { method: "POST", body: "{}" })).status).toBe(401);
  const call = `${service.url}/api/inngest?fnId=labyard-executor-prune&stepId=step`;
  const forged = { "x-inngest-signature": `t=${Math.floor(Date.now() / 1_000)}&s=${"0".repeat(64)}` };
  for (const headers of [{}, forged] as Record<string, string>[])
    expect((await fetch(call, { method: "POST", headers, body: "{}" })).status).toBe(401);
});

/** For the stand-in alone. */
async function emptyDatabase(): Promise<string> {
  const url = new URL(service.databaseUrl);
  const name = "labyard_test_inngest_server";
  url.pathname = "/";
  const connection = await createConnection({ uri: url.href, multipleStatements: true });
  await connection.query(
    `DROP DATABASE IF EXISTS \`${name}\`; CREATE DATABASE \`${name}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`,
  );
  await connection.end();
  url.pathname = `/${name}`;
  return url.href;
}
