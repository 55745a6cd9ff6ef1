import { eq, like } from "drizzle-orm";
import { closeDatabase, database } from "@/db/client";
import { hosts } from "@/db/schema";
import { cloudAccounts } from "@/db/schema/clouds";
import { type Emulator, startEmulator } from "../ecs-emulator";
import { expect, test } from "../fixtures";
import { createWorld, type World } from "../world";

/** From the keys of a cloud account to a template that the cloud would serve; nothing is started. */
let emulator: Emulator;
let world: World;
const nameOf = ({ courseId }: World) => `信息学院 ${courseId.slice(-6)}`;

test.beforeAll(async () => {
  emulator = await startEmulator();
  world = await createWorld(database());
});

test.afterAll(async () => {
  const own = eq(cloudAccounts.name, nameOf(world));
  const [account] = await database().select().from(cloudAccounts).where(own);
  if (account)
    await database()
      .delete(hosts)
      .where(like(hosts.endpoint, `ecs://${account.id}/%`));
  await database().delete(cloudAccounts).where(own);
  await emulator?.close();
  await closeDatabase();
});

test("an administrator adds an account and a region, a teacher makes a template that the cloud accepts", async ({
  page,
  login,
  browser,
}) => {
  test.setTimeout(120_000);
  const [key] = emulator.keys;
  emulator.set({ deniedActions: ["CreateImage"] });
  await login(world.admin);
  await page.goto("/admin/clouds");
  const name = nameOf(world);
  await page.getByRole("button", { name: "添加云账号" }).first().click();
  await page.getByLabel("名称").fill(name);
  await page.getByLabel("AccessKey ID").fill(key.accessKeyId);
  await page.getByLabel("AccessKey Secret").fill(key.accessKeySecret);
  await page.getByText("高级").click();
  await page.getByLabel("接口地址").fill(`${emulator.host}:${emulator.port}`);
  await page.getByRole("dialog").getByRole("button", { name: "添加云账号" }).click();

  const account = page.locator("section", { has: page.getByRole("heading", { name }) });
  await account.getByRole("button", { name: "检查" }).click();
  await expect(account).toContainText("缺少 1 项权限");
  await expect(account).toContainText("ecs:CreateImage");
  await expect(account.locator("pre")).toContainText("acs:ResourceTag/lab:deploy");
  emulator.set({ deniedActions: [] });
  await account.getByRole("button", { name: "检查" }).click();
  await expect(account).toContainText("所需的权限都有");
  expect(await page.content()).not.toContain(key.accessKeySecret);

  await account.getByRole("button", { name: "添加地域" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("地域", { exact: true }).selectOption("cn-hangzhou");
  await dialog.getByLabel("最多同时运行").fill("40");
  await dialog.getByRole("button", { name: "添加地域" }).click();
  await expect(account).toContainText("0 / 40 台");

  await page.goto("/admin/clouds?tab=leaks");
  await page.getByRole("button", { name: `立即比对“${name} cn-hangzhou”` }).click();
  const swept = page.getByRole("listitem").filter({ hasText: `${name} cn-hangzhou` });
  await expect(swept).toContainText("一致");
  await expect(swept).toContainText("手动");

  const teach = await (await browser.newContext({ locale: "zh-CN" })).newPage();
  await login(world.teacher, teach);
  await teach.goto("/teach/templates/new");
  await teach.getByLabel("名称").fill("云桌面");
  await teach.getByLabel("环境类型").selectOption("cloud");
  await teach.getByLabel("云账号和地域").selectOption({ label: `${name} cn-hangzhou` });
  await expect(teach.getByText("是刚从云上读取的")).toBeVisible();
  const imageOf = (system: string) =>
    teach.getByLabel("镜像").locator("option", { hasText: system }).getAttribute("value");
  await teach.getByLabel("镜像").selectOption((await imageOf("CentOS")) ?? "");
  await expect(teach.getByLabel("学生使用的账号")).toHaveValue("root");
  await teach.getByLabel("镜像").selectOption((await imageOf("Debian")) ?? "");
  await expect(teach.getByLabel("学生使用的账号")).toHaveValue("ecs-user");
  await teach.getByRole("button", { name: "添加规格" }).click();
  await expect(teach.getByRole("listitem").filter({ hasText: "ecs.c7.large" })).toContainText("¥0.392");
  await teach.getByRole("checkbox", { name: "ecs.c7.large" }).check();
  await teach.getByRole("checkbox", { name: "ecs.e-c1m2.large" }).check();
  await teach.keyboard.press("Escape");
  await teach.getByRole("button", { name: "上移 ecs.e-c1m2.large" }).click();
  await teach.getByLabel("添加可用区").selectOption("vsw-cn-hangzhou-h");
  await teach.getByLabel("添加可用区").selectOption("vsw-cn-hangzhou-i");
  await teach.getByLabel("安全组").selectOption("sg-cn-hangzhou");
  await teach.getByLabel("抢占式实例").selectOption("never");
  await expect(teach.getByText("每台每小时")).toContainText("¥");

  emulator.set({ stock: { "cn-hangzhou-h": { "*": 0 } } });
  await teach.getByRole("button", { name: "检查能否创建" }).click();
  await expect(teach.getByText("4 种方案里有 2 种现在可以创建")).toBeVisible();
  await expect(teach.getByText("已售罄").first()).toBeVisible();
  await teach.getByRole("button", { name: "新建模板" }).click();
  await expect(teach).toHaveURL(/\/teach\/templates\/[0-9A-Z]{26}/);
  await expect(teach.getByRole("listitem").filter({ hasText: "ecs.e-c1m2.large" }).first()).toContainText(
    "1",
  );
  expect(emulator.leftovers().instances).toEqual([]);
  await teach.context().close();
});
