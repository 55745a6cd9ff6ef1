import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { hosts } from "@/db/schema";
import { charges, cloudAccounts, cloudResources } from "@/db/schema/clouds";
import { as, createWorld, type World } from "@/e2e/world";
import { fixedClock } from "@/lib/platform/clock";
import { seal } from "@/lib/platform/crypto";
import { newId } from "@/lib/platform/ids";
import { cloudFigures, listAccounts, listFindings, listResources } from ".";

const db = database();
const now = new Date("2026-11-21T10:00:00Z");
const [accountId, hostId] = [newId(), newId()];
let world: World;

beforeAll(async () => {
  // What other files left: the lists are of everything there is.
  for (const table of [cloudResources, charges]) await db.delete(table);
  world = await createWorld(db, { students: 1 });
  const stamp = { createdBy: world.admin.id, createdAt: now };
  await db.insert(cloudAccounts).values({
    ...{ id: accountId, name: `views ${accountId}`, accessKeyId: "LTAI", accessKeySecret: seal("s3cret") },
    ...stamp,
  });
  await db.insert(hosts).values({
    ...{ id: hostId, name: `region ${hostId}`, driver: "ecs", endpoint: `ecs://${accountId}/cn-hangzhou` },
    ...{ cpus: 0, memoryMb: 5, diskMb: 0, createdAt: now },
  });
  const row = (patch: Partial<typeof cloudResources.$inferInsert>) => ({
    ...{ id: newId(), accountId, hostId, regionId: "cn-hangzhou", kind: "instance" as const },
    ...{
      state: "running" as const,
      runningPrice: 1_000_000,
      restingPrice: 100_000,
      createdAt: now,
      stateAt: now,
    },
    ...patch,
  });
  const rows = [
    row({ externalId: "i-1" }),
    row({ externalId: "i-2", state: "stopped" }),
    row({
      kind: "snapshot",
      keptFor: "unsaved",
      externalId: "s-1",
      runningPrice: 7_000,
      restingPrice: 7_000,
    }),
    row({ externalId: "i-3", state: "gone", desired: "gone" }),
  ];
  await db.insert(cloudResources).values(rows);
  const charge = { resourceId: rows[0]?.id ?? "", kind: "compute", price: 1_000_000 };
  const minutes = (count: number) => new Date(now.getTime() - count * 60_000);
  await db.insert(charges).values([
    { ...charge, id: newId(), fromAt: minutes(90), untilAt: minutes(60), amount: 500_000 },
    { ...charge, id: newId(), fromAt: minutes(30) },
  ]);
});
afterAll(async () => {
  for (const table of [cloudResources, charges]) await db.delete(table);
  await db.delete(hosts).where(eq(hosts.id, hostId));
  await db.delete(cloudAccounts).where(eq(cloudAccounts.id, accountId));
  await closeDatabase();
});

test("accounts come with their regions and how many run, and without their secret", async () => {
  const ctx = as(world.admin, db);
  const account = (await listAccounts({ ctx })).find(({ id }) => id === accountId);
  expect(account?.regions).toMatchObject([{ hostId, regionId: "cn-hangzhou", running: 2, most: 5 }]);
  expect(JSON.stringify(account)).not.toContain("ecret");
});

test("resources: what costs, what is kept, what is over; spent up to now", async () => {
  const ctx = as(world.admin, db, { clock: fixedClock(now) });
  const ids = async (input: Parameters<typeof listResources>[0]["input"]) =>
    (await listResources({ ctx, input })).rows.map(({ externalId }) => externalId).sort();
  expect(await ids({})).toEqual(["i-1", "i-2", "s-1"]);
  expect(await ids({ show: "kept" })).toEqual(["s-1"]);
  expect(await ids({ show: "over" })).toEqual(["i-3"]);
  expect(await ids({ kind: "instance", q: "i-2" })).toEqual(["i-2"]);
  const first = await listResources({ ctx, input: { limit: 2 } });
  const rest = await listResources({ ctx, input: { limit: 2, cursor: first.next ?? "" } });
  expect([...first.rows, ...rest.rows]).toHaveLength(3);
  const one = (await listResources({ ctx, input: { q: "i-1" } })).rows[0];
  expect(one?.spent).toBe(1_000_000);
  expect(await cloudFigures({ ctx })).toMatchObject({ instances: 2, kept: 1, hourly: 1_107_000 });
});

test("they are for who manages hosts", async () => {
  const ctx = as(world.teacher, db);
  for (const asked of [
    listAccounts({ ctx }),
    listResources({ ctx, input: {} }),
    listFindings({ ctx, input: {} }),
    cloudFigures({ ctx }),
  ]) {
    await expect(asked).rejects.toMatchObject({ code: "forbidden" });
  }
});
