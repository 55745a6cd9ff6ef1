import type { Page } from "@playwright/test";
import { eq } from "drizzle-orm";
import { closeDatabase, database } from "@/db/client";
import { attempts, collections, hosts, templateVersions } from "@/db/schema";
import { charges, cloudAccounts, cloudResources } from "@/db/schema/clouds";
import { emulatedRegion, emulatedSpec } from "@/lib/clouds/testing";
import type { UserActor } from "@/lib/platform/context";
import { systemCtx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { StoryDesktop } from "../desktop";
import { type Emulator, startEmulator } from "../ecs-emulator";
import { Containers } from "../ecs-emulator/containers";
import { machineOf } from "../ecs-emulator/instance";
import { everybodyOut } from "../everybody-out";
import { expect, test } from "../fixtures";
import { unzip } from "../unzip";
import { createWorld } from "../world";

const db = database();
let emulator: Emulator;
let region: { hostId: string; accountId: string };

test.beforeAll(async () => {
  const { DOCKER_HOST: engine, DEPLOY_ID: deploy, WORKSPACE_POOL: pool } = env();
  const backing = await Containers.open({ engine, deploy, pool, name: "story" });
  emulator = await startEmulator({ backing });
  region = await emulatedRegion(systemCtx("story", { db }), emulator);
});

test.afterAll(async () => {
  await everybodyOut();
  await db.delete(hosts).where(eq(hosts.id, region.hostId));
  await db.delete(cloudAccounts).where(eq(cloudAccounts.id, region.accountId));
  await emulator.close();
  await closeDatabase();
});

/** A student of a new class presses Start and waits for the picture. */
async function started(
  page: Page,
  login: (who: UserActor) => Promise<void>,
  wishes: Parameters<typeof emulatedSpec>[1],
) {
  const world = await createWorld(db, { students: 1 });
  const [student] = world.students;
  if (!student) throw new Error("no student");
  const spec = emulatedSpec(region.hostId, wishes);
  await db.update(templateVersions).set({ spec }).where(eq(templateVersions.id, world.versionId));
  await login(student);
  await page.goto(`/experiments/${world.experimentId}`);
  await page.getByRole("button", { name: "开始实验" }).click();
  await expect(page).toHaveURL(/\/workspaces\/\w{26}/);
  const desktop = new StoryDesktop(page, /workspaces\/(\w{26})/.exec(page.url())?.[1] ?? "");
  await desktop.opened();
  await expect.poll(() => desktop.isBlank(), { message: "the picture of the instance" }).toBe(false);
  return { world, student, desktop };
}

/** As a program of the desktop would. */
async function inside(script: string): Promise<void> {
  const [instance] = emulator.cloud.instances.all();
  if (!instance) throw new Error("no instance");
  const said = await emulator.cloud.machines.run(machineOf(instance), script);
  expect(said).toMatchObject({ exitCode: 0 });
}

async function endedWithNothingLeft(page: Page): Promise<void> {
  await page.getByRole("button", { name: "结束实验" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "结束实验" }).click();
  await expect
    .poll(() => emulator.leftovers(), { timeout: 120_000 })
    .toMatchObject({ instances: [], disks: [], eips: [], snapshots: [] });
}

test("a student works on a cloud desktop and ends; the file is there, nothing else is, and the bill is the ledger", async ({
  page,
  browser,
  login,
  baseURL,
}) => {
  test.setTimeout(240_000);
  const { world, student } = await started(page, login, { diskMb: 64 });

  await inside("printf 四十二 > /home/ecs-user/答案.txt && chown ecs-user: /home/ecs-user/答案.txt");
  await endedWithNothingLeft(page);

  const desk = await (await browser.newContext({ locale: "zh-CN", baseURL })).newPage();
  await login(world.teacher, desk);
  const [attempt] = await db.select().from(attempts).where(eq(attempts.userId, student.id));
  const attemptId = attempt?.id ?? "";
  const states = async () =>
    (await db.select().from(collections).where(eq(collections.final, attemptId))).map(({ state }) => state);
  await expect.poll(states, { timeout: 60_000 }).toEqual(["done"]);
  for (const who of [page, desk]) {
    const zip = await unzip(await (await who.request.get(`/api/attempts/${attemptId}/collected`)).body());
    expect([...zip].map(([name, bytes]) => [name.split("/").at(-1), bytes.toString()])).toContainEqual([
      "答案.txt",
      "四十二",
    ]);
  }
  await expect
    .poll(
      async () => {
        await desk.goto(`/teach/courses/${world.courseId}/costs`);
        return desk.locator("main").innerText();
      },
      { timeout: 30_000 },
    )
    .toContain("¥");

  const rows = await db.select().from(cloudResources).where(eq(cloudResources.hostId, region.hostId));
  expect(rows.map(({ state }) => state)).toEqual(["gone"]);
  const all = await db
    .select()
    .from(charges)
    .where(eq(charges.resourceId, rows[0]?.id ?? ""));
  const ours = all.reduce((sum, { amount }) => sum + (amount ?? Number.NaN), 0);
  expect(Math.abs(ours - emulator.bill().total), "within 0.01 yuan").toBeLessThan(10_000);
});

// xrdp stands in for Windows: it has the drive under the name that it gives to it.
test("a student is told where Windows keeps files, saves there, and it is in the panel and kept", async ({
  page,
  login,
}) => {
  test.skip(!process.env.LONG, "with --long");
  test.setTimeout(300_000);
  const windows = {
    os: "windows",
    image: "win2025_24H2_x64_dtc_zh-cn_40G_alibase_20260915.vhd",
    user: "Administrator",
    diskMb: 64,
  } as const;
  const { student, desktop } = await started(page, login, windows);

  const notice = page.getByText("文件请存到“Labyard”盘");
  await expect(notice).toBeVisible();
  await page.getByRole("button", { name: "知道了" }).click();
  await page.reload();
  await desktop.opened();
  await expect(notice, "read once").toBeHidden();

  const drive = "/home/ecs-user/thinclient_drives/GUACFS";
  const save = `sh -c 'cd ${drive} && printf 四十二 > 答案.txt'`;
  await expect(() => inside(`setpriv --reuid 1000 --regid 1000 --clear-groups ${save}`)).toPass({
    timeout: 60_000,
  });
  await page.getByRole("button", { name: "文件", exact: true }).click();
  const panel = page.getByRole("complementary", { name: "文件" });
  await expect(panel.getByText("答案.txt")).toBeVisible({ timeout: 20_000 });

  await endedWithNothingLeft(page);
  const [attempt] = await db.select().from(attempts).where(eq(attempts.userId, student.id));
  const collected = async () => {
    const answer = await page.request.get(`/api/attempts/${attempt?.id}/collected`);
    return answer.ok()
      ? [...(await unzip(await answer.body())).keys()].map((name) => name.split("/").at(-1))
      : [];
  };
  await expect.poll(collected, { timeout: 60_000 }).toContain("答案.txt");
});
