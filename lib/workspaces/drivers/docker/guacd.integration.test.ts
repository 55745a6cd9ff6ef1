import { afterAll, expect, it, vi } from "vitest";
import { engine } from "./connection";
import { ensureGuacd, guacdAnswers } from "./guacd";
import { guacdName, label, toolsImage } from "./names";
import { prepareHost } from "./prepare";
import { removeEverything, testHost } from "./testing";

vi.hoisted(() => {
  process.env.DEPLOY_ID = `test-driver-${process.pid}`;
});

const host = testHost();
const container = () => engine(host.endpoint).getContainer(guacdName());

afterAll(async () => removeEverything(host));

it("makes one gateway at a fixed address, and finds it again", async () => {
  await prepareHost(host);
  const [one, same] = await Promise.all([ensureGuacd(host), ensureGuacd(host)]);
  expect(one).toEqual(same);
  expect(one.host).toMatch(/^10\.\d+\.(19[2-9]|2\d\d)\.2$/);
  const before = (await container().inspect()).Id;
  expect(await ensureGuacd(host)).toEqual(one);
  expect((await container().inspect()).Id).toBe(before);
});

it("gives it nothing: no privilege, no mount, no name server, a read-only root", async () => {
  const { Config, HostConfig, Mounts } = await container().inspect();
  expect(Config.Labels[label.purpose]).toBe("guacd");
  expect(Config.User).toBe("65534:65534");
  expect(HostConfig).toMatchObject({
    Privileged: false,
    CapDrop: ["ALL"],
    SecurityOpt: ["no-new-privileges"],
    ReadonlyRootfs: true,
    IpcMode: "private",
    PidMode: "",
    PublishAllPorts: false,
    MemorySwap: HostConfig.Memory,
    Dns: ["240.0.0.1"],
  });
  expect(HostConfig.CapAdd ?? []).toEqual([]);
  expect(HostConfig.PortBindings ?? {}).toEqual({});
  expect(Mounts.filter(({ Type }) => Type !== "tmpfs")).toEqual([]);
});

it("replaces one that was killed, frozen, or hangs, at the same address", async () => {
  const at = await ensureGuacd(host);
  const guacdPid = async () => {
    const { Processes } = await container().top({ ps_args: "-eo pid,comm" });
    return Number(Processes.find(([, name]: string[]) => name === "guacd")?.[0]);
  };
  const breaks = {
    killed: async () => process.kill(await guacdPid(), "SIGKILL"),
    frozen: () => container().pause(),
    hung: async () => process.kill(await guacdPid(), "SIGSTOP"),
  };
  for (const [how, hurt] of Object.entries(breaks)) {
    const { Id } = await container().inspect();
    await hurt();
    await vi.waitFor(async () => expect(await guacdAnswers(at, 300)).toBe(false), { timeout: 10_000 });
    expect(await ensureGuacd(host), how).toEqual(at);
    expect(await guacdAnswers(at), how).toBe(true);
    expect((await container().inspect()).Id, how).not.toBe(Id);
  }
}, 90_000);

it("does not touch a container of its name that is somebody else's", async () => {
  await container().remove({ force: true });
  const Labels = { [label.deploy]: "another" };
  await engine(host.endpoint).createContainer({
    name: guacdName(),
    Image: toolsImage,
    Cmd: ["true"],
    Labels,
  });
  await expect(ensureGuacd(host)).rejects.toMatchObject({ code: "unavailable", key: "hostError" });
  await container().remove({ force: true });
});
