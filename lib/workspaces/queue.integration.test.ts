import { and, eq, inArray } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { closeDatabase, database, transact } from "@/db/client";
import { homes, hosts, workspaceEvents, workspaces } from "@/db/schema";
import { changes, outbox } from "@/db/schema/audit";
import { as, createWorld, type World } from "@/e2e/world";
import { recordReady, startTask } from "@/lib/attempts";
import { type Ctx, systemCtx, type UserActor } from "@/lib/platform/context";
import {
  failWorkspace,
  finishWorkspace,
  giveHomeBack,
  moveWorkspace,
  placeWaiting,
  prepareHome,
  stopWorkspace,
  takeHome,
} from "./index";
import { renewTurns } from "./turns";

const db = database();
const ctx = systemCtx("test", { db });
afterAll(closeDatabase);

const hostId = ctx.newId();
/** Three boot at a time on two cores. */
const slots = 3;

const rowOf = async (id: string) => {
  const [row] = await db.select().from(workspaces).where(eq(workspaces.id, id));
  if (!row) throw new Error(`no workspace ${id}`);
  return row;
};
const booting = async () =>
  (
    await db
      .select({ step: workspaces.step })
      .from(workspaces)
      .where(and(inArray(workspaces.state, ["provisioning", "booting"]), eq(workspaces.desired, "running")))
  ).filter(({ step }) => step !== "turn" && step !== "files").length;
const reserved = async () => {
  const [host] = await db.select().from(hosts).where(eq(hosts.id, hostId));
  return { memory: host?.memoryReservedMb ?? -1, disk: host?.diskReservedMb ?? -1 };
};

async function host(values: Partial<typeof hosts.$inferInsert> = {}) {
  await db.insert(hosts).values({
    id: hostId,
    name: "small",
    endpoint: "unix:///nowhere.sock",
    cpus: 2,
    memoryMb: 100_000,
    diskMb: 100_000,
    createdAt: ctx.clock.now(),
    seenAt: ctx.clock.now(),
    ...values,
  });
}

const world = (students: number, spec: { memoryMb?: number; diskMb?: number } = {}) =>
  createWorld(db, { students, spec: { memoryMb: 400, diskMb: 64, ...spec } });

async function start(of: World, actor: UserActor | undefined, own: Ctx = ctx): Promise<string> {
  if (!actor) throw new Error("no such student");
  const { workspaceId } = await startTask({
    ctx: as(actor, db, { clock: own.clock }),
    input: { taskId: of.taskId },
  });
  return workspaceId;
}

/** What the job of a start does to the row. */
async function boot(id: string): Promise<boolean> {
  await transact(db, (tx) =>
    moveWorkspace(ctx, tx, id, {
      to: "booting",
      reason: "created",
      patch: { externalId: id, step: "boot", stepAt: ctx.clock.now() },
      only: eq(workspaces.desired, "running"),
    }),
  );
  return recordReady({ ctx, input: { workspaceId: id } });
}

async function leave(id: string) {
  await stopWorkspace({ ctx, input: { workspaceId: id } });
  await finishWorkspace({ ctx, input: { workspaceId: id } });
  await placeWaiting({ ctx });
}

beforeEach(async () => {
  for (const table of [hosts, workspaces, workspaceEvents, homes, outbox, changes]) await db.delete(table);
});

