import type { FrameLocator, Page } from "@playwright/test";
import { eq } from "drizzle-orm";
import { database } from "@/db/client";
import { assignments, attempts, hosts, workspaces } from "@/db/schema";
import { sendEvent } from "@/inngest/client";
import { systemCtx } from "@/lib/platform/context";
import { workspaceContainers } from "../containers";
import { everybodyOut } from "../everybody-out";
import { expect, test } from "../fixtures";
import { pressStart } from "../press-start";
import { createWorld } from "../world";

const minute = 60_000;
const ago = (minutes: number) => new Date(Date.now() - minutes * minute);
const db = () => database();

test.afterEach(async () => {
  await db().update(hosts).set({ status: "enabled" });
  await everybodyOut();
});

test("time that runs out: warned inside and outside, more of it, a stop for idleness, the end, and an end for all", async ({
  page,
  browser,
  context,
  login,
}) => {
  test.setTimeout(300_000);
  const close = new Date(Math.ceil(Date.now() / minute) * minute + 5 * 60 * minute);
  const world = await createWorld(db(), {
    students: 3,
    closesAt: close,
    task: {
      durationMinutes: 60,
      selfExtensions: 1,
      selfExtensionMinutes: 15,
      idleMinutes: 30,
      maxAttempts: 3,
    },
  });
  const [student, second, third] = world.students;
  if (!student || !second || !third) throw new Error("no students");
  await login(student);
  const teacher = await (await browser.newContext()).newPage();
  await login(world.teacher, teacher);
  const warnings = page.getByRole("region", { name: "提醒" });
  const lab = page.frameLocator("main iframe");
  const timer = page.locator("header").getByRole("timer");
  let at = { workspaceId: "", attemptId: "" };

  await test.step("a student at work, whose clock shows 46 minutes later", async () => {
    at = await start(page, world.experimentId);
    await ready(lab);
    await clockAt(at.attemptId, 46);
  });

  await test.step("is warned on the page and by a notification inside JupyterLab", async () => {
    await expect(warnings).toContainText("“第一次实验”剩余时间 14 分钟");
    await expect(notification(lab)).toContainText(/距离结束还有 1[45] 分钟/);
    await expect(notification(lab).getByRole("button", { name: "去延长时间" })).toHaveCount(0);
  });

  await test.step("also where the page is loaded anew, on other pages, and in a tab of its own", async () => {
    const tab = context.waitForEvent("page");
    await page.getByRole("button", { name: "在新标签页打开" }).click();
    const own = await tab;
    await expect(notification(own)).toContainText(/距离结束还有 1[45] 分钟/, { timeout: 60_000 });
    // A link out of a workspace comes without the app's cookie at first, and gets there signed in all the same.
    const back = context.waitForEvent("page");
    await notification(own).getByRole("button", { name: "去延长时间" }).click();
    const app = await back;
    await expect(app).toHaveURL(new RegExp(`/workspaces/${at.workspaceId}$`));
    await app.close();
    await own.close();
    await page.goto("/experiments");
    await expect(warnings).toContainText("剩余时间");
    await warnings.getByRole("link", { name: "进入环境" }).click();
    await expect(warnings).toContainText("剩余时间");
    await expect(notification(lab)).toContainText("距离结束还有", { timeout: 60_000 });
  });

  await test.step("extends as far as the task allows, and the warnings go", async () => {
    await warnings.getByRole("button", { name: "延长 15 分钟 剩 1 次" }).click();
    await expect(warnings).not.toContainText("剩余时间");
    await expect(notification(lab)).toHaveCount(0);
    await expect(timer).toHaveText(/2[89] 分钟/);
    await expect(page.getByText("不能再延长")).toBeVisible();
  });

  await test.step("the teacher extends the class: counted before, seen live by the student", async () => {
    await teacher.goto(`/teach/experiments/${world.experimentId}/live`);
    await teacher.getByRole("button", { name: "延长全班" }).click();
    const dialog = teacher.getByRole("dialog");
    await dialog.getByLabel("延长多少分钟").fill("30");
    await expect(dialog).toContainText("1 人正在计时：各延长 30 分钟");
    await expect(dialog).toContainText("2 人还没有开始计时：截止时间改为");
    await dialog.getByRole("button", { name: "延长 30 分钟" }).click();
    await expect(teacher.getByText("1 人各延长 30 分钟。2 人的截止时间已推后。")).toBeVisible();
    await expect(timer).toHaveText(/5[6789] 分钟/);
    const [assigned] = await db()
      .select()
      .from(assignments)
      .where(eq(assignments.experimentId, world.experimentId));
    expect(assigned?.closesAt).toEqual(new Date(close.getTime() + 30 * minute));
  });

  await test.step("who does nothing is warned inside and outside, and stays by a word inside", async () => {
    await quietFor(at.workspaceId, 26, world.taskId);
    await expect(warnings).toContainText("很久没有操作");
    await expect(notification(lab)).toContainText("这里很久没有操作");
    await notification(lab).getByRole("button", { name: "我还在" }).click();
    await expect(warnings).not.toContainText("很久没有操作");
    await expect(notification(lab)).toHaveCount(0);
    const [row] = await db().select().from(workspaces).where(eq(workspaces.id, at.workspaceId));
    expect(row?.activeAt?.getTime()).toBeGreaterThan(Date.now() - minute);
  });

  await test.step("and is stopped when nothing comes after the warning, with a way to start again", async () => {
    await quietFor(at.workspaceId, 31, world.taskId);
    await expect(warnings).toContainText("很久没有操作");
    await db()
      .update(workspaces)
      .set({ idleWarnedAt: ago(6) })
      .where(eq(workspaces.id, at.workspaceId));
    await ask("task/idle.changed", { taskId: world.taskId });
    await expect(page.getByText("连续 30 分钟没有操作，环境自动停止了。")).toBeVisible();
    await expect(page.getByRole("button", { name: "重新启动" })).toBeVisible();
    await expect.poll(containers, { timeout: 30_000 }).not.toContain(at.workspaceId);
  });

  await test.step("the deadline ends the attempt, whatever it is doing", async () => {
    await clockAt(at.attemptId, 106);
    await expect(page.getByRole("heading", { name: "时间到，实验已结束" })).toBeVisible();
    const [row] = await db().select().from(attempts).where(eq(attempts.id, at.attemptId));
    expect(row).toMatchObject({ state: "ended", endReason: "deadline" });
  });

  await test.step("the teacher closes now, told who is at work and who waits", async () => {
    const other = await (await browser.newContext()).newPage();
    await login(second, other);
    const running = await start(other, world.experimentId);
    await ready(other.frameLocator("main iframe"));
    // A host that takes nobody new: the next one waits.
    await db().update(hosts).set({ status: "draining" });
    const waiter = await (await browser.newContext()).newPage();
    await login(third, waiter);
    await start(waiter, world.experimentId);

    await teacher.reload();
    await teacher.getByRole("button", { name: "立即截止" }).click();
    const dialog = teacher.getByRole("alertdialog");
    await expect(dialog).toContainText("将结束 1 名学生正在进行的实验，取消 1 名学生的启动");
    await dialog.getByRole("textbox").fill("立即截止");
    await dialog.getByRole("button", { name: "立即截止" }).click();
    await expect(teacher.getByText("实验已截止，结束了 2 名学生的实验")).toBeVisible();
    for (const one of [other, waiter]) {
      await expect(one.getByRole("heading", { name: "教师结束了这次实验" })).toBeVisible();
    }
    await expect.poll(containers, { timeout: 30_000 }).not.toContain(running.workspaceId);
    await other.goto(`/experiments/${world.experimentId}`);
    await expect(other.getByRole("button", { name: /开始实验|再做一次/ })).toHaveCount(0);
  });
});

