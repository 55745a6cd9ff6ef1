import { statSync } from "node:fs";
import type { ContainerInspectInfo } from "dockerode";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { env } from "@/lib/platform/env";
import type { HomedSpec } from "../contract";
import { engine } from "./connection";
import { dockerDriver as driver } from "./driver";
import { containerName, label, storePath } from "./names";
import { inWorkspace, newHome, newSpec, removeEverything, startWorkspace, testHost } from "./testing";

vi.hoisted(() => {
  process.env.DEPLOY_ID = `test-driver-${process.pid}`;
});

const host = testHost();
let offline: HomedSpec;
let online: HomedSpec;

beforeAll(async () => {
  const env = { LD_PRELOAD: "/home/student/x.so", JUPYTER_TOKEN: "mine", HOME: "/tmp", COLOUR: "blue" };
  offline = newSpec(newHome(host), { env });
  online = newSpec(newHome(host), { network: "internet" });
  await startWorkspace(offline);
  await startWorkspace(online);
});
afterAll(async () => removeEverything(host));

async function inspectAll(): Promise<ContainerInspectInfo[]> {
  const docker = engine(host.endpoint);
  const filters = { label: [`${label.deploy}=${env().DEPLOY_ID}`] };
  const found = await docker.listContainers({ all: true, filters });
  return Promise.all(found.map(({ Id }) => docker.getContainer(Id).inspect()));
}

/** What no container for students may ever have, whoever made it and whatever for. */
function expectSealedOff({ Config, HostConfig, Mounts, Name }: ContainerInspectInfo) {
  expect(Config.User, Name).toBe("1000:1000");
  expect(HostConfig, Name).toMatchObject({
    Privileged: false,
    CapDrop: ["ALL"],
    SecurityOpt: ["no-new-privileges"],
    ReadonlyRootfs: true,
    IpcMode: "private",
    PidMode: "",
    UTSMode: "",
    PublishAllPorts: false,
    RestartPolicy: { Name: "no" },
    MemorySwap: HostConfig.Memory,
    OomScoreAdj: 500,
  });
  expect(HostConfig.CapAdd ?? [], Name).toEqual([]);
  expect(HostConfig.Devices ?? [], Name).toEqual([]);
  expect(HostConfig.DeviceCgroupRules ?? [], Name).toEqual([]);
  expect(HostConfig.VolumesFrom ?? [], Name).toEqual([]);
  expect(Object.keys(HostConfig.PortBindings ?? {}), Name).toEqual([]);
  expect(HostConfig.NetworkMode, Name).toMatch(/^(none|labyard-test-driver-\d+-(none|internet))$/);
  expect(HostConfig.Memory, Name).toBeGreaterThan(0);
  expect(HostConfig.NanoCpus, Name).toBeGreaterThan(0);
  expect(HostConfig.PidsLimit, Name).toBeGreaterThan(0);
  expect(HostConfig.ShmSize, Name).toBeLessThanOrEqual(256 * 1024 * 1024);
  expect(HostConfig.Ulimits?.map((one) => one.Name).sort(), Name).toEqual(["core", "nofile"]);
  for (const options of Object.values<string>(HostConfig.Tmpfs ?? {})) {
    expect(options, Name).toMatch(/nosuid,nodev.*size=\d+m/);
  }
  const { Type, Config: options } = HostConfig.LogConfig ?? { Type: "missing", Config: {} };
  expect(["none", "json-file"], Name).toContain(Type);
  if (Type !== "none") expect(options).toEqual({ "max-size": "2m", "max-file": "1" });
  // One mount: the slot of that workspace or the sight of that home, read-only; never a socket or a host path.
  expect(
    Mounts.map(({ Type, RW }) => ({ Type, RW })),
    Name,
  ).toEqual([{ Type: "bind", RW: false }]);
  expect(Mounts[0]?.Source, Name).toMatch(
    new RegExp(`^${storePath()}/(slots|views)/test-driver-\\d+/[0-9A-Z]{26}`),
  );
}

it("holds every container it makes to the policy", async () => {
  const large = await inWorkspace(offline, "dd if=/dev/zero of=$HOME/large bs=1M count=30 2>/dev/null");
  expect(large.code).toBe(0);
  const { content } = await driver.readFile(offline.home, offline.id, "large");
  const all = await inspectAll();
  content.destroy();
  const purpose = (one: ContainerInspectInfo) => one.Config.Labels[label.purpose];
  expect(all.map(purpose).sort()).toEqual(["attempt", "attempt", "files", "mounter"]);
  for (const one of all) if (purpose(one) !== "mounter") expectSealedOff(one);
  const mounter = all.find((one) => purpose(one) === "mounter");
  expect(mounter?.HostConfig).toMatchObject({
    Privileged: false,
    CapDrop: ["ALL"],
    CapAdd: ["SYS_ADMIN", "DAC_OVERRIDE"],
    NetworkMode: "none",
    ReadonlyRootfs: true,
    PidMode: "",
    DeviceCgroupRules: ["b 7:* rmw", "c 10:237 rmw"],
  });
  expect(mounter?.HostConfig.SecurityOpt).not.toContain("seccomp=unconfined");
});

