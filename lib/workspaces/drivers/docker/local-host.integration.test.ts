import { eq } from "drizzle-orm";
import { afterAll, expect, it, vi } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { hosts } from "@/db/schema/workspaces";
import { measureHost, registerLocalHost } from "@/lib/hosts";
import { systemCtx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { removeEverything, testHost } from "./testing";

vi.hoisted(() => {
  process.env.DEPLOY_ID = `test-driver-${process.pid}`;
});

const ctx = systemCtx("test");
const measure = async () => {
  const [host] = await local();
  return host && measureHost({ ctx, input: host });
};
const local = async () => database().select().from(hosts).where(eq(hosts.name, "local"));

afterAll(async () => {
  await removeEverything(testHost());
  await database().delete(hosts);
  await closeDatabase();
});

it("registers the engine once, with what workspaces may use of it, and finds it again", async () => {
  await database().delete(hosts);
  const [first, second] = await Promise.all([registerLocalHost({ ctx }), registerLocalHost({ ctx })]);
  expect(first).toEqual(second);
  expect(await registerLocalHost({ ctx })).toEqual(first);
  const rows = await local();
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatchObject({
    id: first.hostId,
    endpoint: env().DOCKER_HOST,
    health: "ok",
    status: "enabled",
  });
  expect(rows[0]?.memoryMb).toBeGreaterThan(256);
  expect(rows[0]?.diskMb).toBeGreaterThan(256);
  expect(rows[0]?.cpus).toBeGreaterThan(0);
});

it("notices that the engine went away and came back", async () => {
  const away = { endpoint: "unix:///run/labyard-no-such-engine.sock" };
  await database().update(hosts).set(away);
  expect(await measure()).toBe(false);
  expect((await local())[0]).toMatchObject({ health: "unreachable", unreachableSince: expect.any(Date) });
  await database().update(hosts).set({ endpoint: env().DOCKER_HOST });
  expect(await measure()).toBe(true);
  expect((await local())[0]).toMatchObject({ health: "ok", unreachableSince: null });
});
