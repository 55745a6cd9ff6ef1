import { randomBytes } from "node:crypto";
import { and, eq, notInArray } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDatabase, database } from "@/db/client";
import {
  attempts,
  collectedFiles,
  collections,
  homes,
  hosts,
  workspaceEvents,
  workspaces,
} from "@/db/schema";
import { as, createWorld, type World } from "@/e2e/world";
import { endAttempt, recordReady, resetHome, startFromCollection, startTask } from "@/lib/attempts";
import { registerLocalHost } from "@/lib/hosts";
import { systemCtx } from "@/lib/platform/context";
import { newId } from "@/lib/platform/ids";
import {
  finishWorkspace,
  listHomeFiles,
  moveWorkspace,
  placeWaiting,
  prepareHome,
  readHomeFile,
  reconcileWorkspaces,
  removeOutside,
  stopWorkspace,
  takeHome,
  writeHomeFiles,
} from "@/lib/workspaces";
import { driverFor } from "@/lib/workspaces/drivers";
import { archiveOfAttempt, restoreFile, runCollection } from "./index";

const db = database();
const system = systemCtx("test", { db });
const driver = driverFor("docker");
const step = (workspaceId: string) => ({ ctx: system, input: { workspaceId } });
const key = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: { key?: string }) => error.key,
  );

