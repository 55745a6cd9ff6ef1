import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { homes, hosts, workspaces } from "@/db/schema";
import { as, createWorld } from "@/e2e/world";
import { recordReady, startTask } from "@/lib/attempts";
import { registerLocalHost } from "@/lib/hosts";
import { systemCtx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { driverFor } from "./drivers";
import { removeEverything } from "./drivers/docker/testing";
import { awaitBoot, createContainer, placeWaiting, prepareHome } from "./index";

vi.hoisted(() => {
  process.env.DEPLOY_ID = `test-stale-${process.pid}`;
});

const db = database();
const ctx = systemCtx("test", { db });

beforeAll(() => registerLocalHost({ ctx }));

afterAll(async () => {
  await removeEverything({ id: ctx.newId(), endpoint: env().DOCKER_HOST });
  for (const table of [workspaces, homes, hosts]) await db.delete(table);
  await closeDatabase();
});

it("a process that froze in a start takes nothing away when the start went on without it", async () => {
  const world = await createWorld(db, { students: 1, spec: { memoryMb: 256, diskMb: 48 } });
  const { student } = world;
  const { workspaceId } = await startTask({ ctx: as(student, db), input: { taskId: world.taskId } });
  const step = { ctx, input: { workspaceId } };
  await placeWaiting({ ctx });
  expect(await prepareHome(step)).toBe("done");

  // Frozen between what the engine said and what the row is told.
  const driver = driverFor("docker");
  const { ensure } = driver;
  let thaw = () => undefined as unknown;
  const frozen = new Promise((resolve) => {
    thaw = () => resolve(undefined);
  });
  const spy = vi.spyOn(driver, "ensure").mockImplementationOnce(async (spec) => {
    const made = await ensure(spec);
    await frozen;
    return made;
  });
  const stale = createContainer(step);
  await vi.waitFor(() => expect(spy).toHaveBeenCalled());
  expect(await createContainer(step)).toBe("done");
  await vi.waitFor(async () => expect(await awaitBoot(step)).toBe("done"), 45_000);
  expect(await recordReady(step)).toBe(true);

  thaw();
  expect(await stale).toBe("done");
  const [row] = await db.select().from(workspaces).where(eq(workspaces.id, workspaceId));
  expect(row).toMatchObject({ desired: "running", state: "ready" });
  const host = { id: row?.hostId ?? "", endpoint: env().DOCKER_HOST };
  expect((await driver.list(host)).map((one) => one.workspaceId)).toEqual([workspaceId]);
}, 90_000);
