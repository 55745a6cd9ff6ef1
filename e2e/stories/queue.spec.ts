import type { Page } from "@playwright/test";
import { eq, inArray } from "drizzle-orm";
import { database } from "@/db/client";
import { tasks, templates, workspaceEvents, workspaces } from "@/db/schema";
import { startTask } from "@/lib/attempts";
import type { UserActor } from "@/lib/platform/context";
import { newId } from "@/lib/platform/ids";
import { stopWorkspace } from "@/lib/workspaces";
import { expect, test } from "../fixtures";
import { ownService } from "../own-service";
import { as, createWorld, type World } from "../world";

const service = ownService({
  name: "queue",
  port: Number(process.env.E2E_QUEUE_PORT ?? 3330),
  // Room for two workspaces of 384 MB.
  env: { HOST_MEMORY_MB: "768" },
});
const small = { memoryMb: 384, diskMb: 64, cpus: 0.5 };
/** How long students stay, here as before. */
const stayMs = 20_000;

test("with room for two, classes take turns, and the fifth waits as long as it was told", async ({
  page,
  login,
}) => {
  // Minutes of people who stay: the rules of the queue are tested in CI by lib/workspaces/queue.
  test.skip(!process.env.LONG, "with --long");
  test.setTimeout(240_000);
  const [a, b] = [
    await createWorld(database(), { students: 4, spec: small }),
    await createWorld(database(), { students: 1, spec: small }),
  ];
  for (const world of [a, b]) await rememberStays(world);
  const [a1, a2, a3, a4] = a.students;
  const [b1] = b.students;
  if (!a1 || !a2 || !a3 || !a4 || !b1) throw new Error("too few students");
  const [third, fourth, fifth, list] = [page, await other(page), await other(page), await other(page)];
  await login(a3, third);
  await login(a4, fourth);
  await login(b1, fifth);
  await login(a4, list);
  for (const [at, world] of [
    [third, a],
    [fourth, a],
    [fifth, b],
  ] as const) {
    await at.goto(`${service.url}/experiments/${world.experimentId}`);
  }
  for (const student of [a1, a2])
    await startTask({ ctx: as(student, database()), input: { taskId: a.taskId } });
  await Promise.all([a1, a2].map((student) => until(student, "ready")));
  const leaving = [a1, a2, b1].map(leaveInTime);

  // Who leaves the queue lets the others move up at once; nobody loads a page anew.
  await press(third);
  await expect(third.getByText("排队中，第 1 位")).toBeVisible();
  await press(fourth);
  await expect(fourth.getByText("排队中，第 2 位")).toBeVisible();
  await third.getByRole("button", { name: "取消启动" }).click();
  await expect(fourth.getByText("排队中，第 1 位")).toBeVisible({ timeout: 3_000 });
  await list.goto(`${service.url}/experiments`);
  await expect(list.getByText("排队中，第 1 位")).toBeVisible();

  // Two of the one class run and none of the other: who comes later goes first.
  await press(fifth);
  await expect(fifth.getByText("排队中，第 1 位")).toBeVisible();
  await expect(fourth.getByText("排队中，第 2 位")).toBeVisible();
  await expect(list.getByText("排队中，第 2 位")).toBeVisible();
  await third.getByRole("button", { name: "重新启动" }).click();
  await expect(third).toHaveURL(/\/workspaces\/\w{26}$/);
  await expect(third.getByText("排队中，第 3 位")).toBeVisible();
  await expect(third.getByText("前面还有人在等，你排在第 3 位。")).toBeVisible();
  const toldMs = await toldWait(third);
  const toldAt = Date.now();

  const admin = await other(page);
  await login(a.admin, admin);
  await admin.goto(`${service.url}/admin/workspaces`);
  await expect(admin.getByRole("table").getByText("排队中，第 3 位")).toBeVisible();

  await expect(third.getByText("排队中，第 1 位")).toBeVisible({ timeout: 90_000 });
  await until(a3, "provisioning", "booting", "ready");
  const waitedMs = Date.now() - toldAt;
  expect(Math.abs(waitedMs - toldMs) / toldMs, `told ${toldMs} ms, waited ${waitedMs} ms`).toBeLessThan(0.5);
  await Promise.all(leaving);
  await expect(third.frameLocator("main iframe").locator(".jp-Launcher").first()).toBeVisible({
    timeout: 60_000,
  });
  // Each class in turn, and within a class by age.
  expect(await placedInOrder([a1, a2, b1, a4, a3])).toBe(true);
});

async function other(page: Page): Promise<Page> {
  const context = await page.context().browser()?.newContext({ locale: "zh-CN" });
  if (!context) throw new Error("no browser");
  return context.newPage();
}

async function press(page: Page): Promise<void> {
  await page.getByRole("button", { name: "开始实验" }).click();
  await expect(page).toHaveURL(/\/workspaces\/\w{26}$/);
}

/** What the page says that is left, in ms. */
async function toldWait(page: Page): Promise<number> {
  const sentence = page.getByText(/大约还要等 \d+ (秒|分钟)。/).first();
  await expect(sentence).toBeVisible();
  const [, value, unit] = /大约还要等 (\d+) (秒|分钟)。/.exec(await sentence.innerText()) ?? [];
  return Number(value) * (unit === "秒" ? 1_000 : 60_000);
}

const lastOf = async (student: UserActor) =>
  (
    await database().select().from(workspaces).where(eq(workspaces.userId, student.id)).orderBy(workspaces.id)
  ).at(-1);

async function until(student: UserActor, ...states: string[]): Promise<void> {
  await expect
    .poll(async () => states.includes((await lastOf(student))?.state ?? ""), {
      timeout: 120_000,
      intervals: [200],
    })
    .toBe(true);
}

/** Works as long as those before, then stops. */
async function leaveInTime(student: UserActor): Promise<void> {
  await until(student, "ready");
  const row = await lastOf(student);
  const leaveAt = (row?.readyAt?.getTime() ?? 0) + stayMs;
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, leaveAt - Date.now())));
  await stopWorkspace({ ctx: as(student, database()), input: { workspaceId: row?.id ?? "" } });
}

async function placedInOrder(students: readonly UserActor[]): Promise<boolean> {
  const ids = await Promise.all(students.map(async (student) => (await lastOf(student))?.id ?? ""));
  const rows = await database()
    .select()
    .from(workspaceEvents)
    .where(inArray(workspaceEvents.workspaceId, ids))
    .orderBy(workspaceEvents.at);
  const placed = rows.filter(({ reason }) => reason === "placed").map(({ workspaceId }) => workspaceId);
  return placed.join() === ids.join();
}

/** As measured last week: three who stayed for a while. How long boots take is seen by those that run. */
async function rememberStays(world: World): Promise<void> {
  const [task] = await database()
    .select({ versionId: templates.currentVersionId })
    .from(tasks)
    .innerJoin(templates, eq(templates.id, tasks.templateId))
    .where(eq(tasks.id, world.taskId));
  const versionId = task?.versionId ?? "";
  const readyAt = new Date(Date.now() - 7 * 86_400_000);
  for (let n = 0; n < 3; n++) {
    const id = newId();
    await database()
      .insert(workspaces)
      .values({
        id,
        purpose: "attempt",
        userId: world.stranger.id,
        templateVersionId: versionId,
        label: id.toLowerCase(),
        desired: "stopped",
        state: "stopped",
        memoryMb: small.memoryMb,
        requestedAt: readyAt,
        stateAt: readyAt,
        readyAt,
        endedAt: new Date(readyAt.getTime() + stayMs),
      });
  }
}
