import { Readable } from "node:stream";
import type { Page } from "@playwright/test";
import { eq } from "drizzle-orm";
import { database } from "@/db/client";
import { attachments, files, workspaces } from "@/db/schema";
import { putFile } from "@/lib/platform/files";
import { newId } from "@/lib/platform/ids";
import { everybodyOut } from "../everybody-out";
import { expect, test } from "../fixtures";
import { Notebook } from "../notebook";
import { pressStart } from "../press-start";
import { runInside } from "../run-inside";
import { createWorld } from "../world";

const rowOf = async (id: string) =>
  (await database().select().from(workspaces).where(eq(workspaces.id, id)))[0];

/** Presses Start and waits for JupyterLab; says how long the workspace itself took. */
async function start(page: Page, experimentId: string): Promise<string> {
  const id = await pressStart(page, experimentId);
  await page.frameLocator("main iframe").locator(".jp-LauncherCard").first().waitFor({ timeout: 120_000 });
  const row = await rowOf(id);
  expect(row?.claimedAt, "a frozen one was claimed").not.toBeNull();
  const ms = (row?.readyAt?.getTime() ?? 0) - (row?.requestedAt.getTime() ?? 0);
  console.info(`claimed and ready in ${ms} ms`);
  expect(ms).toBeLessThan(10_000);
  return id;
}

/** What the Jupyter in the frame answers, asked with the frame's own cookie. */
async function ask<T>(page: Page, path: string): Promise<T> {
  const frame = page.frames().find((one) => new URL(one.url()).pathname.startsWith("/lab"));
  if (!frame) throw new Error("no JupyterLab in the page");
  return frame.evaluate(async (path) => (await fetch(path)).json(), path) as Promise<T>;
}

