import { existsSync, globSync, mkdirSync, rmdirSync } from "node:fs";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { engine } from "./connection";
import { dockerDriver } from "./driver";
import { mounterName } from "./names";
import { newHome, newSpec, removeEverything, testHost } from "./testing";

vi.hoisted(() => {
  process.env.DEPLOY_ID = `test-mounter-${process.pid}`;
});

const host = testHost();
const helper = () => engine(host.endpoint).getContainer(mounterName());

beforeAll(() => dockerDriver.prepareHost(host));
afterAll(() => removeEverything(host));

it("is asked over one line by many at once, and found again when it was killed or replaced", async () => {
  const mounted = Array.from({ length: 12 }, () => newSpec(newHome(host)));
  await Promise.all(mounted.map((spec) => dockerDriver.mountHome(spec.home, spec.id)));
  const ids = mounted.map((spec) => spec.id).sort();
  const seen = async () => (await dockerDriver.mounts(host)).map(({ workspaceId }) => workspaceId).sort();
  expect(await seen()).toEqual(ids);

  await helper().kill();
  expect(await seen()).toEqual(ids);
  await helper().remove({ force: true });
  expect(await seen()).toEqual(ids);

  const [first, ...rest] = mounted;
  if (!first) throw new Error("nothing mounted");
  // However the kill falls between an exec and its start.
  for (let round = 0; round < 5; round++) {
    await Promise.all([helper().kill(), ...rest.map((spec) => dockerDriver.destroy(spec))]);
    expect(await seen()).toEqual([first.id]);
    await Promise.all(rest.map((spec) => dockerDriver.mountHome(spec.home, spec.id)));
    expect(await seen()).toEqual(ids);
  }
});

it("is made anew where its engine, ended in the middle of things, cannot start it again", async () => {
  await dockerDriver.mounts(host);
  const { Id } = await helper().inspect();
  const [folder] = globSync(
    `/run/{labyard/docker/containerd/daemon,containerd}/io.containerd.runtime.v2.task/moby/${Id}`,
  );
  if (!folder) throw new Error("containerd keeps its tasks elsewhere");
  await helper().kill();
  await vi.waitFor(() => expect(existsSync(folder)).toBe(false), 10_000);
  mkdirSync(folder);
  try {
    await expect(helper().start()).rejects.toThrow("file exists");
    expect(await dockerDriver.mounts(host)).toEqual(expect.any(Array));
    expect((await helper().inspect()).Id).not.toBe(Id);
  } finally {
    if (existsSync(folder)) rmdirSync(folder);
  }
});
