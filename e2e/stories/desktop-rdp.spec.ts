import { database } from "@/db/client";
import { density, giveEars, StoryDesktop } from "../desktop";
import { expect, test } from "../fixtures";
import { pressStart } from "../press-start";
import { createWorld } from "../world";

const text = "实验 🦊 Ω";

test("a teacher offers a desktop by RDP; a student types in it, in any script", async ({ page, login }) => {
  // A desktop by RDP is seen in CI too, on a cloud instance (ecs.spec.ts).
  test.skip(!process.env.LONG, "with --long");
  test.setTimeout(240_000);
  const world = await createWorld(database(), {
    students: 1,
    spec: { protocol: "rdp", image: "labyard/xrdp", memoryMb: 1024, processes: 512 },
  });
  const { student } = world;

  await test.step("image and resources follow the kind, but not what was changed by hand", async () => {
    await login(world.teacher);
    await page.goto("/teach/templates/new");
    await page.getByLabel("名称").fill("Windows 一样的桌面");
    await page.getByLabel("个人目录大小").fill("3000");
    await page.getByLabel("环境类型").selectOption("Linux 桌面（RDP）");
    await expect(page.getByLabel("镜像", { exact: true })).toHaveValue("labyard/xrdp");
    await expect(page.getByLabel("内存")).toHaveValue("2048");
    await expect(page.getByLabel("个人目录大小")).toHaveValue("3000");
    await page.getByRole("button", { name: "新建模板" }).click();
    await expect(page).toHaveURL(/\/teach\/templates\/\w{26}/);
    await expect(page.getByLabel("环境类型")).toHaveValue("rdp");
  });

  await giveEars(page);
  await login(student);
  const desktop = new StoryDesktop(page, await pressStart(page, world.experimentId));
  await desktop.opened();
  expect(await desktop.isBlank(), "it opens with the first picture that shows something").toBe(false);
  const tools = page.getByRole("region", { name: "桌面工具" });

  await test.step("typed as keys, and sent as text", async () => {
    await tools.getByRole("button", { name: "组合键" }).click();
    await page.getByRole("menuitem", { name: "Ctrl Alt T" }).click();
    await expect.poll(async () => (await desktop.seen()).active).toMatch(/终端|Terminal|student/i);
    await page.keyboard.type("cat > typed.txt\nkeys ~|{}<> AZ09\n");
    await tools.getByRole("button", { name: "文字和剪贴板" }).click();
    await page.getByLabel("输入到桌面").fill(`${text}\n`);
    await page.getByRole("button", { name: "送到光标处" }).click();
    await page.keyboard.press("Escape");
    await expect.poll(() => desktop.run("cat typed.txt")).toBe(`keys ~|{}<> AZ09\n${text}\n`);
  });

  await test.step("a tone inside is heard here", async () => {
    await desktop.playTone();
    await expect
      .poll(async () => Math.abs((await desktop.heard()) - 440), { timeout: 20_000 })
      .toBeLessThan(15);
  });

  await test.step("it takes on the size of the window", async () => {
    await page.setViewportSize({ width: 1112, height: 778 });
    await expect.poll(async () => (await desktop.seen()).screen.width).toBeLessThan(1112);
    await expect
      .poll(async () => (await desktop.picture()).width - (await desktop.seen()).screen.width)
      .toBe(0);
  });

  await test.step("on a dense screen it has every pixel, and draws twice as large", async () => {
    const { screen } = await desktop.seen();
    await density(page, 2);
    await expect.poll(async () => (await desktop.seen()).screen.width).toBeGreaterThan(2 * screen.width - 12);
    await expect
      .poll(async () => (await desktop.picture()).width - (await desktop.seen()).screen.width)
      .toBe(0);
    await expect
      .poll(async () => (await desktop.window("labyard-panel"))?.height, { timeout: 45_000 })
      .toBe(80);
  });
});