describe("turns to boot", () => {
  it("lets a few boot, keeps the place of the others and says how many are before them", async () => {
    await host();
    const of = await world(6);
    const ids: string[] = [];
    for (const actor of of.students) ids.push(await start(of, actor));
    await placeWaiting({ ctx });
    const rows = await Promise.all(ids.map(rowOf));
    expect(rows.map(({ step }) => step)).toEqual(["home", "home", "home", "turn", "turn", "turn"]);
    expect(rows.map(({ queuePosition }) => queuePosition)).toEqual([null, null, null, 1, 2, 3]);
    expect((await reserved()).memory).toBe(6 * 400);
    const asked = () => db.select().from(outbox).where(eq(outbox.name, "workspace/placed"));
    expect(await asked()).toHaveLength(slots);

    // One is ready: the next has its turn in the same transaction.
    expect(await boot(ids[0] ?? "")).toBe(true);
    expect((await rowOf(ids[3] ?? "")).step).toBe("home");
    expect((await rowOf(ids[4] ?? "")).queuePosition).toBe(1);
    // One that waits is stopped: who is behind moves up, nobody gets a turn for it.
    await stopWorkspace({ ctx, input: { workspaceId: ids[4] ?? "" } });
    expect(await rowOf(ids[5] ?? "")).toMatchObject({ step: "turn", queuePosition: 1 });
    // One that boots is stopped, one fails: their turns are free at once.
    await stopWorkspace({ ctx, input: { workspaceId: ids[1] ?? "" } });
    expect((await rowOf(ids[5] ?? "")).step).toBe("home");
    expect(await asked()).toHaveLength(5);
    const told = await db.select().from(changes).where(eq(changes.kind, "workspace.queue"));
    expect(told.map(({ topic }) => topic)).toContain(`workspace:${ids[5]}`);
  });

  it("tells by earlier boots how long it is until a turn", async () => {
    await host();
    const of = await world(8);
    for (const actor of of.students.slice(0, 3)) {
      const past = await start(of, actor);
      await placeWaiting({ ctx });
      await boot(past);
      await db
        .update(workspaceEvents)
        .set({ at: earlier(await rowOf(past), 4_000) })
        .where(and(eq(workspaceEvents.workspaceId, past), eq(workspaceEvents.reason, "step:home")));
    }
    const ids: string[] = [];
    for (const actor of of.students.slice(3)) ids.push(await start(of, actor));
    const at = ctx.clock.now().getTime();
    await placeWaiting({ ctx });
    const waits = (await Promise.all(ids.map(rowOf))).map(
      ({ queueUntil }) => queueUntil && queueUntil.getTime() - at,
    );
    expect(waits.slice(0, 3)).toEqual([null, null, null]);
    expect(waits[3]).toBeGreaterThan(3_500);
    expect(waits[3]).toBeLessThan(5_500);
  });

  it("is given back while the home is still being saved, and asked for again when it is free", async () => {
    await host();
    const of = await world(4);
    const ids: string[] = [];
    for (const actor of of.students) ids.push(await start(of, actor));
    await placeWaiting({ ctx });
    const [first = "", , , last = ""] = ids;
    const { homeId } = await rowOf(first);
    const collection = ctx.newId();
    await takeHome(ctx, homeId ?? "", { id: collection, kind: "collection" });
    expect(await prepareHome({ ctx, input: { workspaceId: first } })).toBe("wait");
    expect((await rowOf(first)).step).toBe("files");
    expect((await rowOf(last)).step).toBe("home");
    await giveHomeBack(ctx, homeId ?? "", collection);
    expect(await prepareHome({ ctx, input: { workspaceId: first } })).toBe("unwanted");
    expect(await rowOf(first)).toMatchObject({ step: "turn", queuePosition: 1 });
    expect(await boot(last)).toBe(true);
    expect((await rowOf(first)).step).toBe("home");
  });

  it("never exceeds the limit and loses nobody, whoever places, boots, fails and stops at once", async () => {
    await host();
    const of = await world(24);
    const ids = await Promise.all(of.students.map((actor) => start(of, actor)));
    let most = 0;
    const done = new Set<string>();
    const hands = Array.from({ length: 6 }, async (_, hand) => {
      for (let round = 0; round < 400 && done.size < ids.length; round++) {
        await placeWaiting({ ctx });
        most = Math.max(most, await booting());
        const id = ids[(round * 7 + hand * 5) % ids.length] ?? "";
        const { step, state } = await rowOf(id);
        if (done.has(id) || state === "requested") continue;
        // Now and then somebody who waits gives up, and a boot fails.
        const gives = (round + hand) % 11 === 0;
        if (step === "turn" && !gives) continue;
        done.add(id);
        if (gives) await stopWorkspace({ ctx, input: { workspaceId: id } });
        else if ((round + hand) % 7 === 0)
          await failWorkspace({ ctx, input: { workspaceId: id, cause: "exited", detail: "x" } });
        else await boot(id);
      }
    });
    await Promise.all(hands);
    expect(done.size).toBe(ids.length);
    expect(most).toBeLessThanOrEqual(slots);
    const states = new Set((await Promise.all(ids.map(rowOf))).map(({ state }) => state));
    expect([...states].sort()).toEqual(["ready", "stopping"]);
    expect(await booting()).toBe(0);
  });

  it("does not leak when the process that booted is gone: the row is given up, and the turn goes on", async () => {
    await host();
    const of = await world(4);
    const ids: string[] = [];
    for (const actor of of.students) ids.push(await start(of, actor));
    await placeWaiting({ ctx });
    // As after a kill: three rows that nobody carries on, and a service that starts anew knows no turns.
    expect((await rowOf(ids[3] ?? "")).step).toBe("turn");
    await placeWaiting({ ctx });
    expect(await booting()).toBe(slots);
    await failWorkspace({ ctx, input: { workspaceId: ids[0] ?? "", cause: "startTimeout", detail: "x" } });
    expect((await rowOf(ids[3] ?? "")).step).toBe("home");
  });

  it("follows the host: what the reconciler finds may boot does, though nothing has ended", async () => {
    await host({ cpus: 1 });
    const of = await world(5);
    const ids: string[] = [];
    for (const actor of of.students) ids.push(await start(of, actor));
    await placeWaiting({ ctx });
    expect(await booting()).toBe(2);
    await db.update(hosts).set({ cpus: 3 });
    await renewTurns({ ctx });
    expect(await booting()).toBe(4);
    expect(await rowOf(ids[4] ?? "")).toMatchObject({ step: "turn", queuePosition: 1 });
  });
});

