import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Download, Page } from "@playwright/test";
import { type Account, demoAccount } from "../accounts";
import { workspaceContainers } from "../containers";
import { expect, test } from "../fixtures";
import { Notebook } from "../notebook";
import { pressStart, workspaceOf } from "../press-start";
import { unzip } from "../unzip";

const tag = Date.now().toString(36);
const roster = Array.from({ length: 60 }, (_, i) => ({
  number: `26${tag}${String(i + 1).padStart(2, "0")}`,
  name: `学生${i + 1}`,
}));

test("from a list of names to a collected file: a teacher's class and a student's hour", async ({
  browser,
}) => {
  test.setTimeout(420_000);
  const teacher = await person(browser);
  const student = await person(browser);
  let account: Account = { username: "", password: "" };
  let experiment = "";
  let workspace = "";

  await test.step("the teacher imports 60 students from a CSV file", async () => {
    await signIn(teacher, demoAccount("teacher"));
    await teacher.goto("/teach/classes");
    await teacher.getByRole("button", { name: "新建班级" }).click();
    await teacher.getByRole("dialog").getByLabel("班级名称").fill(`软件 ${tag}`);
    await teacher.getByRole("dialog").getByRole("button", { name: "新建班级" }).click();
    await expect(teacher).toHaveURL(/\/import$/);
    const csv = ["学号,姓名", ...roster.map((row) => `${row.number},${row.name}`)].join("\n");
    await teacher
      .locator("input[type=file]")
      .setInputFiles({ name: "名单.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
    await expect(teacher.getByText("新建账号 60 个")).toBeVisible();
    await teacher.getByRole("button", { name: "导入 60 名学生" }).click();
    await expect(teacher.getByText("60 个初始密码只在这里显示一次")).toBeVisible({ timeout: 60_000 });
    const download = teacher.waitForEvent("download");
    await teacher.getByRole("button", { name: "下载 CSV" }).click();
    const slips = (await bytesOf(await download))
      .toString()
      .replace(/^\uFEFF/, "")
      .trim()
      .split(/\r?\n/);
    const [head = [], ...rows] = slips.map((row) => row.split(",").map((cell) => cell.replaceAll('"', "")));
    const [user, secret] = [head.indexOf("用户名"), head.indexOf("初始密码")];
    const seventh = rows.find((row) => row[user] === roster[6]?.number);
    const [number = "", password = ""] = [seventh?.[user], seventh?.[secret]];
    account = { username: number, password };
  });

  await test.step("and publishes an experiment for the class", async () => {
    await teacher.goto("/teach/courses");
    await teacher.getByRole("button", { name: "新建课程" }).click();
    await teacher.getByRole("dialog").getByLabel("课程名称").fill(`程序设计 ${tag}`);
    await teacher.getByRole("dialog").getByRole("button", { name: "新建课程" }).click();
    await expect(teacher).toHaveURL(/\/teach\/courses\/\w{26}/);
    await teacher.getByRole("tab", { name: /班级/ }).click();
    await teacher.getByRole("button", { name: "添加班级" }).first().click();
    await teacher
      .getByRole("dialog")
      .getByLabel("选择班级")
      .selectOption({ label: `软件 ${tag}（60 人）` });
    await teacher.getByRole("dialog").getByRole("button", { name: "添加到课程" }).click();
    await expect(teacher.getByRole("dialog")).toBeHidden();
    await teacher.getByRole("tab", { name: "实验" }).click();
    await teacher.getByRole("button", { name: "新建实验" }).first().click();
    await teacher.getByRole("dialog").getByLabel("实验名称").fill(`第一次实验 ${tag}`);
    await teacher.getByRole("dialog").getByRole("button", { name: "新建实验" }).click();
    await expect(teacher).toHaveURL(/\/teach\/experiments\/\w{26}/);
    experiment = /experiments\/(\w{26})/.exec(teacher.url())?.[1] ?? "";
    await teacher.getByLabel("实验说明").fill("计算 $6\\times7$：\n\n```python\nprint(6*7)\n```");
    await teacher.getByRole("button", { name: "保存内容" }).click();
    await expect(teacher.getByText("内容已保存")).toBeVisible();

    await teacher.getByRole("tab", { name: "环境" }).click();
    await teacher.getByLabel("环境模板").selectOption({ label: "JupyterLab" });
    await teacher.getByLabel("时长").fill("60");
    await teacher.getByRole("button", { name: "保存环境设置" }).click();
    await expect(teacher.getByText("环境设置已保存")).toBeVisible();
    await teacher.getByRole("tab", { name: "班级与时间" }).click();
    await teacher.getByRole("button", { name: new RegExp(`软件 ${tag}`) }).click();
    await expect(teacher.getByText(`已布置给 软件 ${tag}`)).toBeVisible();
    await teacher.getByRole("tab", { name: /发布/ }).click();
    await teacher.getByRole("button", { name: "发布实验" }).click();
    await expect(teacher.getByText("已发布").first()).toBeVisible();
  });

  await test.step("a student signs in with the one-time password and chooses an own one", async () => {
    await signIn(student, account);
    await expect(student).toHaveURL(/\/account\/password/);
    await student.getByLabel("初始密码").fill(account.password);
    await student.getByLabel("新密码", { exact: true }).fill(`Teapot-${tag}-harbour`);
    await student.getByLabel("再输入一次新密码").fill(`Teapot-${tag}-harbour`);
    await student.getByRole("button", { name: "保存新密码" }).click();
    await expect(student).toHaveURL(/\/experiments$/);
    await expect(student.getByText(`第一次实验 ${tag}`)).toBeVisible();
  });

  await test.step("presses Start, sees JupyterLab, runs a cell, sees 42 and saves a file", async () => {
    workspace = await pressStart(student);
    const notebook = new Notebook(student);
    await notebook.create();
    expect(await notebook.run("print(6*7); open('结果.txt', 'w').write('四十二\\n')")).toBe("42");
    await notebook.save();
    const { lab } = notebook;
    await expect(lab.locator(".jp-DirListing-item", { hasText: "结果.txt" })).toBeVisible({
      timeout: 30_000,
    });
    expect(await workspaceContainers(deploy())).toContain(workspace);
  });

  await test.step("stops, starts again, and the files are there", async () => {
    await student.getByRole("button", { name: "更多操作" }).click();
    await student.getByRole("menuitem", { name: /停止/ }).click();
    await student
      .getByRole("dialog")
      .or(student.getByRole("alertdialog"))
      .getByRole("button", { name: /停止/ })
      .click();
    await expect(student.getByText("已停止").first()).toBeVisible({ timeout: 60_000 });
    expect(await workspaceContainers(deploy())).not.toContain(workspace);
    await student.getByRole("button", { name: "继续实验" }).click();
    await expect(student).not.toHaveURL(new RegExp(workspace));
    workspace = workspaceOf(student);
    const lab = student.frameLocator("iframe");
    await expect(lab.locator(".jp-DirListing-item", { hasText: "结果.txt" })).toBeVisible({
      timeout: 120_000,
    });
    await expect(lab.locator(".jp-DirListing-item", { hasText: "Untitled.ipynb" })).toBeVisible();
  });

  await test.step("the deadline passes: within 30 s the container is gone", async () => {
    const closes = new Date(Math.ceil((Date.now() + 20_000) / 60_000) * 60_000);
    await teacher.goto(`/teach/experiments/${experiment}?tab=audience`);
    await teacher.getByLabel("截止时间").fill(localMinute(closes));
    await teacher.getByRole("button", { name: "保存时间" }).click();
    await expect(teacher.getByText("已为 1 名正在进行的学生重新计算截止时间")).toBeVisible();
    expect(Date.now(), "the change was in time").toBeLessThan(closes.getTime());
    await student.waitForTimeout(closes.getTime() - Date.now());
    await expect
      .poll(async () => (await workspaceContainers(deploy())).includes(workspace), { timeout: 30_000 })
      .toBe(false);
  });

  await test.step("student and teacher download the file with the same hash", async () => {
    await student.goto("/experiments");
    await student.getByRole("link", { name: new RegExp(`第一次实验 ${tag}`) }).click();
    await expect(student.getByText("时间到，自动结束")).toBeVisible();
    const own = student.waitForEvent("download");
    await student.getByRole("link", { name: /下载 结果\.txt/ }).click();
    const mine = await bytesOf(await own);
    expect(mine.toString()).toBe("四十二\n");

    await teacher.goto(`/teach/experiments/${experiment}/live`);
    await teacher.getByLabel("搜索学号或姓名").fill(account.username);
    const row = teacher.getByRole("row", { name: new RegExp(account.username) });
    await row.getByRole("button", { name: /操作/ }).click();
    const theirs = teacher.waitForEvent("download");
    await teacher.getByRole("menuitem", { name: /下载/ }).click();
    const zip = await theirs;
    expect(zip.suggestedFilename()).toBe(`${account.username}_学生7.zip`);
    const inside = await unzip(await bytesOf(zip));
    const [path] = [...inside.keys()].filter((name) => name.endsWith("结果.txt"));
    expect(hash(inside.get(path ?? "") ?? Buffer.of())).toBe(hash(mine));
  });
});

const deploy = () => process.env.E2E_DEPLOY ?? "labyard";
const hash = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const bytesOf = async (download: Download) => readFileSync(await download.path());
/** What a `datetime-local` field takes, in the zone of the pages. */
const localMinute = (at: Date) => new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 16);

async function person(browser: import("@playwright/test").Browser): Promise<Page> {
  return (await browser.newContext()).newPage();
}

async function signIn(page: Page, { username, password }: Account): Promise<void> {
  await page.goto("/sign-in");
  await page.getByLabel("用户名").fill(username);
  await page.getByLabel("密码").fill(password);
  await page.getByRole("button", { name: "登录" }).click();
  await expect(page).not.toHaveURL(/\/sign-in/);
}
