import { createHash } from "node:crypto";
import { and, eq, inArray } from "drizzle-orm";
import { database } from "@/db/client";
import {
  attempts,
  classes,
  collections,
  executorAttempts,
  executorEvents,
  executorRuns,
  executorSteps,
  experiments,
  hosts,
  recordings,
  settings,
  tasks,
  templates,
  userRoles,
  users,
  type WorkspaceState,
  warmPlans,
  workspaceEvents,
  workspaces,
} from "@/db/schema";
import type { UserActor } from "@/lib/platform/context";
import { seal } from "@/lib/platform/crypto";
import { newId, randomLabel } from "@/lib/platform/ids";
import type { Emulator } from "./ecs-emulator";
import { addClouds } from "./screens-clouds";
import { addCosts } from "./screens-costs";
import { createWorld } from "./world";

const description = `本次实验用 Python 认识一组真实的气温数据：读入、清洗、画图，再拟合一条直线。

## 目标

1. 读入 \`~/materials/气温.csv\`；
2. 计算平均值 $\\bar{x} = \\frac{1}{n}\\sum_{i=1}^{n} x_i$；
3. 说明 $y = ax + b$ 中 $a$ 的含义。

\`\`\`python
import csv, statistics
with open("materials/气温.csv", encoding="utf-8") as file:
    print(statistics.mean(float(row["气温"]) for row in csv.DictReader(file)))
\`\`\`

| 提交 | 要求 |
|---|---|
| \`report.ipynb\` | 图要有标题和单位 |
`;

const log = `[C 10:02:11.402 ServerApp] Running as root is not recommended.
Traceback (most recent call last):
  File "/usr/local/bin/jupyter-lab", line 8, in <module>
    sys.exit(main())
OSError: [Errno 28] No space left on device: '/home/student/.local/share/jupyter'`;

const surnames = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏";
const given = ["子涵", "欣怡", "浩然", "雨桐", "一诺", "思远", "佳", "若曦", "宇轩", "梓萱"];

type Row = {
  owner: UserActor;
  state: WorkspaceState;
  /** Minutes since it was asked for. */
  age?: number;
  started?: boolean;
  ended?: boolean;
  patch?: Partial<typeof workspaces.$inferInsert>;
};

/**
 * A class of 30 in which everything there is happens at once. No containers: rows that no host answers for,
 * so the reconciler leaves them as they are.
 */
