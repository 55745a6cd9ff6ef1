import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { attempts, auditLog, hosts, workspaceEvents, workspaces } from "@/db/schema";
import { bootNow } from "@/e2e/boot-now";
import { as, createWorld, type World } from "@/e2e/world";
import { endAttempt, recordReady, startTask } from "@/lib/attempts";
import { registerLocalHost } from "@/lib/hosts";
import { systemCtx } from "@/lib/platform/context";
import {
  finishWorkspace,
  interruptKernel,
  listKernels,
  pauseWorkspace,
  reconcileWorkspaces,
  removeOutside,
  restartKernel,
  restartWorkspace,
  resumeWorkspace,
  workspaceRoute,
} from "@/lib/workspaces";
import { driverFor } from "@/lib/workspaces/drivers";
import { inWorkspace } from "@/lib/workspaces/drivers/docker/testing";

const db = database();
const system = systemCtx("test", { db });
const step = (workspaceId: string) => ({ ctx: system, input: { workspaceId } });
const key = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: { key?: string }) => error.key,
  );

let world: World;
let workspaceId: string;
let attemptId: string;

const rowOf = async () => {
  const [row] = await db.select().from(workspaces).where(eq(workspaces.id, workspaceId));
  if (!row) throw new Error("no workspace");
  return row;
};
async function refOf() {
  const row = await rowOf();
  const [host] = await db
    .select()
    .from(hosts)
    .where(eq(hosts.id, row.hostId ?? ""));
  if (!host) throw new Error("no host");
  return { id: row.id, purpose: row.purpose, host, externalId: row.externalId };
}
const deadlineOf = async () =>
  (await db.select().from(attempts).where(eq(attempts.id, attemptId)))[0]?.deadlineAt;
const seen = async () => (await driverFor("docker").observe(await refOf())).state;

