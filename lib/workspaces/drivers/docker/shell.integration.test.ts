import { afterAll, expect, test, vi } from "vitest";
import { exec } from "./shell";
import { newHome, newSpec, removeEverything, startWorkspace, testHost } from "./testing";

vi.hoisted(() => {
  process.env.DEPLOY_ID = `test-shell-${process.pid}`;
});

const host = testHost();
afterAll(() => removeEverything(host));

test("shells that an earlier run of the service left are hung up when the next one opens one", async () => {
  const spec = newSpec(newHome(host));
  await startWorkspace(spec);
  const size = { cols: 80, rows: 24 };
  const [left, mine] = [await exec(spec, size), await exec(spec, size)];
  left.stream.resume();
  mine.stream.resume();
  left.stream.write("sleep 4567\n");
  await expect.poll(() => left.foreground(), { timeout: 20_000 }).toBe("sleep");

  // A process that has just begun knows of no shell.
  vi.resetModules();
  const { exec: execAnew } = await import("./shell");
  const next = await execAnew(spec, size);
  next.stream.resume();
  // 129: hung up; or killed, should it not have gone by itself.
  expect([129, 137]).toContain(await left.exited);
  expect([129, 137]).toContain(await mine.exited);
  expect(await next.foreground()).toBeNull();
  const other = await execAnew(spec, size);
  other.stream.resume();
  next.stream.write("exit 5\n");
  expect(await next.exited, "its own are left alone").toBe(5);
  await other.end();
});