async function start(page: Page, experimentId: string) {
  const workspaceId = await pressStart(page, experimentId);
  const [row] = await db().select().from(workspaces).where(eq(workspaces.id, workspaceId));
  return { workspaceId, attemptId: row?.attemptId ?? "" };
}

const ready = (lab: FrameLocator) =>
  expect(lab.locator(".jp-LauncherCard").first()).toBeVisible({ timeout: 120_000 });

const notification = (where: Page | FrameLocator) => where.locator(".Toastify__toast");

const containers = () => workspaceContainers(process.env.E2E_DEPLOY ?? "labyard");

const ask = (name: "attempt/deadline.changed" | "task/idle.changed", data: Record<string, string>) =>
  sendEvent(systemCtx("story"), db(), name, data as never);

/** As if the clock had run for so many minutes; the service works out the rest. */
async function clockAt(attemptId: string, minutes: number): Promise<void> {
  // Half a minute past the full one, so that what is shown does not turn while it is looked at.
  await db()
    .update(attempts)
    .set({ startedAt: ago(minutes - 0.5) })
    .where(eq(attempts.id, attemptId));
  await ask("attempt/deadline.changed", { attemptId });
}

/** As if nobody had done anything in it for so many minutes. */
async function quietFor(workspaceId: string, minutes: number, taskId: string): Promise<void> {
  await db()
    .update(workspaces)
    .set({ activeAt: ago(minutes), stateAt: ago(minutes) })
    .where(eq(workspaces.id, workspaceId));
  await ask("task/idle.changed", { taskId });
}
