import { eq } from "drizzle-orm";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { closeDatabase, database } from "@/db/client";
import { attempts, hosts, workspaces } from "@/db/schema";
import { as, createWorld } from "@/e2e/world";
import { finishClaim, lookAtClock, startTask } from "@/lib/attempts";
import { issueTicket } from "@/lib/consoles";
import { registerLocalHost } from "@/lib/hosts";
import type { Clock } from "@/lib/platform/clock";
import { systemCtx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { engine } from "./drivers/docker/connection";
import { guacdAnswers } from "./drivers/docker/guacd";
import { guacdName } from "./drivers/docker/names";
import { inWorkspace, removeEverything } from "./drivers/docker/testing";
import { desktopTarget, freezeWarm, keepGuacd, openAgent } from "./index";
import { wordsOf } from "./tell-inside";
import { addWarmPlan } from "./warm/add-plan";
import { createWarm } from "./warm/boot";
import { fillWarm } from "./warm/fill";

vi.hoisted(() => {
  process.env.DEPLOY_ID = `test-desktop-${process.pid}`;
});

const db = database();
const real = systemCtx("test", { db });
let aheadMs = 0;
const clock: Clock = { now: () => new Date(real.clock.now().getTime() + aheadMs) };
const ctx = systemCtx("test", { db, clock });
const host = { id: "", endpoint: env().DOCKER_HOST };

beforeAll(async () => {
  host.id = (await registerLocalHost({ ctx })).hostId;
  await db.update(hosts).set({ cpus: 8, memoryMb: 8_000, diskMb: 100_000 });
});
afterAll(async () => {
  await removeEverything(host);
  await closeDatabase();
});

it("gives a student a warm desktop, with what reaches it, and shows the end of the time inside", async () => {
  const world = await createWorld(db, {
    students: 1,
    spec: { protocol: "vnc", image: "labyard/desktop", memoryMb: 768, processes: 512 },
  });
  const { student } = world;
  const { teacher, templateId, taskId } = world;
  const input = {
    templateId,
    count: 1,
    when: "hour" as const,
    refill: false,
    fromAt: null,
    untilAt: null,
  };
  await addWarmPlan({ ctx: as(teacher, db, { clock }), input });
  await fillWarm({ ctx });
  const [frozen] = await db.select().from(workspaces);
  if (!frozen) throw new Error("nothing was wanted");
  const workspaceId = frozen.id;
  expect(await createWarm({ ctx, input: { workspaceId } })).toBe("done");
  await vi.waitFor(
    async () => expect(await freezeWarm({ ctx, input: { workspaceId } })).toBe("done"),
    60_000,
  );
  await expect(desktopTarget({ ctx, input: { workspaceId } })).rejects.toMatchObject({ code: "not_found" });

  const began = performance.now();
  const { attemptId } = await startTask({ ctx: as(student, db, { clock }), input: { taskId } });
  await finishClaim({ ctx, input: { workspaceId } });
  const rowOf = async () => (await db.select().from(workspaces).where(eq(workspaces.id, workspaceId)))[0];
  await vi.waitFor(async () => expect(await rowOf()).toMatchObject({ state: "ready", attemptId }), 15_000);
  console.info(`a warm desktop was ready ${Math.round(performance.now() - began)} ms after the press`);

  const target = await desktopTarget({ ctx, input: { workspaceId } });
  expect(`${target.host}:${target.port}`).toBe((await rowOf())?.address);
  expect(target).toMatchObject({ protocol: "vnc", port: 5901, guacd: { port: 4822 } });
  // Its port is no web page's.
  const web = { workspaceId, kind: "web", mode: "use" } as const;
  await expect(issueTicket({ ctx: as(student, db, { clock }), input: web })).rejects.toMatchObject({
    key: "consoles.ticket",
  });
  const agent = await openAgent({ ctx, input: { workspaceId } });
  agent.close();
  await agent.closed;

  const ref = { id: workspaceId, purpose: "attempt" as const, host, externalId: null };
  const home = "labyard-open sh -c 'pwd; touch mine && ls -A'";
  expect((await inWorkspace(ref, home)).text).toContain("/home/student\n");

  const [attempt] = await db.select().from(attempts).where(eq(attempts.id, attemptId));
  const deadlineAt = attempt?.deadlineAt?.toISOString() ?? "";
  aheadMs = 56 * 60_000;
  expect((await lookAtClock({ ctx, input: { attemptId, deadlineAt } })).next).not.toBeNull();
  const show = "DBUS_SESSION_BUS_ADDRESS=unix:path=/tmp/.labyard/bus dunstctl count displayed";
  await vi.waitFor(async () => expect((await inWorkspace(ref, show)).text.trim()).toBe("1"), {
    timeout: 20_000,
    interval: 300,
  });
}, 120_000);

it("has words for each warning in both languages", () => {
  for (const locale of ["zh-CN", "en"]) {
    for (const [about, minutes] of [
      ["deadline", 15],
      ["deadline", 1],
      ["idle", 5],
    ] as const) {
      const { title, body } = wordsOf({ about, minutes }, locale);
      expect(`${title} ${body}`).not.toMatch(/[{}]|Title/);
    }
  }
  expect(wordsOf({ about: "deadline", minutes: 15 }, "en").title).toBe("15 minutes left");
});

it("keeps guacd running: one that is killed comes back by itself", async () => {
  const stop = keepGuacd({ ctx, everyMs: 200 });
  try {
    const container = () => engine(host.endpoint).getContainer(guacdName());
    const inspect = async () => container().inspect();
    await vi.waitFor(async () => expect((await inspect()).State.Running).toBe(true), 20_000);
    const { Id, NetworkSettings } = await inspect();
    const [network] = Object.values(NetworkSettings.Networks);
    const at = { host: network?.IPAddress ?? "", port: 4822 };
    await container().kill();
    await vi.waitFor(
      async () => {
        expect((await inspect()).Id).not.toBe(Id);
        expect(await guacdAnswers(at)).toBe(true);
      },
      { timeout: 20_000, interval: 200 },
    );
  } finally {
    stop();
  }
}, 60_000);
