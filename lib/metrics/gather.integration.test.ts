import { inArray } from "drizzle-orm";
import { drizzle } from "drizzle-orm/mysql2";
import { createPool } from "mysql2/promise";
import { afterAll, afterEach, expect, test } from "vitest";
import { closeDatabase, type Db, database } from "@/db/client";
import { collections, type WorkspaceState, workspaces } from "@/db/schema/workspaces";
import { systemCtx } from "@/lib/platform/context";
import { newId } from "@/lib/platform/ids";
import { metrics } from "@/lib/platform/metrics";
import { gather } from "./gather";

const db = database();
const made: string[] = [];
afterEach(async () => {
  for (const table of [workspaces, collections])
    await db.delete(table).where(inArray(table.id, [...made, ""]));
  made.length = 0;
});
afterAll(closeDatabase);

async function put(state: WorkspaceState, purpose: "attempt" | "warm" = "attempt") {
  const id = newId();
  made.push(id);
  const at = new Date();
  await db.insert(workspaces).values({
    id,
    purpose,
    templateVersionId: newId(),
    label: `wg${id.toLowerCase()}`,
    desired: "running",
    state,
    memoryMb: 1,
    requestedAt: at,
    stateAt: at,
  });
}

async function collect(state: "pending" | "done") {
  const id = newId();
  made.push(id);
  await db
    .insert(collections)
    .values({ id, attemptId: newId(), homeId: newId(), state, createdAt: new Date() });
}

async function figures() {
  await gather();
  const lines = (await metrics().text()).split("\n").filter((line) => line && !line.startsWith("#"));
  const all = new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.split(" ").at(-1))]),
  );
  return (name: string) => all.get(`labyard_${name}`) ?? 0;
}

test("what stands in the database is shown as it is", async () => {
  const before = await figures();
  await put("requested");
  await put("queued");
  await put("ready");
  await put("paused", "warm");
  await put("booting", "warm");
  await put("stopped");
  await collect("pending");
  await collect("done");
  const after = await figures();
  const moved = (name: string) => after(name) - before(name);
  expect(moved('workspaces{state="ready"}')).toBe(1);
  expect(moved('workspaces{state="paused"}')).toBe(1);
  expect(moved('workspaces{state="stopped"}')).toBe(0);
  expect(moved("workspace_queue_length")).toBe(2);
  expect(moved("workspace_warm_ready")).toBe(1);
  expect(moved("collections_open")).toBe(1);
  expect(after("database_up")).toBe(1);
  expect(after('db_connections{state="free"}')).toBeGreaterThan(0);
});

test("a state that nobody is in any more goes back to nothing", async () => {
  const stopping = async () => (await figures())('workspaces{state="stopping"}');
  const before = await stopping();
  await put("stopping");
  expect(await stopping()).toBe(before + 1);
  await db.delete(workspaces).where(inArray(workspaces.id, made));
  expect(await stopping()).toBe(before);
});

test("without a database the rest is still shown", async () => {
  const away = drizzle(createPool("mysql://nobody@127.0.0.1:9/none")) as unknown as Db;
  await gather(systemCtx("test", { db: away }));
  const text = await metrics().text();
  expect(text).toContain("labyard_database_up 0\n");
  expect(text).toContain("nodejs_eventloop_lag_p99_seconds");
});
