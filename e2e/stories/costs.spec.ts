import { readFileSync } from "node:fs";
import type { Locator } from "@playwright/test";
import { eq } from "drizzle-orm";
import { closeDatabase, database } from "@/db/client";
import { charges, courses } from "@/db/schema";
import { newId } from "@/lib/platform/ids";
import { expect, test } from "../fixtures";
import { createWorld } from "../world";

const db = database();
test.afterAll(closeDatabase);

/** Opens something; a button may be there before its script is, and then a press comes to nothing. */
const open = (button: Locator, shown: Locator) =>
  expect(async () => {
    if (!(await shown.isVisible())) await button.click();
    await expect(shown).toBeVisible({ timeout: 2_000 });
  }).toPass();

test("an administrator sets a budget; it is spent; the teacher lets starts go on, and takes that back", async ({
  page,
  browser,
  login,
  baseURL,
}) => {
  const world = await createWorld(db, { students: 1 });
  const name = `云计算 ${world.courseId.slice(-6)}`;
  await db.update(courses).set({ name }).where(eq(courses.id, world.courseId));
  const hour = 3_600_000;
  const fromAt = new Date(Date.now() - 3 * hour);
  const whose = { courseId: world.courseId, classId: world.classId, userId: world.students[0]?.id };
  await db.insert(charges).values({
    ...{ id: newId(), resourceId: newId(), ...whose, kind: "compute", price: 5_000_000 },
    ...{ fromAt, untilAt: new Date(fromAt.getTime() + 2 * hour), amount: 10_000_000 },
  });

  await login(world.admin);
  await page.goto("/admin/costs");
  const row = page.getByRole("row", { name });
  await expect(row).toContainText("¥10.00");
  const setBudget = page.getByRole("menuitem", { name: "设置预算" });
  await open(row.getByRole("button"), setBudget);
  await setBudget.click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("预算").fill("-1");
  await dialog.getByRole("button", { name: "保存预算" }).click();
  await expect(dialog.getByText("请填 0 到 10000000 元")).toBeVisible();
  await dialog.getByLabel("预算").fill("9.5");
  await dialog.getByRole("button", { name: "保存预算" }).click();
  await expect(dialog).toBeHidden();
  await expect(row).toContainText("¥9.50");

  const desk = await (await browser.newContext({ locale: "zh-CN", baseURL })).newPage();
  await login(world.teacher, desk);
  await desk.goto(`/teach/courses/${world.courseId}`);
  await desk.getByRole("link", { name: "查看费用" }).click();
  // The page before has the same notice.
  await expect(desk).toHaveURL(/\/costs$/);
  await expect(desk.getByText("预算已满，学生不能再启动云桌面")).toBeVisible();
  await expect(desk.getByRole("button", { name: "修改预算" })).toHaveCount(0);
  await open(desk.getByRole("button", { name: "临时放行" }), desk.getByLabel("原因"));
  await desk.getByLabel("原因").fill("期末补课");
  await desk.getByRole("button", { name: "放行", exact: true }).click();
  await expect(desk.getByText("原因：期末补课")).toBeVisible();
  await desk.getByRole("button", { name: "结束放行" }).click();
  await expect(desk.getByText("预算已满，学生不能再启动云桌面")).toBeVisible();

  // Down to the student, and out as a file.
  await desk.getByRole("link", { name: "按学生" }).click();
  await expect(desk.getByRole("row", { name: "student1" })).toContainText("¥10.00");
  const [download] = await Promise.all([
    desk.waitForEvent("download"),
    desk.getByRole("link", { name: "下载 CSV" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe(`费用_${name}.csv`);
  expect(readFileSync(await download.path(), "utf8")).toContain("花费（元）");
});
