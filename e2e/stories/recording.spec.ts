import type { Locator, Page } from "@playwright/test";
import { asc, eq } from "drizzle-orm";
import { database } from "@/db/client";
import { recordings } from "@/db/schema";
import { axeFindings } from "../axe";
import { StoryDesktop } from "../desktop";
import { everybodyOut } from "../everybody-out";
import { expect, test } from "../fixtures";
import { guacdProcesses, isAlive } from "../guacd/processes";
import { pressStart } from "../press-start";
import { createWorld } from "../world";

test.afterEach(everybodyOut);

const spec = { protocol: "vnc", image: "labyard/desktop", memoryMb: 1024, processes: 512 } as const;

/** A picture as 40 by 25 grey points: what a glance sees of it. */
const glance = (canvases: Locator): Promise<number[]> =>
  canvases.evaluateAll((all) => {
    const largest = (all as HTMLCanvasElement[]).toSorted(
      (a, b) => b.width * b.height - a.width * a.height,
    )[0];
    const small = new OffscreenCanvas(40, 25).getContext("2d", { willReadFrequently: true });
    if (!largest || !small) return [];
    small.drawImage(largest, 0, 0, 40, 25);
    const { data } = small.getImageData(0, 0, 40, 25);
    return Array.from({ length: 1_000 }, (_, i) =>
      Math.round(((data[i * 4] ?? 0) + (data[i * 4 + 1] ?? 0) + (data[i * 4 + 2] ?? 0)) / 3),
    );
  });
const apart = (a: number[], b: number[]): number =>
  a.length === 0 || a.length !== b.length
    ? 255
    : a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length;

const rows = (workspaceId: string) =>
  database()
    .select()
    .from(recordings)
    .where(eq(recordings.workspaceId, workspaceId))
    .orderBy(asc(recordings.id));

const player = (page: Page) => page.getByTestId("player");
async function toEnd(page: Page): Promise<void> {
  await expect(player(page)).toHaveAttribute("data-loaded", "", { timeout: 30_000 });
  await page.getByRole("slider", { name: "播放位置" }).press("End");
}