/** Everything about a reset is before the container: no container is made here. */
describe("a home that is made anew", () => {
  let world: World;

  beforeAll(async () => {
    // What other files left waiting would be placed here too, and boot first.
    await db.delete(workspaces);
    await registerLocalHost({ ctx: system });
    world = await createWorld(db, { students: 9, task: { maxAttempts: 5 } });
  });

  afterAll(async () => {
    await reconcileWorkspaces({ ctx: system });
    await closeDatabase();
  });

  const person = (index: number) => {
    const actor = world.students[index];
    if (!actor) throw new Error("no such student");
    return as(actor, db);
  };
  const rowOf = async (id: string) => {
    const [row] = await db.select().from(workspaces).where(eq(workspaces.id, id));
    if (!row) throw new Error("no workspace");
    return row;
  };
  const homeOf = async (workspaceId: string) => {
    const { userId } = await rowOf(workspaceId);
    const [row] = await db
      .select({ home: homes, host: { id: hosts.id, endpoint: hosts.endpoint } })
      .from(homes)
      .innerJoin(hosts, eq(hosts.id, homes.hostId))
      .where(eq(homes.userId, userId ?? ""));
    if (!row) throw new Error("no home");
    return { ...row.home, host: row.host };
  };
  const liveOf = async (attemptId: string) =>
    db
      .select()
      .from(workspaces)
      .where(and(eq(workspaces.attemptId, attemptId), notInArray(workspaces.state, ["stopped", "failed"])));
  const copiesOf = (attemptId: string) =>
    db
      .select()
      .from(collections)
      .where(and(eq(collections.attemptId, attemptId), eq(collections.reason, "reset")));
  const reasonsOf = async (workspaceId: string) =>
    (await db.select().from(workspaceEvents).where(eq(workspaceEvents.workspaceId, workspaceId))).map(
      (row) => row.reason,
    );

  /** As far as its home is mounted, then counted as ready, so that it holds no turn to boot. */
  async function mount(workspaceId: string) {
    await placeWaiting({ ctx: system });
    expect(await prepareHome(step(workspaceId))).toBe("done");
    await ready(workspaceId);
  }
  async function ready(workspaceId: string) {
    await moveWorkspace(system, db, workspaceId, { to: "booting", reason: "created" });
    expect(await recordReady(step(workspaceId))).toBe(true);
  }
  async function stop(workspaceId: string) {
    await removeOutside(step(workspaceId));
    await finishWorkspace(step(workspaceId));
  }
  const write = async (attemptId: string, files: Record<string, string | Buffer>) => {
    const given = async function* () {
      for (const [path, text] of Object.entries(files)) {
        const bytes = Buffer.from(text);
        const content = (async function* () {
          yield bytes;
        })();
        yield { path, size: bytes.length, executable: path.endsWith(".sh"), content };
      }
    };
    for await (const one of writeHomeFiles(system, attemptId, given(), "replace"))
      expect(one).not.toHaveProperty("refused");
  };
  const read = async (attemptId: string, path: string) =>
    Buffer.concat((await (await readHomeFile(system, attemptId, path))?.content.toArray()) ?? []);
  const names = async (attemptId: string) =>
    (await listHomeFiles(system, attemptId, "")).entries.map((entry) => entry.path).sort();
  const next = async (attemptId: string) => {
    const [live, ...more] = await liveOf(attemptId);
    expect(more).toEqual([]);
    if (!live) throw new Error("nothing runs");
    return live;
  };
  const carryOut = async (attemptId: string) => {
    for (const copy of await copiesOf(attemptId)) {
      if (copy.state === "pending")
        expect(await runCollection({ ctx: system, input: { collectionId: copy.id } })).toBe("done");
    }
  };
  /** One with a home that has a file in it. */
  async function begun(index: number) {
    const ctx = person(index);
    const started = await startTask({ ctx, input: { taskId: world.taskId } });
    await mount(started.workspaceId);
    await write(started.attemptId, { "a.txt": "kept\n" });
    return { ctx, ...started };
  }

  it("is empty for the next workspace of the same attempt, and its former files are kept to the byte", async () => {
    const { ctx, attemptId, workspaceId } = await begun(0);
    const bytes = randomBytes(70_000);
    await write(attemptId, { "数据/b.bin": bytes, "run.sh": "#!/bin/sh\n" });
    const [before] = await db.select().from(attempts).where(eq(attempts.id, attemptId));
    expect(await key(resetHome({ ctx: person(1), input: { attemptId, copy: true } }))).toBe(
      "notFound.attempt",
    );

    await resetHome({ ctx, input: { attemptId, copy: true } });
    expect((await rowOf(workspaceId)).state).toBe("stopping");
    await stop(workspaceId);
    const second = await next(attemptId);
    await placeWaiting({ ctx: system });
    expect(await prepareHome(step(second.id)), "the copy comes first").toBe("wait");
    await carryOut(attemptId);
    // Having waited for its home, it lines up to boot again.
    await prepareHome(step(second.id));
    await placeWaiting({ ctx: system });
    if ((await rowOf(second.id)).step === "home") expect(await prepareHome(step(second.id))).toBe("done");
    await ready(second.id);
    expect(await names(attemptId)).toEqual([]);
    expect(await reasonsOf(second.id)).toContain("reset:done");
    const [after] = await db.select().from(attempts).where(eq(attempts.id, attemptId));
    expect([after?.number, after?.deadlineAt, after?.startedAt]).toEqual([
      before?.number,
      before?.deadlineAt,
      before?.startedAt,
    ]);

    const [copy] = await copiesOf(attemptId);
    expect(copy).toMatchObject({ state: "done", files: 3 });
    const zipped = async (collectionId?: string) =>
      (await archiveOfAttempt({ ctx, attemptId, collectionId })).entries.map(({ path }) => path).sort();
    expect(await zipped(copy?.id)).toEqual(["a.txt", "run.sh", "数据/b.bin"]);
    expect(await zipped(), "nothing of its end").toEqual([]);

    // And on from what was kept: the same bytes, the same executable, in a home made anew once more.
    await write(attemptId, { "later.txt": "of the second\n" });
    await startFromCollection({ ctx, input: { collectionId: copy?.id ?? "", copy: true } });
    await stop(second.id);
    await carryOut(attemptId);
    const third = await next(attemptId);
    await mount(third.id);
    expect(await names(attemptId)).toEqual(["a.txt", "run.sh", "数据"]);
    expect((await read(attemptId, "数据/b.bin")).equals(bytes)).toBe(true);
    expect(await reasonsOf(third.id)).toContain("reset:filled:3:0");
    const kept = await copiesOf(attemptId);
    expect(kept.map((one) => one.state)).toEqual(["done", "done"]);
    const files = await db
      .select({ path: collectedFiles.path })
      .from(collectedFiles)
      .where(eq(collectedFiles.collectionId, kept.find((one) => one.id !== copy?.id)?.id ?? ""));
    expect(files.map((file) => file.path)).toContain("later.txt");
    await endAttempt({ ctx, input: { attemptId } });
    await stop(third.id);
  });

  it("stays as it is when the copy cannot be kept, and the next workspace says so", async () => {
    const { ctx, attemptId, workspaceId } = await begun(1);
    await resetHome({ ctx, input: { attemptId, copy: true } });
    await stop(workspaceId);
    await db
      .update(collections)
      .set({ state: "failed", cause: "fileStoreFull" })
      .where(eq(collections.attemptId, attemptId));
    const second = await next(attemptId);
    await mount(second.id);
    expect(await names(attemptId)).toEqual(["a.txt"]);
    expect(await reasonsOf(second.id)).toContain("reset:refused");
    expect((await homeOf(second.id)).resetWanted).toBe(false);
    // Without a copy it is the owner's word.
    await resetHome({ ctx, input: { attemptId, copy: false } });
    await stop(second.id);
    const third = await next(attemptId);
    await mount(third.id);
    expect(await names(attemptId)).toEqual([]);
    expect(await copiesOf(attemptId)).toHaveLength(1);
    await endAttempt({ ctx, input: { attemptId } });
    await stop(third.id);
  });

  it("is not made anew without a copy while it is the only one of an earlier attempt", async () => {
    const { ctx, attemptId, workspaceId } = await begun(2);
    await endAttempt({ ctx, input: { attemptId } });
    await stop(workspaceId);
    await db.update(collections).set({ state: "failed" }).where(eq(collections.attemptId, attemptId));
    const second = await startTask({ ctx, input: { taskId: world.taskId } });
    await mount(second.workspaceId);
    const input = { attemptId: second.attemptId, copy: false };
    expect(await key(resetHome({ ctx, input }))).toBe("attempts.copyNeeded");
    expect(await names(second.attemptId)).toEqual(["a.txt"]);
    expect(await key(resetHome({ ctx, input: { ...input, copy: true } }))).toBe("done");
    await stop(second.workspaceId);
    await endAttempt({ ctx, input: { attemptId: second.attemptId } });
  });

  it("comes out the same, wherever the process dies on the way", async () => {
    const { ctx, attemptId, workspaceId } = await begun(3);
    await resetHome({ ctx, input: { attemptId, copy: true } });
    await stop(workspaceId);
    await carryOut(attemptId);
    const [copy] = await copiesOf(attemptId);
    let current = await next(attemptId);
    await mount(current.id);

    const home = async () => ({ ...(await homeOf(current.id)) });
    const halfway: [string, () => Promise<void>][] = [
      [
        "between the new image and its mount",
        async () => {
          const taken = await takeHome(system, (await home()).id, { id: current.id, kind: "workspace" });
          await driver.renewHome({ ...(await home()), fence: taken?.fence ?? 0 }, current.id);
        },
      ],
      [
        "between the mount and the files",
        async () => {
          const taken = await takeHome(system, (await home()).id, { id: current.id, kind: "workspace" });
          const mine = { ...(await home()), fence: taken?.fence ?? 0 };
          await driver.renewHome(mine, current.id);
          await driver.mountHome(mine, current.id);
        },
      ],
      [
        "after some of the files",
        async () => {
          const taken = await takeHome(system, (await home()).id, { id: current.id, kind: "workspace" });
          const mine = { ...(await home()), fence: taken?.fence ?? 0 };
          await driver.renewHome(mine, current.id);
          await driver.mountHome(mine, current.id);
          await write(attemptId, { "a.txt": "half" });
        },
      ],
    ];
    for (const [where, until] of halfway) {
      await startFromCollection({ ctx, input: { collectionId: copy?.id ?? "", copy: false } });
      await stop(current.id);
      current = await next(attemptId);
      await placeWaiting({ ctx: system });
      await until();
      expect(await prepareHome(step(current.id)), where).toBe("done");
      await ready(current.id);
      expect(await names(attemptId), where).toEqual(["a.txt"]);
      expect((await read(attemptId, "a.txt")).toString(), where).toBe("kept\n");
      // A late repeat of the step takes nothing from who works in it by now.
      await write(attemptId, { "new.txt": "work" });
      const { fence } = await home();
      await driver.renewHome({ ...(await home()), fence }, current.id);
      expect(await names(attemptId), where).toEqual(["a.txt", "new.txt"]);
    }
    await endAttempt({ ctx, input: { attemptId } });
    await stop(current.id);
  });

  it("is asked for once, however often it is pressed at once; stop wins, and the wish waits for the next start", async () => {
    const { ctx, attemptId, workspaceId } = await begun(4);
    await Promise.all(Array.from({ length: 6 }, () => resetHome({ ctx, input: { attemptId, copy: true } })));
    expect(await copiesOf(attemptId)).toHaveLength(1);
    expect(await liveOf(attemptId)).toHaveLength(1);
    await stopWorkspace({ ctx, input: { workspaceId } });
    await stop(workspaceId);
    expect(await liveOf(attemptId)).toHaveLength(0);
    await carryOut(attemptId);
    const again = await startTask({ ctx, input: { taskId: world.taskId } });
    await mount(again.workspaceId);
    expect(await names(attemptId)).toEqual([]);
    await endAttempt({ ctx, input: { attemptId } });
    await stop(again.workspaceId);
  });

  it("is copied ten times in one attempt and no more; without a copy it is made anew all the same", async () => {
    const { ctx, attemptId, workspaceId } = await begun(8);
    const { id: homeId } = await homeOf(workspaceId);
    const kept = Array.from({ length: 9 }, () => ({
      id: newId(),
      attemptId,
      homeId,
      reason: "reset" as const,
      state: "done" as const,
      createdAt: new Date(),
    }));
    await db.insert(collections).values(kept);
    await resetHome({ ctx, input: { attemptId, copy: true } });
    // Pressed again it is the same copy.
    await resetHome({ ctx, input: { attemptId, copy: true } });
    await stop(workspaceId);
    await carryOut(attemptId);
    expect(await copiesOf(attemptId)).toHaveLength(10);
    const second = await next(attemptId);
    await mount(second.id);
    await write(attemptId, { "b.txt": "more\n" });
    expect(await key(resetHome({ ctx, input: { attemptId, copy: true } }))).toBe("attempts.tooManyCopies");
    const from = { collectionId: (await copiesOf(attemptId)).at(-1)?.id ?? "", copy: true };
    expect(await key(startFromCollection({ ctx, input: from }))).toBe("attempts.tooManyCopies");
    expect(await names(attemptId), "nothing has happened").toEqual(["b.txt"]);
    expect((await next(attemptId)).id).toBe(second.id);
    await resetHome({ ctx, input: { attemptId, copy: false } });
    await stop(second.id);
    const third = await next(attemptId);
    await mount(third.id);
    expect(await names(attemptId)).toEqual([]);
    await endAttempt({ ctx, input: { attemptId } });
    await stop(third.id);
  });

  it("loses to the deadline: what is there then is kept by the end, and nothing is made anew", async () => {
    for (let round = 0; round < 3; round++) {
      const ctx = person(5);
      const started = await startTask({ ctx, input: { taskId: world.taskId } });
      await mount(started.workspaceId);
      const { attemptId } = started;
      await write(attemptId, { "a.txt": `round ${round}\n` });
      const [reset, ended] = await Promise.allSettled([
        resetHome({ ctx, input: { attemptId, copy: round % 2 === 0 } }),
        endAttempt({ ctx, input: { attemptId } }),
      ]);
      expect(ended.status).toBe("fulfilled");
      if (reset.status === "rejected") expect(reset.reason.key).toBe("attempts.ended");
      for (const { id } of await liveOf(attemptId)) await stop(id);
      expect(await liveOf(attemptId)).toEqual([]);
      expect((await homeOf(started.workspaceId)).resetWanted).toBe(false);
      const all = await db.select().from(collections).where(eq(collections.attemptId, attemptId));
      for (const { id } of all) await runCollection({ ctx: system, input: { collectionId: id } });
      const [final] = await db.select().from(collections).where(eq(collections.final, attemptId));
      expect(final).toMatchObject({ state: "done" });
      const kept = await db
        .select()
        .from(collectedFiles)
        .where(eq(collectedFiles.collectionId, final?.id ?? ""));
      expect(kept.map((file) => file.path)).toContain("a.txt");
    }
  });

  it("gets single files back, beside what is there or in its place, and only by its owner in an open attempt", async () => {
    const { ctx, attemptId, workspaceId } = await begun(7);
    const bytes = randomBytes(300_000);
    await write(attemptId, { "图/plot.png": bytes });
    await endAttempt({ ctx, input: { attemptId } });
    await stop(workspaceId);
    const [final] = await db.select().from(collections).where(eq(collections.final, attemptId));
    const files = await (async () => {
      await runCollection({ ctx: system, input: { collectionId: final?.id ?? "" } });
      const rows = await db
        .select()
        .from(collectedFiles)
        .where(eq(collectedFiles.collectionId, final?.id ?? ""));
      return new Map(rows.map((row) => [row.path, row.id]));
    })();
    const put = (path: string, onConflict: "keepBoth" | "replace" = "keepBoth", as = ctx) =>
      restoreFile({ ctx: as, input: { fileId: files.get(path) ?? "", onConflict } });
    expect(await key(put("a.txt")), "nothing is open").toBe("collections.noOpenAttempt");

    const second = await startTask({ ctx, input: { taskId: world.taskId } });
    await mount(second.workspaceId);
    await write(second.attemptId, { "a.txt": "changed\n", "图/plot.png": "broken" });
    expect(await key(put("a.txt", "keepBoth", person(6)))).toBe("notFound.file");
    expect(await key(put("a.txt", "keepBoth", as(world.teacher, db)))).not.toBe("done");
    const beside = await put("a.txt");
    expect(beside.path).not.toBe("a.txt");
    expect((await read(second.attemptId, beside.path)).toString()).toBe("kept\n");
    expect((await read(second.attemptId, "a.txt")).toString()).toBe("changed\n");
    expect(await put("图/plot.png", "replace")).toEqual({ path: "图/plot.png" });
    expect((await read(second.attemptId, "图/plot.png")).equals(bytes)).toBe(true);

    // Stopped, too; but not into a home that is about to be made anew.
    await stopWorkspace({ ctx, input: { workspaceId: second.workspaceId } });
    await stop(second.workspaceId);
    expect(await put("a.txt", "replace")).toEqual({ path: "a.txt" });
    expect((await read(second.attemptId, "a.txt")).toString()).toBe("kept\n");
    await resetHome({ ctx, input: { attemptId: second.attemptId, copy: false } });
    expect(await key(put("a.txt"))).toBe("collections.beingSaved");
    await endAttempt({ ctx, input: { attemptId: second.attemptId } });
  });

  it("begins a new attempt from what the last one left, and refuses what is another's or too large", async () => {
    const { ctx, attemptId, workspaceId } = await begun(6);
    await endAttempt({ ctx, input: { attemptId } });
    await stop(workspaceId);
    const [final] = await db.select().from(collections).where(eq(collections.final, attemptId));
    const input = { collectionId: final?.id ?? "", copy: false };
    expect(await key(startFromCollection({ ctx, input }))).toBe("attempts.notKept");
    await runCollection({ ctx: system, input });
    expect(await key(startFromCollection({ ctx: person(7), input }))).toBe("notFound.collection");
    const teacher = as(world.teacher, db);
    expect(await key(startFromCollection({ ctx: teacher, input }))).not.toBe("done");

    const [{ started: one } = { started: null }, two] = (
      await Promise.all([startFromCollection({ ctx, input }), startFromCollection({ ctx, input })])
    ).map((started) => ({ started }));
    expect(two?.started.attemptId).toBe(one?.attemptId);
    const second = await next(one?.attemptId ?? "");
    await mount(second.id);
    expect(await names(second.attemptId ?? "")).toEqual(["a.txt"]);
    expect(await reasonsOf(second.id)).toContain("reset:filled:1:0");

    await db
      .update(collectedFiles)
      .set({ size: 3 * 1024 ** 3 })
      .where(eq(collectedFiles.collectionId, final?.id ?? ""));
    expect(await key(startFromCollection({ ctx, input }))).toBe("attempts.tooLarge");
    await endAttempt({ ctx, input: { attemptId: second.attemptId ?? "" } });
    await stop(second.id);
  });
});