describe("pause and resume on the real engine", () => {
  let owner: ReturnType<typeof as>;

  beforeAll(async () => {
    // What other files left waiting would be placed here too, and boot first.
    await db.delete(workspaces);
    await registerLocalHost({ ctx: system });
    world = await createWorld(db);
    const actor = world.student;
    owner = as(actor, db);
    ({ workspaceId, attemptId } = await startTask({ ctx: owner, input: { taskId: world.taskId } }));
    expect(await key(pauseWorkspace({ ctx: owner, input: { workspaceId } }))).toBe("workspaces.notReady");
    await bootNow(system, workspaceId);
  });

  afterAll(async () => {
    await removeOutside(step(workspaceId));
    await finishWorkspace(step(workspaceId));
    await reconcileWorkspaces({ ctx: system });
    await closeDatabase();
  });

  it("freezes its processes and thaws the same ones; both are recorded, the deadline stays", async () => {
    const deadline = await deadlineOf();
    await inWorkspace(await refOf(), "sleep 1000 & echo $! > /tmp/pid");
    expect(await pauseWorkspace({ ctx: owner, input: { workspaceId } })).toEqual({ paused: true });
    expect([(await rowOf()).state, await seen()]).toEqual(["paused", "paused"]);
    expect((await workspaceRoute(db, workspaceId))?.address).toBeNull();
    expect(await pauseWorkspace({ ctx: owner, input: { workspaceId } })).toEqual({ paused: true });

    const began = performance.now();
    expect(await resumeWorkspace({ ctx: owner, input: { workspaceId } })).toEqual({ resumed: true });
    expect(performance.now() - began).toBeLessThan(3_000);
    expect([(await rowOf()).state, await seen()]).toEqual(["ready", "running"]);
    const alive = await inWorkspace(await refOf(), "kill -0 $(cat /tmp/pid) && echo alive");
    expect(alive.text).toContain("alive");
    const { address, secret } = (await workspaceRoute(db, workspaceId)) ?? {};
    const answer = await fetch(`http://${address}/api`, { headers: { authorization: `token ${secret}` } });
    expect(answer.status).toBe(200);

    expect(await deadlineOf(), "the clock runs on").toEqual(deadline);
    const events = await db
      .select()
      .from(workspaceEvents)
      .where(eq(workspaceEvents.workspaceId, workspaceId));
    expect(events.map((row) => row.reason)).toEqual(expect.arrayContaining(["pause", "resume"]));
    const audit = await db.select().from(auditLog).where(eq(auditLog.targetId, workspaceId));
    expect(audit.filter((row) => /pause|resume/.test(row.action)).map((row) => row.action)).toEqual([
      "workspace.pause",
      "workspace.resume",
    ]);
  });

  it("restarts a hung kernel from outside of JupyterLab, and says when the server itself hangs", async () => {
    const { address, secret } = (await workspaceRoute(db, workspaceId)) ?? {};
    const headers = { authorization: `token ${secret}`, "content-type": "application/json" };
    const body = JSON.stringify({
      path: "结果.ipynb",
      type: "notebook",
      kernel: { name: "python3" },
      name: "",
    });
    const made = await fetch(`http://${address}/api/sessions`, { method: "POST", headers, body });
    expect(made.status).toBe(201);
    const session = (await made.json()) as { kernel: { id: string } };
    const [kernel] = await listKernels({ ctx: owner, workspaceId });
    expect(kernel).toMatchObject({ id: session.kernel.id, name: "python3", notebook: "结果.ipynb" });

    const pidOf = "pgrep -f '[i]pykernel_launcher' | head -1";
    await inWorkspace(await refOf(), `${pidOf} > /tmp/kernel; kill -STOP $(cat /tmp/kernel)`);
    const input = { workspaceId, kernelId: session.kernel.id };
    const [classmate] = world.students.slice(1);
    if (!classmate) throw new Error("no classmate");
    expect(await key(restartKernel({ ctx: as(classmate, db), input }))).toBe("notFound.workspace");
    expect(await restartKernel({ ctx: owner, input })).toEqual({ kernelId: session.kernel.id });
    const pids = await inWorkspace(await refOf(), `cat /tmp/kernel; ${pidOf}`);
    const [before, after] = pids.text.trim().split(/\s+/);
    expect(Number(after)).toBeGreaterThan(0);
    expect(after).not.toBe(before);
    expect((await listKernels({ ctx: owner, workspaceId })).map(({ id }) => id)).toEqual([session.kernel.id]);
    expect(await key(interruptKernel({ ctx: owner, input }))).toBe("done");
    const missing = { workspaceId, kernelId: "3f2b8c1e-0000-4000-8000-1234567890ab" };
    expect(await key(restartKernel({ ctx: owner, input: missing }))).toBe("notFound.kernel");

    const server = "$(pgrep -of '[m] jupyterlab')";
    await inWorkspace(await refOf(), `kill -STOP ${server}`);
    const began = performance.now();
    expect(await key(listKernels({ ctx: owner, workspaceId }))).toBe("workspaces.serverSilent");
    expect(performance.now() - began).toBeLessThan(8_000);
    await inWorkspace(await refOf(), `kill -CONT ${server}`);
  });

  it("ends with row and container the same, however often and at once it is pressed in two tabs", async () => {
    for (let round = 0; round < 4; round++) {
      await Promise.allSettled(
        Array.from({ length: 6 }, (_, n) =>
          (n + round) % 2
            ? pauseWorkspace({ ctx: owner, input: { workspaceId } })
            : resumeWorkspace({ ctx: owner, input: { workspaceId } }),
        ),
      );
      const { state } = await rowOf();
      expect(await seen(), `round ${round}`).toBe(state === "paused" ? "paused" : "running");
    }
    await resumeWorkspace({ ctx: owner, input: { workspaceId } }).catch(() => undefined);
    expect((await rowOf()).state).toBe("ready");
  });

  it("is put right by the reconciler when the process died between row and container, both ways", async () => {
    const ref = await refOf();
    await driverFor("docker").pause(ref);
    await reconcileWorkspaces({ ctx: system });
    expect([(await rowOf()).state, await seen()]).toEqual(["ready", "running"]);
    await db.update(workspaces).set({ state: "paused" }).where(eq(workspaces.id, workspaceId));
    await reconcileWorkspaces({ ctx: system });
    expect([(await rowOf()).state, await seen()]).toEqual(["paused", "paused"]);
    // Nor does it take a paused one for gone.
    expect((await rowOf()).desired).toBe("running");
    expect(await recordReady(step(workspaceId)), "a late repeat of the start").toBe(false);
  });

  it("is refused to classmates and other teachers, and open to staff", async () => {
    for (const actor of [world.students[1], world.stranger, world.otherTeacher]) {
      if (!actor) throw new Error("no such person");
      const ctx = as(actor, db);
      expect(await key(pauseWorkspace({ ctx, input: { workspaceId } }))).toBe("notFound.workspace");
      expect(await key(resumeWorkspace({ ctx, input: { workspaceId } }))).toBe("notFound.workspace");
    }
    const ctx = as(world.assistant, db);
    expect(await resumeWorkspace({ ctx, input: { workspaceId } })).toEqual({ resumed: true });
    expect(await pauseWorkspace({ ctx, input: { workspaceId } })).toEqual({ paused: true });
  });

  it("is no way out for a server that hangs, but a restart is: a new one on the same home", async () => {
    await resumeWorkspace({ ctx: owner, input: { workspaceId } });
    await inWorkspace(
      await refOf(),
      "echo kept > ~/kept.txt; sync; kill -STOP $(pgrep -of '[m] jupyterlab')",
    );
    const hung = workspaceId;
    expect(await restartWorkspace({ ctx: owner, input: { workspaceId: hung } })).toEqual({ restarted: true });
    await removeOutside(step(hung));
    expect(await finishWorkspace(step(hung))).toMatchObject({ state: "stopped" });
    const [next] = await db.select().from(workspaces).where(eq(workspaces.live, attemptId));
    workspaceId = next?.id ?? "";
    await bootNow(system, workspaceId);
    expect(await inWorkspace(await refOf(), "cat ~/kept.txt")).toMatchObject({ code: 0, text: "kept\n" });
    expect(await pauseWorkspace({ ctx: owner, input: { workspaceId } })).toEqual({ paused: true });
  });

  it("does not keep a paused one from being ended, and a late pause or resume changes nothing", async () => {
    await endAttempt({ ctx: owner, input: { attemptId } });
    expect(await key(pauseWorkspace({ ctx: owner, input: { workspaceId } }))).toBe("workspaces.notReady");
    expect(await key(resumeWorkspace({ ctx: owner, input: { workspaceId } }))).toBe("workspaces.notPaused");
    await removeOutside(step(workspaceId));
    expect(await finishWorkspace(step(workspaceId))).toMatchObject({ state: "stopped" });
  });
});