it("gives nobody inside a privilege, nor a way to get one", async () => {
  const { text } = await inWorkspace(
    offline,
    String.raw`
    id -u; grep -E '^(CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):' /proc/self/status | tr -d '\t'
    grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/1/status | tr -d '\t'
    unshare -U true 2>/dev/null && echo BAD unshare; unshare -m true 2>/dev/null && echo BAD unshare-m
    mount -t tmpfs x /tmp 2>/dev/null && echo BAD mount; touch /usr/x /etc/x /home/x /opt/x 2>/dev/null && echo BAD root
    find / -xdev \( -perm -4000 -o -perm -2000 \) -type f 2>/dev/null | sed 's/^/BAD suid /'
    cp /bin/true $HOME/t && chmod 6755 $HOME/t; grep -E ' /home/student ' /proc/self/mounts | cut -d' ' -f4 | tr ',' '\n' | grep -E '^(nosuid|nodev)$'
    ls -la /dev | grep -E '(loop|vda|sda|mem$|kmsg)' | sed 's/^/BAD device /'
    ls /var/run/docker.sock /run/docker.sock /lab 2>/dev/null | sed 's/^/BAD /'
    echo 1 2>/dev/null > /proc/sys/kernel/core_pattern && echo BAD sysctl
    hostname; echo end`,
  );
  const zero = "0000000000000000";
  expect(text.trim().split("\n").sort()).toEqual(
    [
      "1000",
      `CapInh:${zero}`,
      `CapPrm:${zero}`,
      `CapEff:${zero}`,
      `CapBnd:${zero}`,
      `CapAmb:${zero}`,
      "NoNewPrivs:1",
      "Seccomp:2",
      `CapEff:${zero}`,
      "NoNewPrivs:1",
      "Seccomp:2",
      "nosuid",
      "nodev",
      "lab",
      "end",
    ].sort(),
  );
});

it("holds a desktop to the same, and its image has nothing that gives rights", async () => {
  const desktop = newSpec(newHome(host), {
    protocol: "rdp",
    image: "labyard/xrdp",
    memoryMb: 768,
    processes: 512,
  });
  const { externalId } = await startWorkspace(desktop);
  expectSealedOff(await engine(host.endpoint).getContainer(externalId).inspect());
  const { text } = await inWorkspace(
    desktop,
    String.raw`
    grep -hE '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/[0-9]*/status | tr -d '\t' | sort -u
    find / -xdev \( -perm -4000 -o -perm -2000 \) -type f 2>/dev/null | sed 's/^/BAD suid /'
    touch /usr/x /etc/x /home/x /opt/x 2>/dev/null && echo BAD root
    find /etc /usr/share/labyard /opt -name '*.pem' -path '*xrdp*' 2>/dev/null | sed 's/^/BAD key in the image /'
    echo end`,
    60_000,
  );
  const zero = "0000000000000000";
  expect(text.trim().split("\n")).toEqual([
    `CapBnd:${zero}`,
    `CapEff:${zero}`,
    "NoNewPrivs:1",
    "Seccomp:2",
    "end",
  ]);
  await driver.destroy(desktop);
}, 90_000);

it("refuses the system calls that open the kernel", async () => {
  const calls = `
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for name, number, arguments in (("unshare", 272, (0x10000000,)), ("keyctl", 250, (0, 0, 0)), ("bpf", 321, (0, 0, 0)),
                                ("perf", 298, (0, 0, -1, -1, 0)), ("setns", 308, (0, 0)), ("userfaultfd", 323, (0,)),
                                ("mount", 165, (0, 0, 0, 0, 0)), ("kexec", 246, (0, 0, 0, 0))):
    result = libc.syscall(number, *arguments)
    print(name, "ALLOWED" if result >= 0 else os.strerror(ctypes.get_errno()))
`;
  const { text } = await inWorkspace(offline, `python3 - <<'EOS'\n${calls}\nEOS`);
  for (const line of text.trim().split("\n"))
    expect(line).toMatch(/Operation not permitted|not implemented|No such process/);
});

it("passes on what the template sets, but not the names that are the platform's", async () => {
  const { text } = await inWorkspace(
    offline,
    "echo $COLOUR $HOME $JUPYTER_TOKEN $LABYARD_ORIGIN [$LD_PRELOAD]",
  );
  expect(text.trim()).toBe(`blue /home/student ${offline.secret} ${offline.origin} []`);
});

it("bounds what is no home: scratch space and what is printed", async () => {
  const scratch = await inWorkspace(offline, "dd if=/dev/zero of=/tmp/big bs=1M count=400 2>&1; rm /tmp/big");
  expect(scratch.text).toContain("No space left");
  await inWorkspace(
    offline,
    "yes 0123456789012345678901234567890123456789 | head -c 12000000 > /proc/1/fd/1",
  );
  expect((await driver.logs(offline, 100_000)).length).toBeLessThanOrEqual(64 * 1024);
  const { LogPath } = await engine(host.endpoint).getContainer(containerName(offline.id)).inspect();
  // The engine still reads what was printed, and puts a new file in the place of the full one.
  await vi.waitFor(() => expect(statSync(LogPath).size).toBeLessThan(3 * 1024 * 1024), { timeout: 15_000 });
});

it("takes away a workspace that is paused", async () => {
  await engine(host.endpoint).getContainer(containerName(online.id)).pause();
  expect(await driver.observe(online)).toMatchObject({ state: "paused" });
  await driver.destroy(online);
  expect(await driver.observe(online)).toEqual({ state: "missing" });
});

it("says of one that ended how it ended, and does not run it again", async () => {
  await inWorkspace(offline, "kill -9 $(pgrep -o -f jupyterlab) 1");
  await vi.waitFor(async () => expect((await driver.observe(offline)).state).toBe("exited"), {
    timeout: 15_000,
  });
  await expect(driver.ensure(offline)).rejects.toMatchObject({ code: "conflict", key: "workspaceExited" });
  expect((await driver.list(host)).find((one) => one.workspaceId === offline.id)?.running).toBe(false);
});
