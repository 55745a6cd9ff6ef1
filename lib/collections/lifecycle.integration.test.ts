import { createHash } from "node:crypto";
import { and, eq, inArray } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { collections, homes, hosts, workspaces } from "@/db/schema";
import { bootNow } from "@/e2e/boot-now";
import { as, createWorld, type World } from "@/e2e/world";
import { endAttempt, startTask } from "@/lib/attempts";
import { registerLocalHost } from "@/lib/hosts";
import { systemCtx } from "@/lib/platform/context";
import { openFile } from "@/lib/platform/files";
import {
  finishWorkspace,
  listHomeFiles,
  liveStates,
  readHomeFile,
  reconcileWorkspaces,
  removeOutside,
  stopWorkspace,
  workspaceRoute,
  workspaceStats,
} from "@/lib/workspaces";
import { driverFor } from "@/lib/workspaces/drivers";
import { getCollection, runCollection } from "./index";

const db = database();
const system = systemCtx("test", { db });

const step = (workspaceId: string) => ({ ctx: system, input: { workspaceId } });

async function stop(workspaceId: string) {
  await removeOutside(step(workspaceId));
  await finishWorkspace(step(workspaceId));
}

/** What a person in the notebook would do: through Jupyter's own contents API. */
async function saveInJupyter(workspaceId: string, path: string, content: string) {
  const route = await workspaceRoute(db, workspaceId);
  const answer = await fetch(`http://${route?.address}/api/contents/${path}`, {
    method: "PUT",
    headers: { authorization: `token ${route?.secret}`, "content-type": "application/json" },
    body: JSON.stringify({ type: "file", format: "text", content }),
  });
  expect(answer.status).toBe(201);
}

const stateOf = async (id: string) =>
  (await db.select().from(workspaces).where(eq(workspaces.id, id)))[0]?.state;

describe("a workspace on the real engine", () => {
  let world: World;

  beforeAll(async () => {
    // What other files left waiting would be placed here too, and boot first.
    await db.delete(workspaces);
    // It is known by its networks, and those of other files are gone.
    await db.delete(hosts);
    await registerLocalHost({ ctx: system });
    world = await createWorld(db);
  });

  afterAll(async () => {
    await reconcileWorkspaces({ ctx: system });
    await closeDatabase();
  });

  it("boots, shows its files while it runs, and is not removed by a job that nobody asked for", async () => {
    const actor = world.student;
    const ctx = as(actor, db);
    const first = await startTask({ ctx, input: { taskId: world.taskId } });
    await bootNow(system, first.workspaceId);
    await saveInJupyter(first.workspaceId, "结果.txt", "四十二\n");
    expect((await listHomeFiles(ctx, first.attemptId, "")).entries.map((entry) => entry.path)).toContain(
      "结果.txt",
    );
    await stop(first.workspaceId);
    expect(await stateOf(first.workspaceId)).toBe("ready");
    expect((await workspaceStats({ ctx, workspaceId: first.workspaceId }))?.memoryBytes).toBeGreaterThan(
      10_000_000,
    );
  });

  it("is found again as it is by the next start, and its file has the same bytes when collected", async () => {
    const [, actor] = world.students;
    if (!actor) throw new Error("no student");
    const ctx = as(actor, db);
    const first = await startTask({ ctx, input: { taskId: world.taskId } });
    await bootNow(system, first.workspaceId);
    await saveInJupyter(first.workspaceId, "a.txt", "kept\n");
    await stopWorkspace({ ctx, input: { workspaceId: first.workspaceId } });
    await stop(first.workspaceId);
    expect(await stateOf(first.workspaceId)).toBe("stopped");

    const second = await startTask({ ctx, input: { taskId: world.taskId } });
    expect(second.attemptId).toBe(first.attemptId);
    await bootNow(system, second.workspaceId);
    const read = await readHomeFile(ctx, second.attemptId, "a.txt");
    expect(Buffer.concat(await (read?.content.toArray() ?? [])).toString()).toBe("kept\n");

    await endAttempt({ ctx, input: { attemptId: second.attemptId } });
    const [row] = await db.select().from(collections).where(eq(collections.final, second.attemptId));
    const collection = { ctx: system, input: { collectionId: row?.id ?? "" } };
    expect(await runCollection(collection)).toBe("wait");
    await stop(second.workspaceId);
    expect(await runCollection(collection)).toBe("done");
    const collected = await getCollection({ ctx, input: { attemptId: second.attemptId } });
    const file = collected?.files.find((one) => one.path === "a.txt");
    expect(file?.sha256).toBe(createHash("sha256").update("kept\n").digest("hex"));
    expect(Buffer.concat(await openFile(file?.sha256 ?? "").toArray()).toString()).toBe("kept\n");
    const [home] = await db.select().from(homes).where(eq(homes.userId, actor.id));
    expect(home?.mountedBy).toBeNull();
  });

  it("whose container was removed behind its back fails with that cause; its home and its reservation are freed", async () => {
    const actor = world.student;
    const live = (await db.select().from(workspaces).where(eq(workspaces.userId, actor.id)))[0];
    if (!live?.hostId) throw new Error("the first test left it running");
    const [host] = await db.select().from(hosts).where(eq(hosts.id, live.hostId));
    if (!host) throw new Error("no host");
    await driverFor("docker").destroy({
      id: live.id,
      purpose: "attempt",
      host: { id: host.id, endpoint: host.endpoint },
      externalId: live.externalId,
    });
    await reconcileWorkspaces({ ctx: system });
    expect(await stateOf(live.id)).toBe("stopping");
    await stop(live.id);
    const [row] = await db.select().from(workspaces).where(eq(workspaces.id, live.id));
    expect([row?.state, row?.cause]).toEqual(["failed", "vanished"]);
    const [after] = await db.select().from(hosts).where(eq(hosts.id, host.id));
    const others = await db
      .select()
      .from(workspaces)
      .where(and(eq(workspaces.hostId, host.id), inArray(workspaces.state, liveStates)));
    expect(others.map((one) => one.userId)).not.toContain(actor.id);
    expect(after?.memoryReservedMb).toBe(others.reduce((sum, one) => sum + one.memoryMb, 0));
  });
});