export async function createScreensWorld(upstream: string, emulator: Emulator) {
  const db = database();
  const world = await createWorld(db, {
    students: 30,
    closesAt: new Date(Date.now() + 20 * 86_400_000),
    task: { maxAttempts: 3, durationMinutes: 90 },
  });
  for (const [index, { id }] of world.students.entries()) {
    const name = `${surnames[index]}${given[index % given.length]}`;
    await db
      .update(users)
      .set({ name, number: `2026${String(index + 101).padStart(4, "0")}` })
      .where(eq(users.id, id));
  }
  await db.update(users).set({ name: "陈老师", number: "T2001" }).where(eq(users.id, world.teacher.id));
  await db
    .update(experiments)
    .set({ title: "实验三　气温数据的回归分析", description })
    .where(eq(experiments.id, world.experimentId));
  await db.update(classes).set({ name: "数据 2601 班" }).where(eq(classes.id, world.classId));
  const [task] = await db.select().from(tasks).where(eq(tasks.id, world.taskId));
  const [template] = await db
    .select()
    .from(templates)
    .where(eq(templates.id, task?.templateId ?? ""));
  await db
    .update(templates)
    .set({ name: "JupyterLab", description: "Python 3 与常用的科学计算库，不能上网。" })
    .where(eq(templates.id, template?.id ?? ""));
  const templateVersionId = template?.currentVersionId ?? "";
  // In a year: nothing is booted for a picture.
  const nextYear = new Date(Date.now() + 365 * 86_400_000);
  await db.insert(warmPlans).values({
    id: newId(),
    templateId: template?.id ?? "",
    count: 30,
    refill: false,
    fromAt: nextYear,
    untilAt: new Date(nextYear.getTime() + 2 * 3_600_000),
    createdBy: world.teacher.id,
    createdAt: new Date(),
  });

  const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000);
  const add = async ({ owner, state, age = 25, started = true, ended = false, patch }: Row) => {
    const [attemptId, id] = [newId(), newId()];
    await db.insert(attempts).values({
      id: attemptId,
      taskId: world.taskId,
      userId: owner.id,
      number: 1,
      templateVersionId,
      state: ended ? "ended" : "open",
      startedAt: started ? ago(age - 1) : null,
      deadlineAt: started ? ago(age - 91) : null,
      endedAt: ended ? ago(3) : null,
      endReason: ended ? "student" : null,
      createdAt: ago(age),
    });
    const over = state === "stopped" || state === "failed";
    await db.insert(workspaces).values({
      id,
      purpose: "attempt",
      attemptId,
      userId: owner.id,
      templateVersionId,
      label: randomLabel(),
      desired: over ? "stopped" : "running",
      state,
      memoryMb: 512,
      requestedAt: ago(age),
      stateAt: ago(Math.min(age, 4)),
      readyAt: started ? ago(age - 1) : null,
      activeAt: started ? ago(2) : null,
      endedAt: over ? ago(3) : null,
      ...patch,
    });
    return { id, attemptId };
  };
  const moves = async (workspaceId: string, list: [string | null, string, string, number][]) => {
    for (const [from, to, reason, minutes] of list) {
      await db
        .insert(workspaceEvents)
        .values({ id: newId(), workspaceId, from, to, actor: "system", reason, at: ago(minutes) });
    }
  };
  const student = (index: number): UserActor => {
    const found = world.students[index];
    if (!found) throw new Error(`no student ${index}`);
    return found;
  };

  const ready = { address: upstream, secret: seal("secret-of-the-stand-in") };
  // One that boots has the whole host, so they wait for as long as the pages are looked at.
  const [host] = await db.select().from(hosts);
  if (!host) throw new Error("no host");
  const whole = { hostId: host.id, memoryMb: host.memoryMb };
  await db.update(hosts).set({ memoryReservedMb: host.memoryMb }).where(eq(hosts.id, host.id));
  const waiting = (queuePosition: number) => ({
    memoryMb: 512,
    queuePosition,
    queueUntil: new Date(Date.now() + queuePosition * 12 * 60_000),
  });
  const of = {
    ready: await add({ owner: student(0), state: "ready", patch: ready }),
    queued: await add({ owner: student(1), state: "queued", age: 3, started: false, patch: waiting(1) }),
    starting: await add({
      owner: student(2),
      state: "booting",
      age: 0.3,
      started: false,
      patch: { ...whole, step: "boot", stepAt: ago(0.1) },
    }),
    failed: await add({
      owner: student(3),
      state: "failed",
      started: false,
      patch: { cause: "exited", causeDetail: log },
    }),
    stopped: await add({ owner: student(4), state: "stopped", patch: { stopReason: "student" } }),
    ended: await add({ owner: student(5), state: "stopped", ended: true }),
  };
  const clouds = await addClouds(db, emulator, {
    teacherId: world.teacher.id,
    ready: of.ready.id,
    ended: of.ended.id,
    starting: of.starting.id,
  });
  const off = await add({
    owner: student(21),
    state: "paused",
    patch: { templateVersionId: clouds.cloudVersionId },
  });
  const expiredId = newId();
  const recorded = (id: string, state: "done" | "expired", kind: "desktop" | "terminal") => ({
    ...{ id, state, kind, workspaceId: of.ended.id, attemptId: of.ended.attemptId, userId: student(5).id },
    ...{ startedAt: ago(40), beatAt: ago(4), endedAt: ago(4), durationMs: 2_160_000, bytes: 3_400_000 },
    expiresAt: ago(state === "expired" ? 1 : -43_200),
  });
  await db
    .insert(recordings)
    .values([recorded(newId(), "done", "desktop"), recorded(expiredId, "expired", "terminal")]);
  await moves(of.starting.id, [
    [null, "requested", "start", 0.3],
    ["requested", "provisioning", "placed", 0.28],
    ["provisioning", "provisioning", "step:home", 0.27],
    ["provisioning", "provisioning", "step:container", 0.2],
    ["provisioning", "booting", "created", 0.1],
  ]);
  await moves(of.queued.id, [
    [null, "requested", "start", 3],
    ["requested", "queued", "full", 3],
  ]);
  await db.insert(collections).values({
    id: newId(),
    attemptId: of.ended.attemptId,
    homeId: newId(),
    state: "done",
    files: 0,
    createdAt: ago(3),
    finishedAt: ago(2),
  });
  for (let index = 6; index < 18; index++) await add({ owner: student(index), state: "ready", patch: ready });
  await add({ owner: student(18), state: "queued", age: 2, started: false, patch: waiting(2) });
  await add({ owner: student(19), state: "failed", patch: { cause: "outOfMemory" } });

  const [eventId, runId] = [newId(), newId()];
  const data = JSON.stringify({ workspaceId: of.failed.id });
  await db
    .insert(executorEvents)
    .values({ id: eventId, name: "workspace/placed", data, ts: Date.now(), createdAt: ago(5) });
  await db.insert(executorRuns).values({
    id: runId,
    functionId: "labyard-workspace-provision",
    eventId,
    state: "failed",
    subject1: of.failed.id,
    output: JSON.stringify({ name: "Error", message: "no such image: labyard/jupyter" }),
    createdAt: ago(5),
    startedAt: ago(4.95),
    endedAt: ago(4),
  });
  const step = (name: string, seq: number, from: number, to: number) => ({
    runId,
    stepId: createHash("sha1").update(name).digest("hex"),
    seq,
    op: name.includes("wait") ? "Sleep" : "StepRun",
    name,
    state: "done" as const,
    memo: JSON.stringify({ type: "data", data: name.includes("wait") ? null : "done" }),
    attempts: 1,
    tookMs: name.includes("wait") ? null : Math.round((from - to) * 60_000),
    createdAt: ago(from),
    endedAt: ago(to),
  });
  await db
    .insert(executorSteps)
    .values([
      step("home-0", 1, 4.95, 4.9),
      step("home-wait-0", 2, 4.9, 4.6),
      step("home-1", 3, 4.6, 4.5),
      step("container-wait-0", 4, 4.5, 4.3),
    ]);
  await db.insert(executorAttempts).values(
    [4.3, 4.2, 4].map((minutes, attempt) => ({
      runId,
      stepId: "step",
      attempt,
      error: JSON.stringify({ name: "Error", message: "no such image: labyard/jupyter" }),
      at: ago(minutes),
    })),
  );
  const { cloudExperimentId } = await addCosts(world);
  return {
    ...world,
    ...clouds,
    cloudExperimentId,
    student,
    of: { ...of, off },
    runId,
    expiredId,
    hostId: host.id,
    templateId: template?.id ?? "",
  };
}

/** For as long as `look` takes there is no administrator, as right after the installation. */
export async function beforeSetUp(look: () => Promise<void>): Promise<void> {
  const db = database();
  const admins = await db
    .select({ id: users.id })
    .from(users)
    .innerJoin(userRoles, eq(userRoles.userId, users.id))
    .where(and(inArray(userRoles.role, ["admin", "superadmin"]), eq(users.demo, false)));
  const ids = admins.map(({ id }) => id);
  const value = { nonce: newId(), usedAt: null };
  await db.delete(settings).where(eq(settings.key, "setup"));
  await db.insert(settings).values({ key: "setup", value, updatedAt: new Date() });
  if (ids.length) await db.update(users).set({ demo: true }).where(inArray(users.id, ids));
  try {
    await look();
  } finally {
    if (ids.length) await db.update(users).set({ demo: false }).where(inArray(users.id, ids));
    await db.delete(settings).where(eq(settings.key, "setup"));
  }
}
