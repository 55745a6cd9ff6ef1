import type { Page } from "@playwright/test";
import { database } from "@/db/client";
import { density, giveEars, StoryDesktop } from "../desktop";
import { expect, test } from "../fixtures";
import { pressStart } from "../press-start";
import { createWorld } from "../world";

const text = "实验 🦊 Ω";

test("a desktop in the browser: typed, composed, pasted, copied, resized, left and found again", async ({
  page,
  context,
  login,
}) => {
  test.setTimeout(300_000);
  const world = await createWorld(database(), {
    students: 1,
    spec: { protocol: "vnc", image: "labyard/desktop", memoryMb: 1024, processes: 512 },
  });
  const { student } = world;
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await giveEars(page);
  await login(student);
  const desktop = new StoryDesktop(page, await pressStart(page, world.experimentId));
  await desktop.opened();
  const tools = page.getByRole("region", { name: "桌面工具" });
  const saved = async (path: string) => {
    const { attempt } = (await (
      await page.request.get(`/api/workspaces/${desktop.workspaceId}/screen`)
    ).json()) as { attempt: { id: string } };
    const file = await page.request.get(`/api/attempts/${attempt.id}/file?path=${encodeURIComponent(path)}`);
    return file.ok() ? file.text() : "";
  };

  /** Saved in the editor again and again, until its file is this to the byte. */
  const written = (expected: string) =>
    expect
      .poll(
        async () => {
          await page.keyboard.press("Control+s");
          return saved("notes.txt");
        },
        { timeout: 30_000 },
      )
      .toBe(expected);

  await test.step("an editor, from a terminal that a key combination opens", async () => {
    await tools.getByRole("button", { name: "组合键" }).click();
    await page.getByRole("menuitem", { name: "Ctrl Alt T" }).click();
    await expect.poll(async () => (await desktop.seen()).active).toMatch(/终端|Terminal|student/i);
    await page.keyboard.type("exec mousepad notes.txt\n");
    await expect.poll(async () => (await desktop.seen()).active).toContain("notes.txt");
  });

  await test.step("text that was written in the panel, composed by an input method, pasted, and typed", async () => {
    await tools.getByRole("button", { name: "文字和剪贴板" }).click();
    await page.getByLabel("输入到桌面").fill(`${text}\n`);
    await page.getByRole("button", { name: "送到光标处" }).click();
    await page.keyboard.press("Escape");
    await written(`${text}\n`);

    const cdp = await context.newCDPSession(page);
    await cdp.send("Input.imeSetComposition", { text: "shi'yan", selectionStart: 7, selectionEnd: 7 });
    await cdp.send("Input.insertText", { text });
    await written(`${text}\n${text}`);

    await page.evaluate((pasted) => navigator.clipboard.writeText(pasted), `\n粘贴 ${text}`);
    await page.keyboard.press("Control+v");
    await written(`${text}\n${text}\n粘贴 ${text}`);

    await page.keyboard.type("\nkeys ~`|{}<>\"'\\ AZ09");
    await written(`${text}\n${text}\n粘贴 ${text}\nkeys ~\`|{}<>"'\\ AZ09`);
  });

  await test.step("copied inside, it is in this computer's clipboard", async () => {
    await page.keyboard.press("Control+a");
    await page.keyboard.press("Control+c");
    await expect
      .poll(() => page.evaluate(() => navigator.clipboard.readText()))
      .toContain(`${text}\n${text}\n粘贴 ${text}\n`);
  });

  await test.step("it takes on the size of the window", async () => {
    await page.setViewportSize({ width: 1111, height: 777 });
    await expect.poll(async () => (await desktop.picture()).width).toBeLessThan(1111);
    await expect
      .poll(async () => [await desktop.picture(), (await desktop.seen()).screen])
      .toEqual([await roomOf(page), await roomOf(page)]);
  });

  await test.step("a reload finds the same desktop", async () => {
    const before = await desktop.run("pgrep -o mousepad");
    await page.reload();
    await desktop.opened();
    expect(await desktop.run("pgrep -o mousepad")).toBe(before);
    await page.setViewportSize({ width: 1440, height: 900 });
    await expect.poll(async () => (await desktop.seen()).screen).toEqual(await roomOf(page));
  });

  await test.step("keys on the screen, with one that stays down", async () => {
    const window = await desktop.window("notes.txt");
    if (!window) throw new Error("the editor is gone");
    await desktop.click(window.x + window.width / 2, window.y + window.height - 40);
    await page.keyboard.press("Control+End");
    await tools.getByRole("button", { name: "屏幕键盘" }).click();
    const board = page.getByRole("region", { name: "屏幕键盘" });
    const press = (key: string) => board.locator(`.guac-keyboard-key-${key}`).click();
    for (const key of ["enter", "shift", "0x7a", "shift", "0x7a", "ctrl", "0x73", "ctrl"]) await press(key);
    await expect.poll(() => saved("notes.txt")).toMatch(/AZ09\nZz$/);
    await tools.getByRole("button", { name: "屏幕键盘" }).click();
    await expect(board).toBeHidden();
  });

  await test.step("Ctrl Alt Del opens the desktop's menu, Esc closes it", async () => {
    await tools.getByRole("button", { name: "组合键" }).click();
    await page.getByRole("menuitem", { name: "Ctrl Alt Del" }).click();
    await expect.poll(async () => (await desktop.seen()).grabbed).toBe(true);
    await page.keyboard.press("Escape");
    await expect.poll(async () => (await desktop.seen()).grabbed).toBe(false);
  });

  await test.step("a window is dragged by a finger", async () => {
    const before = await desktop.window("notes.txt");
    if (!before) throw new Error("the editor is gone");
    const from = await desktop.point(before.x + 200, before.y - 12);
    const cdp = await context.newCDPSession(page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", x: number, y: number) =>
      cdp.send("Input.dispatchTouchEvent", { type, touchPoints: type === "touchEnd" ? [] : [{ x, y }] });
    // Tap, and down again at once: that takes hold.
    await touch("touchStart", from.x, from.y);
    await touch("touchEnd", from.x, from.y);
    await touch("touchStart", from.x, from.y);
    for (let step = 1; step <= 8; step++) await touch("touchMove", from.x + step * 10, from.y + step * 8);
    await touch("touchEnd", 0, 0);
    await expect.poll(async () => (await desktop.window("notes.txt"))?.x ?? 0).toBeGreaterThan(before.x + 40);
  });

  await test.step("a tone inside is heard here", async () => {
    await desktop.playTone();
    await expect
      .poll(async () => Math.abs((await desktop.heard()) - 440), { timeout: 20_000 })
      .toBeLessThan(15);
  });

  const dense = async (ratio: number) => {
    await density(page, ratio);
    const fits = async () => {
      const [room, picture, { screen }] = [await roomOf(page), await desktop.picture(), await desktop.seen()];
      const off = (side: "width" | "height") => Math.abs(screen[side] - ratio * room[side]);
      return picture.width === screen.width && off("width") + off("height") <= 4 * ratio;
    };
    await expect.poll(fits).toBe(true);
  };

  await test.step("on a screen of 125 % or 150 % each pixel of it is one of the screen's", async () => {
    await desktop.drawPixels();
    for (const ratio of [1.25, 1.5]) {
      await dense(ratio);
      await expect.poll(() => desktop.sharpness()).toBeGreaterThan(0.99);
    }
    await desktop.run("pkill -f drawPixels");
  });

  await test.step("on a dense screen it has every pixel, and draws twice as large", async () => {
    await dense(2);
    await expect
      .poll(async () => (await desktop.window("labyard-panel"))?.height, { timeout: 45_000 })
      .toBe(80);
  });
});

/** The room that the page has for a desktop, in the even numbers that it asks for. */
const roomOf = (page: Page) =>
  page
    .locator("[data-desktop] canvas")
    .first()
    .evaluate((canvas) => {
      const { clientWidth, clientHeight } = canvas.closest(".overflow-hidden") ?? canvas;
      return { width: clientWidth - (clientWidth % 2), height: clientHeight - (clientHeight % 2) };
    });
