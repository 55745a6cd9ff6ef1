import { createHash } from "node:crypto";
import type { Page } from "@playwright/test";
import { database } from "@/db/client";
import { engine } from "../containers";
import { everybodyOut } from "../everybody-out";
import { expect, test } from "../fixtures";
import { Notebook } from "../notebook";
import { pressStart, workspaceOf } from "../press-start";
import { createWorld } from "../world";

test.afterEach(everybodyOut);

const results = `学号,分数\n${Array.from({ length: 2_000 }, (_, i) => `${i},${i * 7}`).join("\n")}\n`;
const sha256 = (bytes: Buffer | string) => createHash("sha256").update(bytes).digest("hex");

test("pause and resume, a hung kernel, reset to clean, one file put back, and again from what was kept", async ({
  page,
  login,
}) => {
  test.setTimeout(360_000);
  const world = await createWorld(database(), { students: 1 });
  const { student } = world;
  await login(student);
  const notebook = new Notebook(page);
  const names = notebook.lab.locator(".jp-DirListing-itemText");
  let kernels: string[] = [];
  let attemptId = "";

  await test.step("a student at work", async () => {
    await pressStart(page, world.experimentId);
    await notebook.create();
    expect(await notebook.run("x = 6*7")).toBe("");
    const code = `s = "学号,分数\\n" + "".join(f"{i},{i*7}\\n" for i in range(2000)); open("/home/student/成绩.csv", "w").write(s)`;
    await notebook.run(code);
    await notebook.save();
    kernels = await notebook.kernels();
    const screen = await page.request.get(`/api/workspaces/${workspaceOf(page)}/screen`);
    attemptId = ((await screen.json()) as { attempt: { id: string } }).attempt.id;
  });

  await test.step("pauses it: the container is frozen, and what asks for it is refused at once", async () => {
    await fromMenu(page, "暂停环境");
    const dialog = page.getByRole("alertdialog");
    await expect(dialog).toContainText("计时不会暂停");
    await dialog.getByRole("button", { name: "暂停环境" }).click();
    await expect(page.getByRole("heading", { name: "环境已暂停" })).toBeVisible();
    expect(await frozen(page)).toBe(true);
    const refused = await askInside(page);
    expect(refused.status).toBe(503);
    expect(refused.ms).toBeLessThan(1_000);
    await expect(page.locator("header").getByRole("timer")).toBeVisible();
  });

  await test.step("and resumes it: the same page, the same kernel, and it still knows x", async () => {
    let loads = 0;
    page.on("framenavigated", () => loads++);
    await page.getByRole("main").getByRole("button", { name: "继续" }).click();
    await expect(page.getByRole("heading", { name: "环境已暂停" })).toBeHidden();
    expect(await frozen(page)).toBe(false);
    await expect(notebook.lab.locator(".jp-StatusBar-Widget").getByText("空闲")).toBeVisible();
    expect(await notebook.run("print(x)")).toBe("42");
    expect(await notebook.kernels()).toEqual(kernels);
    expect(loads, "nothing was loaded anew").toBe(0);
  });

  await test.step("restarts a kernel that hangs, from the bar", async () => {
    const last = notebook.lab.locator(".jp-Notebook .cm-content").last();
    await last.click();
    await page.keyboard.press("Control+a");
    await page.keyboard.type("import os, signal; os.kill(os.getpid(), signal.SIGSTOP)");
    await page.keyboard.press("Shift+Enter");
    await fromMenu(page, "内核");
    const dialog = page.getByRole("dialog", { name: "内核", exact: true });
    await dialog.getByRole("button", { name: "重启 Untitled.ipynb 的内核" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "重启内核" }).click();
    await expect(page.getByText("内核已重启")).toBeVisible({ timeout: 40_000 });
    await page.keyboard.press("Escape");
    await expect(dialog).toBeHidden();
    expect(await notebook.run('print("x" in dir())')).toBe("False");
  });

  await test.step("resets to clean, with a copy by default: the next workspace has an empty home", async () => {
    const before = workspaceOf(page);
    await fromMenu(page, "恢复初始状态");
    const dialog = page.getByRole("alertdialog");
    await expect(dialog.getByLabel("先保存一份副本")).toBeChecked();
    await dialog.getByRole("button", { name: "恢复初始状态" }).click();
    await expect(page.getByText("个人目录已恢复到初始状态。")).toBeVisible({ timeout: 120_000 });
    expect(workspaceOf(page)).not.toBe(before);
    await notebook.lab.locator(".jp-LauncherCard").first().waitFor({ timeout: 120_000 });
    await expect(names.filter({ hasText: /成绩|Untitled/ })).toHaveCount(0);
  });

  await test.step("finds the copy in the history, and puts one file back, byte for byte", async () => {
    const lab = page.url();
    await page.goto(`/experiments/${world.experimentId}`);
    await page.getByRole("button", { name: /2 个文件/ }).click();
    await page.getByRole("button", { name: "把 成绩.csv 放回个人目录" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "放回文件" }).click();
    await expect(page.getByText("已放回：~/成绩.csv")).toBeVisible({ timeout: 30_000 });
    const path = encodeURIComponent("成绩.csv");
    const file = await page.request.get(`/api/attempts/${attemptId}/file?path=${path}`);
    expect(sha256(await file.body())).toBe(sha256(results));
    await page.goto(lab);
    await expect(names.filter({ hasText: "成绩.csv" })).toHaveCount(1, { timeout: 120_000 });
    await expect(names.filter({ hasText: "Untitled" })).toHaveCount(0);
  });

  await test.step("and starts again from all of it, in the same attempt", async () => {
    const before = workspaceOf(page);
    await page.goto(`/experiments/${world.experimentId}`);
    await page.getByRole("button", { name: "从这里重新开始" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "重新开始" }).click();
    await expect(page.getByText("放回了 2 个文件")).toBeVisible({ timeout: 120_000 });
    expect(workspaceOf(page)).not.toBe(before);
    await expect(names.filter({ hasText: /^(成绩\.csv|Untitled\.ipynb)$/ })).toHaveCount(2, {
      timeout: 120_000,
    });
    const screen = await page.request.get(`/api/workspaces/${workspaceOf(page)}/screen`);
    expect(((await screen.json()) as { attempt: { id: string } }).attempt.id).toBe(attemptId);
  });
});

async function fromMenu(page: Page, entry: string): Promise<void> {
  await page.getByRole("banner").getByRole("button", { name: "更多操作" }).click();
  await page.getByRole("menuitem", { name: entry, exact: true }).click();
}

async function frozen(page: Page): Promise<boolean> {
  const found = await engine().listContainers({
    all: true,
    filters: { label: [`labyard.workspace=${workspaceOf(page)}`] },
  });
  return found.some((one) => one.State === "paused");
}

/** One request of the page inside, without the patience that its `fetch` has. */
async function askInside(page: Page): Promise<{ status: number; ms: number }> {
  const frame = page.frames().find((one) => new URL(one.url()).pathname.startsWith("/lab"));
  if (!frame) throw new Error("no JupyterLab in the page");
  return frame.evaluate(
    () =>
      new Promise<{ status: number; ms: number }>((resolve) => {
        const began = performance.now();
        const asked = new XMLHttpRequest();
        asked.open("GET", "/api/kernels");
        asked.onloadend = () => resolve({ status: asked.status, ms: performance.now() - began });
        asked.send();
      }),
  );
}
