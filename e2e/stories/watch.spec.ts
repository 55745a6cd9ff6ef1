import type { Page } from "@playwright/test";
import { and, asc, eq, like } from "drizzle-orm";
import { database } from "@/db/client";
import { auditLog } from "@/db/schema";
import { StoryDesktop } from "../desktop";
import { everybodyOut } from "../everybody-out";
import { expect, test } from "../fixtures";
import { pressStart } from "../press-start";
import { createWorld } from "../world";

test.afterEach(everybodyOut);

const spec = { protocol: "vnc", image: "labyard/desktop", memoryMb: 1024, processes: 512 } as const;
const drawn = (page: Page) => expect(page.locator("[data-desktop=open]")).toBeVisible({ timeout: 60_000 });

test("a teacher looks at a desktop, and takes part only with the student's consent", async ({
  browser,
  page,
  login,
}) => {
  const world = await createWorld(database(), { students: 1, spec });
  const { student } = world;
  const staff = await (await browser.newContext()).newPage();
  await login(student);
  await login(world.teacher, staff);
  const workspaceId = await pressStart(page, world.experimentId);
  const [mine, theirs] = [new StoryDesktop(page, workspaceId), new StoryDesktop(staff, workspaceId)];
  const banner = page.getByTestId("watched");
  const room = staff.getByRole("region", { name: "正在观看 student1" });
  const text = () => mine.run("cat notes.txt 2>/dev/null");
  /** A press into the middle of the editor, then keys, as one does. */
  const type = async (desktop: StoryDesktop, keys: string) => {
    const window = await desktop.window("notes.txt");
    if (!window) throw new Error("the editor is gone");
    await desktop.click(window.x + window.width / 2, window.y + window.height - 60);
    await desktop.page.keyboard.press("Control+End");
    await desktop.page.keyboard.type(keys);
    await desktop.page.keyboard.press("Control+s");
  };
  const answer = async (word: "同意" | "不同意") => {
    await room.getByRole("button", { name: "请求操作" }).click();
    await expect(page.getByRole("alertdialog")).toContainText("teacher 请求操作你的环境");
    await page.getByRole("alertdialog").getByRole("button", { name: word, exact: true }).click();
    await expect(page.getByRole("alertdialog")).toBeHidden();
  };

  await test.step("the student sees at once who looks", async () => {
    await mine.opened();
    await mine.run("touch notes.txt; setsid -f mousepad notes.txt >/dev/null 2>&1");
    await expect.poll(async () => (await mine.seen()).active).toContain("notes.txt");
    await expect(banner).toBeEmpty();
    // Its script runs when it asks to be told of changes: a press before that would be nobody's.
    const awake = staff.waitForRequest(/\/api\/events/);
    await staff.goto(`/workspaces/${workspaceId}`);
    await awake;
    await staff.getByRole("button", { name: "观看" }).click();
    await expect(banner).toHaveText("teacher 正在观看你的实验环境，只能看，不能操作。");
    await drawn(staff);
    await expect(room).toContainText("只看不操作");
  });

  await test.step("no key of the teacher's arrives", async () => {
    await type(theirs, "teacher");
    await type(mine, "a");
    await expect.poll(text).toBe("a");
  });

  await test.step("the student says no, and it stays so", async () => {
    await answer("不同意");
    await expect(room).toContainText("只看不操作");
    await type(theirs, "teacher");
    await type(mine, "b");
    await expect.poll(text).toBe("ab");
  });

  await test.step("the student says yes: now they arrive, and both see that they may", async () => {
    await answer("同意");
    await expect(banner).toContainText("teacher 正在和你一起操作");
    await expect(room).toContainText("可以操作");
    await drawn(staff);
    await type(theirs, "C");
    await expect.poll(text).toBe("abC");
  });

  await test.step("the student takes the controls back, and keys end with them", async () => {
    await banner.getByRole("button", { name: "收回操作" }).click();
    await expect(room).toContainText("只看不操作");
    await drawn(staff);
    await type(theirs, "teacher");
    await type(mine, "d");
    await expect.poll(text).toBe("abCd");
  });

  await test.step("the teacher stops looking, or closes the tab, and the student knows", async () => {
    await room.getByRole("button", { name: "结束观看" }).click();
    await expect(banner).toBeEmpty();
    await staff.getByRole("button", { name: "观看" }).click();
    await expect(banner).not.toBeEmpty();
    await staff.close();
    await expect(banner).toBeEmpty();
    const steps = await database()
      .select({ action: auditLog.action })
      .from(auditLog)
      .where(and(eq(auditLog.targetId, workspaceId), like(auditLog.action, "watch.%")))
      .orderBy(asc(auditLog.id));
    expect(steps.map(({ action }) => action.slice(6))).toEqual([
      "start",
      "ask",
      "decline",
      "ask",
      "accept",
      "release",
      "end",
      "start",
      "end",
    ]);
  });
});
