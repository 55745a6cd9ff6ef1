import type { Page } from "@playwright/test";
import { demoAccount } from "../accounts";
import { axeFindings } from "../axe";
import { expect, test } from "../fixtures";

const signIn = async (page: Page, { username, password }: { username: string; password: string }) => {
  await page.getByLabel("用户名").fill(username);
  await page.getByLabel("密码").fill(password);
  await page.getByRole("button", { name: "登录" }).click();
};

const looksRight = async (page: Page) => {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await axeFindings(page)).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null });
};

test("an administrator makes an account; its owner chooses a password, is suspended, and comes back", async ({
  page,
  browser,
}) => {
  await page.goto("/admin/users");
  await expect(page).toHaveURL(/\/sign-in\?next=%2Fadmin%2Fusers$/);
  await looksRight(page);
  await signIn(page, { ...demoAccount("superadmin"), password: "wrong" });
  await expect(page.getByText("用户名或密码不对")).toBeVisible();
  await signIn(page, demoAccount("superadmin"));
  await expect(page.getByRole("heading", { name: "用户" })).toBeVisible();
  await expect(page).toHaveURL(/\/admin\/users$/);
  await looksRight(page);

  const username = `amy${Date.now().toString(36)}`;
  await page.getByRole("button", { name: "新建用户" }).click();
  const dialog = page.getByRole("dialog");
  // Full-width letters are the same name.
  await dialog.getByLabel("用户名").fill(username.replace("amy", "ＡＭＹ"));
  await dialog.getByLabel("姓名").fill("艾米");
  await looksRight(page);
  await dialog.getByRole("button", { name: "新建用户" }).click();
  await expect(dialog.getByText("只显示这一次")).toBeVisible();
  const [shown, secret = ""] = await dialog.locator("code").allInnerTexts();
  expect(shown).toBe(username);
  await dialog.getByRole("button", { name: "我已记下" }).click();

  const context = await browser.newContext({ locale: "zh-CN" });
  const amy = await context.newPage();
  await amy.goto("/experiments");
  await signIn(amy, { username, password: secret });
  await expect(amy).toHaveURL(/\/account\/password$/);
  await amy.goto("/experiments");
  await expect(amy).toHaveURL(/\/account\/password$/);
  await looksRight(amy);
  const choose = async (password: string) => {
    await amy.getByLabel("初始密码").fill(secret);
    await amy.getByLabel("新密码", { exact: true }).fill(password);
    await amy.getByLabel("再输入一次新密码").fill(password);
    await amy.getByRole("button", { name: "保存新密码" }).click();
  };
  await choose("12345678");
  await expect(amy.getByText("这个密码太常见")).toBeVisible();
  await choose("copper lantern 9");
  await expect(amy).toHaveURL(/\/experiments$/);
  await amy.goto("/admin/users");
  await expect(amy.getByRole("heading", { name: "没有找到这个页面" })).toBeVisible();

  await page.goto(`/admin/users?q=${username}`);
  await page.getByRole("button", { name: /艾米/ }).last().click();
  await page.getByRole("menuitem", { name: "停用账号" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "停用账号" }).click();
  await expect(page.getByText("已停用 艾米")).toBeVisible();
  await amy.goto("/account");
  await expect(amy).toHaveURL(/\/sign-in/);
  await signIn(amy, { username, password: "copper lantern 9" });
  await expect(amy.getByText("这个账号已停用")).toBeVisible();
  await page.getByRole("button", { name: "撤销" }).click();
  await expect(page.getByText("已恢复 艾米")).toBeVisible();
  await signIn(amy, { username, password: "copper lantern 9" });
  await expect(amy).toHaveURL(/\/account$/);
  await looksRight(amy);
  await context.close();
});

test("signing out ends the session itself: its cookie opens nothing any more", async ({ page, context }) => {
  await page.goto("/sign-in?next=//evil.example/");
  await signIn(page, demoAccount("teacher"));
  await expect(page).toHaveURL(/\/teach\/courses$/);
  const cookies = (await context.cookies()).filter(({ name }) => name.endsWith("labyard-session"));
  expect(cookies).toMatchObject([
    { name: "__Host-Http-labyard-session", httpOnly: true, secure: true, sameSite: "Strict", path: "/" },
  ]);
  await page.getByRole("button", { name: /账号菜单/ }).click();
  await page.getByRole("menuitem", { name: "退出登录" }).click();
  await expect(page).toHaveURL(/\/sign-in$/);
  await context.addCookies(cookies);
  await page.goto("/account");
  await expect(page).toHaveURL(/\/sign-in\?next=%2Faccount$/);
});

const chooseLanguage = (page: Page, value: string, title: string) =>
  // A choice made before the page has come to life is not heard.
  expect(async () => {
    await page.getByRole("combobox", { name: /语言|Language/ }).selectOption(value);
    await expect(page.getByRole("heading", { name: title })).toBeVisible({ timeout: 5_000 });
  }).toPass();

test("the language is chosen on the account page and goes with the person", async ({ page, browser }) => {
  const student = demoAccount("student");
  await page.goto("/account");
  await signIn(page, student);
  await chooseLanguage(page, "en", "Account and password");
  const elsewhere = await browser.newContext({ locale: "zh-CN" });
  const other = await elsewhere.newPage();
  await other.goto("/account");
  await signIn(other, student);
  await expect(other.getByRole("heading", { name: "Account and password" })).toBeVisible();
  await chooseLanguage(other, "zh-CN", "账号与密码");
  await elsewhere.close();
});
