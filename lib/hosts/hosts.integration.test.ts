import { eq } from "drizzle-orm";
import { afterAll, beforeEach, expect, it } from "vitest";
import { closeDatabase, database, transact } from "@/db/client";
import { auditLog } from "@/db/schema/audit";
import { homes, hosts, workspaces } from "@/db/schema/workspaces";
import { createCtx, nobody, systemCtx } from "@/lib/platform/context";
import { newId } from "@/lib/platform/ids";
import {
  listHosts,
  measureHost,
  pickHost,
  recountReservations,
  release,
  reserve,
  setHostStatus,
} from "./index";

const ctx = systemCtx("test");
let hostId: string;

const row = async (id = hostId) => (await ctx.db.select().from(hosts).where(eq(hosts.id, id)))[0];

async function addHost(values: Partial<typeof hosts.$inferInsert> = {}): Promise<string> {
  const id = newId();
  await ctx.db.insert(hosts).values({
    id,
    name: id,
    endpoint: "tcp://127.0.0.1:9",
    cpus: 2,
    memoryMb: 1000,
    diskMb: 5000,
    createdAt: ctx.clock.now(),
    ...values,
  });
  return id;
}

beforeEach(async () => {
  await database().delete(workspaces);
  await database().delete(homes);
  await database().delete(hosts);
  hostId = await addHost();
});
afterAll(closeDatabase);

it("never promises more than a host has, however many ask at once", async () => {
  const take = () => transact(ctx.db, (tx) => reserve({ tx, input: { hostId, memoryMb: 300, diskMb: 100 } }));
  const taken = await Promise.all(Array.from({ length: 20 }, take));
  expect(taken.filter(Boolean)).toHaveLength(3);
  expect(await row()).toMatchObject({ memoryReservedMb: 900, diskReservedMb: 300 });
  await transact(ctx.db, (tx) => release({ tx, input: { hostId, memoryMb: 300, diskMb: 0 } }));
  expect(await take()).toBe(true);
});

it("promises no disk twice either", async () => {
  const take = (diskMb: number) => reserve({ tx: ctx.db, input: { hostId, memoryMb: 1, diskMb } });
  expect(await take(4000)).toBe(true);
  expect(await take(1001)).toBe(false);
  expect(await take(1000)).toBe(true);
});

it("gives back no more than was taken", async () => {
  await release({ tx: ctx.db, input: { hostId, memoryMb: 300, diskMb: 300 } });
  expect(await row()).toMatchObject({ memoryReservedMb: 0, diskReservedMb: 0 });
});

it("picks the emptiest host that is open, answers and has room", async () => {
  await reserve({ tx: ctx.db, input: { hostId, memoryMb: 500, diskMb: 0 } });
  const empty = await addHost();
  await addHost({ status: "draining" });
  await addHost({ status: "disabled" });
  await addHost({ health: "unreachable" });
  expect((await pickHost({ ctx, input: { memoryMb: 400, diskMb: 0 } }))?.id).toBe(empty);
  expect(await pickHost({ ctx, input: { memoryMb: 1001, diskMb: 0 } })).toBeNull();
  expect(await pickHost({ ctx, input: { memoryMb: 1, diskMb: 5001 } })).toBeNull();
});

it("takes nothing of a host that is draining or does not answer", async () => {
  const asked = { memoryMb: 1, diskMb: 0 };
  const draining = await addHost({ status: "draining" });
  const lost = await addHost({ health: "unreachable" });
  expect(await reserve({ tx: ctx.db, input: { hostId: draining, ...asked } })).toBe(false);
  expect(await reserve({ tx: ctx.db, input: { hostId: lost, ...asked } })).toBe(false);
});

it("works the reservations out again from the rows", async () => {
  const at = ctx.clock.now();
  const workspace = (state: "ready" | "stopped", label: string) => ({
    id: newId(),
    purpose: "attempt" as const,
    templateVersionId: newId(),
    label,
    desired: "running" as const,
    state,
    hostId,
    memoryMb: 250,
    requestedAt: at,
    stateAt: at,
  });
  await ctx.db.insert(workspaces).values([workspace("ready", "one"), workspace("stopped", "two")]);
  const home = {
    id: newId(),
    taskId: newId(),
    userId: newId(),
    hostId,
    sizeMb: 700,
    createdAt: at,
    usedAt: at,
  };
  await ctx.db.insert(homes).values(home);
  await ctx.db.update(hosts).set({ memoryReservedMb: 999, diskReservedMb: 1 }).where(eq(hosts.id, hostId));
  expect(await recountReservations({ ctx })).toEqual({ corrected: 1 });
  expect(await row()).toMatchObject({ memoryReservedMb: 250, diskReservedMb: 700 });
  expect(await recountReservations({ ctx })).toEqual({ corrected: 0 });
});

it("marks a host that does not answer, since when, and leaves everything else", async () => {
  const measure = async () => {
    const host = await row();
    return host && measureHost({ ctx, input: host });
  };
  expect(await measure()).toBe(false);
  const first = await row();
  expect(first).toMatchObject({ health: "unreachable", memoryMb: 1000, status: "enabled" });
  await measure();
  expect((await row())?.unreachableSince).toEqual(first?.unreachableSince);
});

it("is opened and closed by those who may, and that is written down", async () => {
  const stranger = createCtx(nobody);
  await expect(listHosts({ ctx: stranger })).rejects.toMatchObject({ code: "unauthenticated" });
  const close = { hostId, status: "draining" as const };
  await expect(setHostStatus({ ctx: stranger, input: close })).rejects.toMatchObject({
    code: "unauthenticated",
  });
  expect(await setHostStatus({ ctx, input: close })).toEqual({ changed: true });
  expect(await setHostStatus({ ctx, input: close })).toEqual({ changed: false });
  const audit = await ctx.db.select().from(auditLog).where(eq(auditLog.targetId, hostId));
  expect(audit).toMatchObject([{ before: { status: "enabled" }, after: { status: "draining" } }]);
  expect(await listHosts({ ctx })).toMatchObject([
    { id: hostId, status: "draining", workspaces: 0, homes: 0 },
  ]);
});