describe("the queue", () => {
  it("takes classes in turn and students by age, tells positions, and moves up when somebody leaves", async () => {
    await host({ memoryMb: 800 });
    const [a, b] = [await world(4), await world(2)];
    const [a1, a2, a3, a4] = [
      await start(a, a.students[0]),
      await start(a, a.students[1]),
      await start(a, a.students[2]),
      await start(a, a.students[3]),
    ];
    await placeWaiting({ ctx });
    const b1 = await start(b, b.students[0]);
    const b2 = await start(b, b.students[1]);
    await placeWaiting({ ctx });
    const positions = async (...ids: string[]) =>
      (await Promise.all(ids.map(rowOf))).map(({ queuePosition }) => queuePosition);
    expect((await rowOf(b1)).classId).toBe(b.classId);
    // Two of A run and none of B: B goes first until it has as many.
    expect(await positions(a1, a2, b1, b2, a3, a4)).toEqual([null, null, 1, 2, 3, 4]);
    await stopWorkspace({ ctx, input: { workspaceId: b1 } });
    await finishWorkspace({ ctx, input: { workspaceId: b1 } });
    await placeWaiting({ ctx });
    expect(await positions(b1, b2, a3, a4)).toEqual([null, 1, 2, 3]);
    await leave(a1);
    expect((await rowOf(b2)).state).toBe("provisioning");
    expect(await positions(a3, a4)).toEqual([1, 2]);
  });

  it("tells the fifth of a host with room for two that it is third, and about how long it will be", async () => {
    await host({ memoryMb: 800 });
    const of = await world(8);
    const holdMs = 20_000;
    for (const actor of of.students.slice(0, 3)) {
      const id = await start(of, actor);
      await placeWaiting({ ctx });
      await boot(id);
      await db
        .update(workspaces)
        .set({ readyAt: earlier(await rowOf(id), holdMs) })
        .where(eq(workspaces.id, id));
      await leave(id);
      // Measured: from ready to gone.
      const { readyAt } = await rowOf(id);
      await db
        .update(workspaces)
        .set({ endedAt: new Date((readyAt?.getTime() ?? 0) + holdMs) })
        .where(eq(workspaces.id, id));
    }
    const ids: string[] = [];
    for (const actor of of.students.slice(3)) {
      ids.push(await start(of, actor));
      await placeWaiting({ ctx });
    }
    for (const id of ids.slice(0, 2)) await boot(id);
    const at = ctx.clock.now().getTime();
    await placeWaiting({ ctx });
    const fifth = await rowOf(ids[4] ?? "");
    expect(fifth.queuePosition).toBe(3);
    // Two rounds: somebody's whole stay after one of those that run.
    const wait = (fifth.queueUntil?.getTime() ?? 0) - at;
    expect(wait).toBeGreaterThan(2 * holdMs * 0.75);
    expect(wait).toBeLessThan(2 * holdMs * 1.5);
  });

  it("never promises memory twice and keeps the order, however many place at once", async () => {
    await host({ memoryMb: 400 * 7 + 100, diskMb: 64 * 20 });
    const of = await world(20);
    const ids: string[] = [];
    for (const actor of of.students) ids.push(await start(of, actor));
    await Promise.all(Array.from({ length: 8 }, () => placeWaiting({ ctx })));
    const states = (await Promise.all(ids.map(rowOf))).map(({ state }) => state);
    expect(states).toEqual(ids.map((_, index) => (index < 7 ? "provisioning" : "queued")));
    expect(await reserved()).toEqual({ memory: 2_800, disk: 7 * 64 });
  });

  it("gives up at once what fits no host ever, and says why", async () => {
    await host({ memoryMb: 1_000 });
    const [huge, small] = [await world(1, { memoryMb: 4_000 }), await world(1)];
    const lost = await start(huge, huge.students[0]);
    const fine = await start(small, small.students[0]);
    await placeWaiting({ ctx });
    expect(await rowOf(lost)).toMatchObject({ desired: "stopped", state: "stopping", cause: "tooLarge" });
    expect((await rowOf(fine)).state).toBe("provisioning");
  });

  it("keeps room free for a big one that has waited for a minute", async () => {
    await host({ memoryMb: 1_000 });
    const [big, small] = [await world(1, { memoryMb: 900 }), await world(3)];
    const running = await start(small, small.students[0]);
    await placeWaiting({ ctx });
    const waits = await start(big, big.students[0]);
    const overtakes = await start(small, small.students[1]);
    await placeWaiting({ ctx });
    expect((await rowOf(overtakes)).state).toBe("provisioning");
    await db
      .update(workspaces)
      .set({ requestedAt: earlier(await rowOf(waits), 61_000, "requestedAt") })
      .where(eq(workspaces.id, waits));
    await leave(overtakes);
    const late = await start(small, small.students[2]);
    await placeWaiting({ ctx });
    expect((await rowOf(late)).state).toBe("queued");
    await leave(running);
    expect((await rowOf(waits)).state).toBe("provisioning");
    expect((await rowOf(late)).state).toBe("queued");
  });
});

function earlier(
  row: typeof workspaces.$inferSelect,
  ms: number,
  what: "readyAt" | "requestedAt" = "readyAt",
): Date {
  const at = row[what];
  if (!at) throw new Error(`no ${what}`);
  return new Date(at.getTime() - ms);
}