test("a recorded experiment: consent first, then a desktop that can be seen again, also after guacd was killed", async ({
  browser,
  page,
  login,
}) => {
  const world = await createWorld(database(), { students: 1, spec });
  const { student } = world;
  const staff = await (await browser.newContext()).newPage();
  await login(student);
  await login(world.teacher, staff);
  let workspaceId = "";
  let before: number[] = [];
  let after: number[] = [];

  await test.step("the teacher turns recording on", async () => {
    // Its script runs when it asks to be told of changes.
    const awake = staff.waitForRequest(/\/api\/events/);
    await staff.goto(`/teach/experiments/${world.experimentId}`);
    await awake;
    await staff.getByLabel("录制桌面和终端").check();
    await staff.getByRole("button", { name: "保存内容" }).click();
    await expect(staff.getByText("内容已保存")).toBeVisible();
  });

  await test.step("without the student's consent nothing opens", async () => {
    await page.goto(`/experiments/${world.experimentId}`);
    await expect(page.getByText("这个实验会录制桌面和终端，保存 30 天。")).toBeVisible();
    workspaceId = await pressStart(page);
    await expect(page.getByRole("button", { name: "同意录制并打开" })).toBeVisible({ timeout: 120_000 });
    const ticket = await page.request.post("/api/consoles/tickets", {
      data: { workspaceId, kind: "desktop", mode: "use" },
      headers: { origin: new URL(page.url()).origin },
    });
    expect([ticket.status(), (await ticket.json()).error?.key]).toEqual([409, "consoles.consent"]);
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole("button", { name: "同意录制并打开" }).click();
  });

  const desktop = new StoryDesktop(page, workspaceId);
  const canvases = page.locator("[data-desktop] canvas");
  await test.step("it is recorded, and the bar says so", async () => {
    await desktop.opened();
    await expect(page.getByText("录制中").first()).toBeVisible();
    await desktop.run("setsid -f mousepad first.txt >/dev/null 2>&1");
    await expect.poll(async () => (await desktop.seen()).active).toContain("first.txt");
    await page.locator("[data-desktop]").click();
    await page.keyboard.type("hello recording");
    await expect.poll(async () => (await rows(workspaceId)).map(({ state }) => state)).toEqual(["recording"]);
    before = await glance(canvases);
  });

  await test.step("guacd is killed, the desktop comes back, and another recording begins", async () => {
    const { parent, children } = await guacdProcesses();
    const tunnels: string[] = [];
    page.on("websocket", (socket) => socket.url().includes("/tunnel/") && tunnels.push(socket.url()));
    process.kill(parent, "SIGKILL");
    // Nothing of it goes on by itself, and the page asks once.
    await expect.poll(() => children.filter(isAlive)).toEqual([]);
    await expect
      .poll(async () => (await rows(workspaceId)).map(({ state }) => state), { timeout: 60_000 })
      .toEqual(["cut", "recording"]);
    await desktop.opened();
    expect(tunnels).toHaveLength(1);
    await desktop.run("pkill mousepad");
    await expect.poll(async () => apart(before, await glance(canvases))).toBeGreaterThan(1);
    after = await glance(canvases);
    await page.getByRole("button", { name: "更多操作" }).click();
    await page.getByRole("menuitem", { name: "停止环境" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "停止环境" }).click();
    await expect
      .poll(async () => (await rows(workspaceId)).map(({ state }) => state), { timeout: 30_000 })
      .toEqual(["cut", expect.stringMatching(/cut|done/)]);
  });

  await test.step("the teacher sees the same pictures again, from both", async () => {
    const [first, second] = await rows(workspaceId);
    await staff.goto(`/attempts/${first?.attemptId}/recordings`);
    await staff.getByRole("link", { name: /回放/ }).first().click();
    await expect(staff.getByText("这段录制中途断开")).toBeVisible();
    const replayed = player(staff).locator("canvas");
    await toEnd(staff);
    await expect.poll(async () => apart(before, await glance(replayed))).toBeLessThan(1);
    await expect(player(staff)).toContainText("hello recording");
    expect(await axeFindings(staff)).toEqual([]);
    await staff.goto(`/recordings/${second?.id}`);
    await toEnd(staff);
    await expect.poll(async () => apart(after, await glance(replayed))).toBeLessThan(1);
    await expect(player(staff)).toContainText("环境停止");
  });
});

test("a recorded terminal is seen again as it was", async ({ page, login }) => {
  const world = await createWorld(database(), { students: 1, experiment: { recording: true } });
  const { student } = world;
  await login(student);
  const workspaceId = await pressStart(page, world.experimentId);
  await page.getByRole("button", { name: "终端" }).click({ timeout: 120_000 });
  await page.getByRole("button", { name: "同意录制并打开" }).click();
  const screen = page.locator("[role=tabpanel]:visible .xterm-rows");
  await expect(screen).toContainText("$");
  await page.keyboard.type("echo 'replay' 'me'; exit");
  await page.keyboard.press("Enter");
  await expect
    .poll(async () => (await rows(workspaceId)).map(({ state }) => state), { timeout: 30_000 })
    .toEqual(["done"]);
  const [row] = await rows(workspaceId);
  await page.goto(`/recordings/${row?.id}`);
  await toEnd(page);
  await expect(player(page).locator(".xterm-rows")).toContainText("replay me");
  await expect(player(page)).toContainText("echo 'replay' 'me'; exit");
  await page.getByRole("slider", { name: "播放位置" }).press("Home");
  await expect(player(page).locator(".xterm-rows")).not.toContainText("replay me");
  await page.getByRole("button", { name: "8 倍" }).click();
  await page.getByRole("button", { name: "播放", exact: true }).click();
  await expect(player(page).locator(".xterm-rows")).toContainText("replay me");

  await test.step("the consent is taken back: nothing opens before it is given again", async () => {
    await page.goto(`/workspaces/${workspaceId}`);
    await page.getByRole("button", { name: "录制中" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "撤回同意" }).click();
    await expect(page.getByRole("button", { name: "录制中" })).toBeHidden();
    await page.getByRole("button", { name: "终端" }).click();
    await expect(page.getByRole("button", { name: "同意录制并打开" })).toBeVisible();
  });
});
