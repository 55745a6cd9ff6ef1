import Docker from "dockerode";
import { afterAll, expect, test, vi } from "vitest";
import { env } from "@/lib/platform/env";
import { networkName } from "./names";
import { ensureNetwork } from "./networks";

vi.hoisted(() => {
  process.env.DEPLOY_ID = `test-networks-${process.pid}`;
});

// Each copy of the service has a connection of its own.
const copies = Array.from({ length: 6 }, () => {
  const { pathname } = new URL(env().DOCKER_HOST);
  return new Docker({ socketPath: pathname });
});
const [docker] = copies;
const ours = async () => {
  const all = (await docker?.listNetworks()) ?? [];
  return all.filter(({ Name }) => Name === networkName("none"));
};

afterAll(async () => {
  for (const { Id } of await ours()) await docker?.getNetwork(Id).remove();
});

test("copies that make a host's network at the same moment make one", async () => {
  for (let round = 0; round < 3; round++) {
    await Promise.all(copies.map((copy) => ensureNetwork(copy, "none")));
    const made = await ours();
    expect(made).toHaveLength(1);
    await docker?.getNetwork(made[0]?.Id ?? "").remove();
  }
});

test("a name that was made twice is mended by whoever looks next", async () => {
  if (!docker) throw new Error("no engine");
  await ensureNetwork(docker, "none");
  const [first] = await ours();
  const Labels = first?.Labels;
  await docker.createNetwork({ Name: networkName("none"), Labels, Driver: "bridge", CheckDuplicate: false });
  await Promise.all(copies.map((copy) => ensureNetwork(copy, "none")));
  expect((await ours()).map(({ Id }) => Id)).toEqual([first?.Id]);
});
