import { database } from "@/db/client";
import { expect, test } from "../fixtures";
import { Notebook } from "../notebook";
import { ownService } from "../own-service";
import { pressStart } from "../press-start";
import { createWorld } from "../world";

const service = ownService({ name: "kernel", port: Number(process.env.E2E_KERNEL_PORT ?? 3230) });

test("a reload, a second tab and a restart of the service find the same kernel again", async ({
  page,
  context,
  login,
}) => {
  test.setTimeout(300_000);
  const world = await createWorld(database(), { students: 1 });
  const { student } = world;
  await login(student);
  const notebook = new Notebook(page);
  let kernels: string[] = [];

  await test.step("a kernel that knows x", async () => {
    await page.goto(`${service.url}/experiments/${world.experimentId}`);
    await pressStart(page);
    await notebook.create();
    expect(await notebook.run("x = 6*7")).toBe("");
    await notebook.save();
    await expect(notebook.lab.locator(".jp-StatusBar-Widget").getByText("保存成功")).toBeVisible();
    kernels = await notebook.kernels();
    expect(kernels).toHaveLength(1);
  });

  await test.step("a reload of the page", async () => {
    await page.reload();
    expect(await notebook.run("print(x)")).toBe("42");
    expect(await notebook.kernels()).toEqual(kernels);
  });

  await test.step("a second tab of the same workspace", async () => {
    const tab = await context.newPage();
    await tab.goto(page.url());
    const second = new Notebook(tab);
    await second.openFile("Untitled.ipynb");
    expect(await second.run("print(x)")).toBe("42");
    expect(await second.kernels()).toEqual(kernels);
    await tab.close();
  });

  await test.step("a restart of the service: the page stays, the frame recovers by itself", async () => {
    const before = service.pid;
    let loads = 0;
    page.on("framenavigated", () => loads++);
    await service.stop();
    await service.start();
    expect(service.pid).not.toBe(before);
    expect(await notebook.run("print(x)")).toBe("42");
    expect(await notebook.kernels()).toEqual(kernels);
    expect(loads, "nothing was loaded anew").toBe(0);
  });

  await test.step("a page opened after a restart", async () => {
    const url = page.url();
    await page.goto("about:blank");
    await service.stop();
    await service.start();
    await page.goto(url);
    expect(await notebook.run("print(x)")).toBe("42");
    expect(await notebook.kernels()).toEqual(kernels);
  });
});