test("a warm workspace after another student's: nothing of the first, everything of the second", async ({
  browser,
  page,
  login,
}) => {
  test.setTimeout(420_000);
  const world = await createWorld(database(), { students: 2 });
  const [first, second] = world.students;
  if (!first || !second) throw new Error("no students");
  const mark = `trace-${newId().toLowerCase()}`;
  const teacher = await (await browser.newContext()).newPage();
  await login(world.teacher, teacher);

  await test.step("the teacher has two booted in advance, and sees them become ready", async () => {
    const { sha256, size } = await putFile(Readable.from([Buffer.from("a,b\n1,2\n")]), { maxBytes: 1e6 });
    const at = new Date();
    await database().insert(files).ignore().values({ sha256, size, createdAt: at });
    await database().insert(attachments).values({
      id: newId(),
      experimentId: world.experimentId,
      name: "data.csv",
      sha256,
      size,
      createdBy: world.teacher.id,
      createdAt: at,
    });
    await teacher.goto(`/teach/templates/${world.templateId}?tab=warm`);
    await teacher.getByLabel("数量").fill("500");
    await teacher.getByRole("button", { name: "开始预热" }).click();
    await expect(teacher.getByText("请填写 1 到 200 之间的整数。")).toBeVisible();
    await teacher.getByLabel("数量").fill("2");
    await teacher.getByRole("button", { name: "开始预热" }).click();
    await expect(teacher.getByText("2 个就绪")).toBeVisible({ timeout: 90_000 });
    await expect(teacher.getByText("就绪 2 / 2，占用内存 1 GB")).toBeVisible();
  });

  let [former, id] = ["", ""];
  await test.step("the first student leaves traces wherever they can", async () => {
    const page = await (await browser.newContext()).newPage();
    await login(first, page);
    former = await start(page, world.experimentId);
    const notebook = new Notebook(page);
    await notebook.create();
    await notebook.run(`mark = "${mark}"; import os; os.environ["MARK"] = mark`);
    expect(await notebook.run("print(os.getcwd())")).toBe("/home/student");
    await notebook.save();
    await runInside(
      former,
      `cd; for d in . /tmp /dev/shm; do echo ${mark} > $d/${mark}; done; mkdir -p .local/share ${mark}.d;
      MARK=${mark} nohup sleep 1000 > /dev/null 2>&1 & true`,
    );
    const frame = page.frames().find((one) => new URL(one.url()).pathname.startsWith("/lab"));
    await frame?.evaluate(async (mark) => {
      const xsrf = /_xsrf=([^;]+)/.exec(document.cookie)?.[1] ?? "";
      const send = (path: string, method: string, body: unknown) =>
        fetch(path, { method, headers: { "X-XSRFToken": xsrf }, body: JSON.stringify(body) });
      await send("/api/terminals", "POST", { name: mark });
      await send("/lab/api/workspaces/default", "PUT", { data: { mark }, metadata: { id: "default" } });
      await send("/lab/api/settings/@jupyterlab/notebook-extension:tracker", "PUT", {
        raw: JSON.stringify({ codeCellConfig: { lineNumbers: true } }),
      });
    }, mark);
    expect(await runInside(former, `grep -rl ${mark} /home/student /tmp /dev/shm | wc -l`)).not.toBe("0\n");
    await page.close();
  });

  await test.step("the second one finds nothing of it, in files, processes, environment, memory or Jupyter", async () => {
    await login(second);
    const mine = await start(page, world.experimentId);
    id = mine;
    expect(mine).not.toBe(former);
    const [a, b] = [await rowOf(former), await rowOf(mine)];
    expect(b?.label).not.toBe(a?.label);
    expect(b?.externalId).not.toBe(a?.externalId);

    const found = await runInside(
      mine,
      `grep -rlsa ${mark} /home /tmp /dev/shm /run /var/tmp /etc/jupyter 2>/dev/null
      find / -xdev -name '*${mark}*' 2>/dev/null
      find /home/student /tmp /dev/shm /run -name '*${mark}*'
      for p in /proc/[0-9]*; do [ "$p" = "/proc/$$" ] || tr '\\0' '\\n' < $p/environ | grep -s ${mark}; done
      for p in /proc/[0-9]*; do [ "$p" = "/proc/$$" ] || tr '\\0' ' ' < $p/cmdline | grep -s 'sleep 1000'; done
      true`,
    );
    expect(found.trim()).toBe("");
    expect(await runInside(mine, "ls -A /dev/shm /run | tr -d '\\n'")).toBe("/dev/shm:/run:");
    expect(await ask(page, "/api/kernels")).toEqual([]);
    expect(await ask(page, "/api/sessions")).toEqual([]);
    expect(await ask(page, "/api/terminals")).toEqual([]);
    expect(JSON.stringify(await ask(page, "/lab/api/workspaces"))).not.toContain(mark);
    const tracker = await ask<{ raw: string }>(
      page,
      "/lab/api/settings/@jupyterlab/notebook-extension:tracker",
    );
    expect(tracker.raw).not.toContain('lineNumbers": true');
    const names = (await ask<{ content: { name: string }[] }>(page, "/api/contents")).content;
    expect(names.map(({ name }) => name)).toEqual(["materials"]);
    expect(await runInside(mine, "ls -A /tmp/jupyter-runtime | grep -c '^kernel' || true")).toBe("0\n");
  });

  await test.step("and has their own: home, its limit, materials, a kernel and a terminal at home", async () => {
    const notebook = new Notebook(page);
    await notebook.create();
    expect(await notebook.run("import os; print(os.getcwd())")).toBe("/home/student");
    expect(await notebook.run("print(open('materials/data.csv').read().split()[1])")).toBe("1,2");
    expect(
      await notebook.run("print(os.statvfs('.').f_blocks * os.statvfs('.').f_frsize // 2**20 < 128)"),
    ).toBe("True");
    expect(
      await notebook.run("import subprocess as s; print(s.run(['bash','-lc','cd; pwd'],stdout=-1).stdout)"),
    ).toBe("b'/home/student\\n'");
  });

  await test.step("a terminal of theirs begins in the home, not in the empty place that was there before", async () => {
    const devices = await page
      .frames()
      .find((one) => new URL(one.url()).pathname.startsWith("/lab"))
      ?.evaluate(async () => {
        const xsrf = /_xsrf=([^;]+)/.exec(document.cookie)?.[1] ?? "";
        const headers = { "X-XSRFToken": xsrf };
        return (await fetch("/api/terminals", { method: "POST", headers })).status;
      })
      .then(() =>
        runInside(
          id,
          `until pid=$(grep -lsx bash /proc/[0-9]*/comm | tail -1 | cut -d/ -f3) && [ -n "$pid" ]; do sleep 0.1; done
          stat -c %d /proc/$pid/cwd/; stat -c %d /home/student; readlink /proc/$pid/cwd`,
        ),
      );
    const [shell, home, path] = devices?.trim().split("\n") ?? [];
    expect(path).toBe("/home/student");
    expect(shell).toBe(home);
  });

  await test.step("the stock is used up, and its plan goes", async () => {
    await expect(teacher.getByText("已全部领用")).toBeVisible();
    await teacher.getByRole("button", { name: "取消这项预热" }).click();
    await expect(teacher.getByText("没有预热")).toBeVisible();
    await everybodyOut();
  });
});
