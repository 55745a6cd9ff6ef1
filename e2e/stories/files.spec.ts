import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import type { Download, Locator, Page } from "@playwright/test";
import { database } from "@/db/client";
import { axeFindings } from "../axe";
import { everybodyOut } from "../everybody-out";
import { expect, test } from "../fixtures";
import { pressStart } from "../press-start";
import { runInside } from "../run-inside";
import { unzip } from "../unzip";
import { createWorld } from "../world";

test.afterEach(everybodyOut);

const mb = 1024 ** 2;
const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const bytesOf = async (download: Download) => buffer(await download.createReadStream());

async function saved(page: Page, press: () => Promise<unknown>): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent("download"), press()]);
  return { name: download.suggestedFilename(), bytes: await bytesOf(download) };
}

test("the files panel: a large upload over a broken network, folders, names, a ZIP, and a look inside", async ({
  page,
  context,
  login,
}) => {
  test.setTimeout(360_000);
  // Beside a desktop: a notebook takes the processor that the panel is to be seen with.
  const spec = {
    protocol: "vnc",
    image: "labyard/desktop",
    memoryMb: 768,
    processes: 512,
    diskMb: 256,
  } as const;
  const world = await createWorld(database(), { students: 1, spec });
  const { student } = world;
  const folder = await mkdtemp(join(tmpdir(), "labyard-files-"));
  const big = randomBytes(50 * mb);
  const bigName = "实验数据 🦊（第一组）.bin";
  const left = randomBytes(17 * mb);
  await writeFile(join(folder, bigName), big);
  await writeFile(join(folder, "left.bin"), left);
  await mkdir(join(folder, "作业/图"), { recursive: true });
  await writeFile(join(folder, "作业/说明.md"), "# 说明\n<script>alert(1)</script>\n");
  await writeFile(join(folder, "作业/图/a.csv"), "姓名,分数\n张三,90\n");

  await login(student);
  const workspaceId = await pressStart(page, world.experimentId);
  const inHome = async (script: string) => (await runInside(workspaceId, `cd ~; ${script}`)).trim();
  const state = async () =>
    ((await (await page.request.get(`/api/workspaces/${workspaceId}/screen`)).json()) as { state: string })
      .state;
  await expect.poll(state, { timeout: 120_000 }).toBe("ready");

  const panel = page.getByRole("complementary", { name: "文件" });
  const row = (name: string): Locator =>
    panel.getByRole("row").filter({ has: page.getByRole("button", { name, exact: true }) });
  const open = async () => {
    await page.getByRole("button", { name: "文件", exact: true }).click();
    await expect(panel.getByText(/剩余 .*共/)).toBeVisible();
  };
  const act = async (name: string, what: string) => {
    await row(name)
      .getByRole("button", { name: `${name} 的操作` })
      .click();
    await page.getByRole("menuitem", { name: what }).click();
  };
  const pick = (which: "files" | "folder", path: string) =>
    panel.locator(`input[data-picker=${which}]`).setInputFiles(path);

  await test.step("50 MB stop half way with the network, and go on by themselves", async () => {
    await open();
    const offsets: number[] = [];
    await page.route("**/uploads/*", async (route) => {
      if (route.request().method() !== "PATCH") return route.continue();
      offsets.push(Number(route.request().headers()["upload-offset"]));
      if (offsets.length !== 3) return route.continue();
      await context.setOffline(true);
      return route.abort("internetdisconnected");
    });
    await pick("files", join(folder, bigName));
    await expect(panel.getByText("网络断开，恢复后自动继续")).toBeVisible({ timeout: 60_000 });
    await context.setOffline(false);
    await expect(row(bigName)).toBeVisible({ timeout: 60_000 });
    await page.unroute("**/uploads/*");
    // Nothing was sent twice that had arrived.
    expect(offsets).toEqual([0, 16 * mb, 32 * mb, 32 * mb, 48 * mb]);
    expect(await inHome(`sha256sum '${bigName}'`)).toContain(sha256(big));
  });

  await test.step("it comes back as it was", async () => {
    const { name, bytes } = await saved(page, () => act(bigName, "下载"));
    expect(name).toBe(bigName);
    expect(sha256(bytes)).toBe(sha256(big));
  });

  await test.step("an upload outlives the page: the same file chosen again is the rest of it", async () => {
    await page.route("**/uploads/*", (route) =>
      route.request().method() === "PATCH" && route.request().headers()["upload-offset"] !== "0"
        ? route.abort("connectionreset")
        : route.continue(),
    );
    await pick("files", join(folder, "left.bin"));
    await expect(panel.getByText("连接中断，正在重试")).toBeVisible({ timeout: 60_000 });
    page.once("dialog", (dialog) => void dialog.accept());
    await page.reload();
    await page.unroute("**/uploads/*");
    await open();
    await expect(panel.getByText(/未传完（94%）/)).toBeVisible();
    const sent: number[] = [];
    page.on("request", (request) => {
      const offset = request.headers()["upload-offset"];
      if (request.method() === "PATCH") sent.push(Number(offset));
    });
    await pick("files", join(folder, "left.bin"));
    await expect(row("left.bin")).toBeVisible({ timeout: 60_000 });
    expect(sent).toEqual([16 * mb]);
    expect(await inHome("sha256sum left.bin")).toContain(sha256(left));
  });

  await test.step("a folder, a dropped file, and one whose name is taken", async () => {
    await pick("folder", join(folder, "作业"));
    await expect(row("作业")).toBeVisible();
    expect(await inHome("find 作业 -type f | sort")).toBe("作业/图/a.csv\n作业/说明.md");
    const drop = async (text: string) => {
      const data = await page.evaluateHandle((content) => {
        const given = new DataTransfer();
        given.items.add(new File([content], "notes.txt", { lastModified: 1 }));
        return given;
      }, text);
      await panel.dispatchEvent("dragenter", { dataTransfer: data });
      await expect(panel.getByText("松开鼠标，上传到 个人目录")).toBeVisible();
      await panel.dispatchEvent("drop", { dataTransfer: data });
    };
    await drop("first");
    await expect(row("notes.txt")).toBeVisible();
    await drop("second");
    const dialog = page.getByRole("dialog", { name: "已有同名的文件" });
    await dialog.getByRole("button", { name: "两份都保留" }).click();
    await expect(row("notes (2).txt")).toBeVisible();
    expect(await inHome("cat notes.txt 'notes (2).txt'")).toBe("firstsecond");
  });

  await test.step("looks inside, and runs nothing of it", async () => {
    await row("作业").getByRole("button", { name: "作业", exact: true }).click();
    page.on("dialog", () => expect.soft(true, "a script of a file ran").toBe(false));
    await act("说明.md", "预览");
    const dialog = page.getByRole("dialog");
    await expect(dialog.getByText("<script>alert(1)</script>")).toBeVisible();
    await page.keyboard.press("Escape");
    await row("图").getByRole("button", { name: "图", exact: true }).click();
    await row("a.csv").getByRole("button", { name: "a.csv", exact: true }).click();
    await expect(dialog.getByRole("cell", { name: "张三" })).toBeVisible();
    await page.keyboard.press("Escape");
    await panel.getByRole("button", { name: "个人目录" }).click();
  });

  await test.step("by keyboard: marks two, packs them, renames, moves, deletes with the true count", async () => {
    await row("作业").focus();
    await page.keyboard.press("Space");
    await row("notes.txt").getByRole("checkbox").check();
    await expect(panel.getByText("已选 2 项")).toBeVisible();
    expect(await axeFindings(page)).toEqual([]);
    const { bytes } = await saved(page, () =>
      panel.getByRole("button", { name: "下载", exact: true }).click(),
    );
    const files = await unzip(bytes);
    expect([...files.keys()].sort()).toEqual(["notes.txt", "作业/图/a.csv", "作业/说明.md"]);
    expect(files.get("notes.txt")?.toString()).toBe("first");
    await panel.getByRole("button", { name: "取消选择" }).click();

    await row("notes.txt").focus();
    await page.keyboard.press("F2");
    const renaming = page.getByRole("dialog", { name: "重命名 notes.txt" });
    await renaming.getByLabel("新名称").fill("left.bin");
    await page.keyboard.press("Enter");
    await expect(renaming.getByText("这里已有同名的文件或文件夹")).toBeVisible();
    await renaming.getByLabel("新名称").fill("笔记.txt");
    await page.keyboard.press("Enter");
    await expect(row("笔记.txt")).toBeVisible();

    await act("笔记.txt", "移动到…");
    const moving = page.getByRole("dialog", { name: "移动 1 项" });
    await moving.getByRole("button", { name: "作业" }).click();
    await moving.getByRole("button", { name: "移动到这里" }).click();
    // Behind a dialog nothing has a role.
    await expect(moving).toBeHidden();
    await expect(row("笔记.txt")).toBeHidden();
    expect(await inHome("cat 作业/笔记.txt")).toBe("first");

    await row("作业").focus();
    await page.keyboard.press("Delete");
    const asking = page.getByRole("alertdialog", { name: "删除 作业？" });
    await expect(asking).toContainText("将删除 3 个文件、2 个文件夹");
    await asking.getByRole("button", { name: "删除", exact: true }).click();
    await expect(asking).toBeHidden();
    await expect(row("作业")).toBeHidden();
    expect(await inHome("ls -d 作业 2>/dev/null; ls left.bin")).toBe("left.bin");
  });

  await test.step("it works on while the environment is paused", async () => {
    await page.getByRole("button", { name: "更多操作" }).click();
    await page.getByRole("menuitem", { name: "暂停环境" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "暂停环境" }).click();
    await expect.poll(state).toBe("paused");
    await pick("files", join(folder, "作业/说明.md"));
    await expect(row("说明.md")).toBeVisible();
    const { bytes } = await saved(page, () => act("说明.md", "下载"));
    expect(bytes.toString()).toContain("# 说明");
  });
  await rm(folder, { recursive: true });
});
