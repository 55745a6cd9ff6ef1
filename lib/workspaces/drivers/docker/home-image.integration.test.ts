import { copyFileSync, existsSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { afterAll, describe, expect, it, vi } from "vitest";
import { env } from "@/lib/platform/env";
import type { HomeRef } from "../driver";
import { dockerDriver as driver } from "./driver";
import { storePath } from "./names";
import { inWorkspace, newHome, newSpec, removeEverything, startWorkspace, testHost } from "./testing";

vi.hoisted(() => {
  process.env.DEPLOY_ID = `test-driver-${process.pid}`;
});

const host = testHost();
const imageOf = (home: HomeRef) => `${storePath()}/homes/${home.id}.ext4`;

afterAll(async () => removeEverything(host));

// These reach into the store, so they need an engine on this machine.
describe.runIf(env().DOCKER_HOST.startsWith("unix:"))("the image of a home", () => {
  it("costs only what is used", async () => {
    const home = newHome(host, 10_000);
    const spec = newSpec(home);
    await driver.prepareHost(host);
    await driver.mountHome(home, spec.id);
    expect(statSync(imageOf(home)).size).toBe(10_000 * 1024 * 1024);
    expect(statSync(imageOf(home)).blocks * 512).toBeLessThan(64 * 1024 * 1024);
    await driver.destroy(spec);
  });

  it("comes back from a loss of power with what was synced", async () => {
    const spec = newSpec(newHome(host));
    await startWorkspace(spec);
    const write =
      "cd; for i in $(seq 1 200); do echo $i > f$i; done; sync; for i in $(seq 1 200); do echo x >> f$i; done";
    await inWorkspace(spec, write);
    // The image as it lies on the disk while it is in use is what a power cut leaves.
    const after = newSpec(newHome(host));
    copyFileSync(imageOf(spec.home), imageOf(after.home));
    await startWorkspace(after);
    expect((await inWorkspace(after, "head -qn1 ~/f1 ~/f200; ls ~/f* | wc -l")).text).toBe("1\n200\n200\n");
    await driver.destroy(after);
    await driver.destroy(spec);
  });

  it("is neither mounted nor replaced when it is damaged or gone", async () => {
    const home = newHome(host);
    const first = newSpec(home);
    await driver.mountHome(home, first.id);
    await driver.destroy(first);
    const file = openSync(imageOf(home), "r+");
    writeSync(file, Buffer.alloc(64 * 1024, 7), 0, 64 * 1024, 0);
    const again = { ...home, fence: 2 };
    await expect(driver.mountHome(again, first.id)).rejects.toMatchObject({ key: "homeDamaged" });
    await expect(driver.listFiles(home, null, "")).rejects.toMatchObject({ key: "homeDamaged" });
    rmSync(imageOf(home));
    await expect(driver.mountHome(again, first.id)).rejects.toMatchObject({ key: "homeLost" });
    await expect(driver.listFiles(home, null, "")).rejects.toMatchObject({ key: "homeLost" });
    expect(existsSync(imageOf(home))).toBe(false);
  });
});
