import type { CDPSession, Page, WebSocketRoute } from "@playwright/test";
import { database } from "@/db/client";
import { axeFindings } from "../axe";
import { everybodyOut } from "../everybody-out";
import { expect, test } from "../fixtures";
import { pressStart } from "../press-start";
import { runInside } from "../run-inside";
import { createWorld } from "../world";

test.afterEach(everybodyOut);

const words = "实验 🦊 Ω";
const typed = (text: string) => Buffer.from(`${text}\n`).toString("hex");

test("a terminal: Chinese by input method and paste, search, size, a reload, two tabs, a lost network", async ({
  page,
  context,
  login,
}) => {
  test.setTimeout(240_000);
  const world = await createWorld(database(), { students: 1 });
  const { student } = world;
  await login(student);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const keys = await context.newCDPSession(page);
  const tabs = page.getByRole("tablist", { name: "终端" });
  const screen = page.locator("[role=tabpanel]:visible .xterm-rows");
  const shows = (text: string | RegExp) => expect(screen).toContainText(text);
  let workspaceId = "";
  let line: WebSocketRoute | undefined;

  await test.step("opens from the bar of the workspace, with a shell at work", async () => {
    workspaceId = await pressStart(page, world.experimentId);
    await page.getByRole("button", { name: "终端" }).click({ timeout: 120_000 });
    await shows("student@lab:~$");
  });

  await test.step("has a page of its own, where it is the same one and has the keyboard", async () => {
    // Here no JupyterLab takes the focus when it has loaded.
    await page.goto(`/workspaces/${workspaceId}/terminal`);
    await shows("student@lab:~$");
    await expect(tabs.getByRole("tab")).toHaveCount(1);
    await expect(page.getByRole("textbox", { name: "终端 1" })).toBeFocused();
  });

  await test.step("takes text from an input method and from the clipboard, exactly", async () => {
    await page.keyboard.type("cat > ime.txt");
    await page.keyboard.press("Enter");
    await compose(keys, words);
    await page.keyboard.press("Enter");
    await page.keyboard.press("Control+d");
    await page.evaluate((text) => navigator.clipboard.writeText(`echo '${text}' > paste.txt`), words);
    await page.keyboard.press("Control+Shift+V");
    await page.keyboard.press("Enter");
    await expect
      .poll(() => runInside(workspaceId, "cd; od -An -tx1 ime.txt paste.txt | tr -d ' \\n'"))
      .toBe(typed(words).repeat(2));
  });

  await test.step("finds words, and counts them", async () => {
    await page.keyboard.type("seq 1000 1400; echo needle");
    await page.keyboard.press("Enter");
    await shows(/1400\s*needle/);
    await page.keyboard.press("Control+Shift+F");
    await page.getByRole("searchbox", { name: "在终端中查找" }).fill("1010");
    await expect(page.getByRole("search").getByRole("status")).toHaveText("1/1");
    await shows("1010");
    await page.keyboard.press("Escape");
    await expect(page.getByRole("textbox", { name: "终端 1" })).toBeFocused();
  });

  await test.step("follows the size of its place", async () => {
    const wide = await sizeInside(page, workspaceId);
    await page.setViewportSize({ width: 1000, height: 900 });
    await expect.poll(() => sizeInside(page, workspaceId)).toBeLessThan(wide - 30);
    await page.setViewportSize({ width: 1440, height: 900 });
    await expect.poll(() => sizeInside(page, workspaceId)).toBe(wide);
    expect(await axeFindings(page)).toEqual([]);
  });

  await test.step("has a second tab, and asks before it closes on a program", async () => {
    await page.getByRole("button", { name: "新建终端" }).click();
    await expect(tabs.getByRole("tab", { name: "终端 2" })).toHaveAttribute("aria-selected", "true");
    await shows("student@lab:~$");
    await page.keyboard.type("cat");
    await page.keyboard.press("Enter");
    await shows(/\$ cat/);
    await expect.poll(() => runInside(workspaceId, "pgrep -x cat")).toMatch(/\d/);
    await page.getByRole("button", { name: "关闭终端" }).click();
    await expect(page.getByRole("alertdialog")).toContainText("cat 正在运行");
    await page.getByRole("alertdialog").getByRole("button", { name: "取消" }).click();
  });

  await test.step("is there after a reload, with what it showed and what runs", async () => {
    await page.routeWebSocket(/\/api\/consoles\/terminal\/\w+$/, (routed) => {
      line = routed;
      routed.connectToServer();
    });
    await page.reload();
    await expect(tabs.getByRole("tab")).toHaveCount(2);
    await shows(/1400\s*needle/);
    await tabs.getByRole("tab", { name: "终端 2" }).click();
    await page.keyboard.type("still here");
    await page.keyboard.press("Enter");
    await shows(/still here\s*still here/);
    await page.keyboard.press("Control+c");
  });

  await test.step("says that the network is lost, and goes on when it is back", async () => {
    // Being offline stops what is new; what is open has to be cut.
    await context.setOffline(true);
    await line?.close({ code: 4000 });
    await expect(page.getByText(/连接断开，正在重新连接/)).toBeVisible();
    await context.setOffline(false);
    await expect(page.getByText(/连接断开/)).toBeHidden();
    await page.keyboard.type("echo ba''ck");
    await page.keyboard.press("Enter");
    await shows(/ck\s*back/);
  });

  await test.step("tells when its shell has ended, and starts another at Enter", async () => {
    await page.keyboard.type("exit 3");
    await page.keyboard.press("Enter");
    await expect(page.getByText("shell 已结束，退出码 3。")).toBeVisible();
    await page.keyboard.press("Enter");
    await expect(page.getByText("shell 已结束，退出码 3。")).toBeHidden();
    await page.keyboard.type("echo ag''ain");
    await page.keyboard.press("Enter");
    await shows(/ain\s*again/);
  });
});

/** As an input method does: letters under way, then the words. */
async function compose(keys: CDPSession, text: string): Promise<void> {
  for (const part of ["s", "sh", "shi'yan"])
    await keys.send("Input.imeSetComposition", {
      text: part,
      selectionStart: part.length,
      selectionEnd: part.length,
    });
  await keys.send("Input.insertText", { text });
}

/** Columns as the program in the first terminal sees them. */
async function sizeInside(page: Page, workspaceId: string): Promise<number> {
  await page.keyboard.type("stty size > s && mv s size.txt");
  await page.keyboard.press("Enter");
  let columns = 0;
  await expect
    .poll(async () => {
      columns = Number((await runInside(workspaceId, "cat ~/size.txt; rm -f ~/size.txt")).split(" ")[1]);
      return columns;
    })
    .toBeGreaterThan(0);
  return columns;
}
