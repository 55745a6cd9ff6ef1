import { once } from "node:events";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { enterGuacd, type GuacdUser } from "@/lib/consoles/tunnel/guacd";
import { decode, encode } from "@/lib/consoles/tunnel/instruction";
import { InstructionScanner } from "@/lib/consoles/tunnel/scanner";
import { env } from "@/lib/platform/env";
import { engine } from "./connection";
import { desktop, desktopPassword } from "./desktop";
import { driveGuacds, driveParameters, ensureDriveGuacd, removeDriveGuacd } from "./drive";
import { dockerDriver as driver } from "./driver";
import { driveName, label, networkName } from "./names";
import { newHome, newSpec, removeEverything, runInside, testHost, whole } from "./testing";

vi.hoisted(() => {
  process.env.DEPLOY_ID = `test-drive-${process.pid}`;
});

// A computer that is not ours, reached by RDP: xrdp with what it needs to show a redirected drive, which Windows brings.
const host = testHost();
const home = newHome(host);
const { id } = newSpec(home);
const secret = "0123456789abcdef";
const computer = `labyard-test-drive-${process.pid}-computer`;
let address: string;
let user: GuacdUser | undefined;

beforeAll(async () => {
  await driver.prepareHost(host);
  const docker = engine(host.endpoint);
  const container = await docker.createContainer({
    name: computer,
    Image: "labyard/xrdp",
    User: "0:0",
    Env: [`LABYARD_DESKTOP_PASSWORD=${desktopPassword(secret)}`, "HOME=/root"],
    Labels: { [label.deploy]: env().DEPLOY_ID, [label.purpose]: "computer" },
    HostConfig: {
      NetworkMode: networkName("none"),
      CapAdd: ["SYS_ADMIN"],
      Devices: [{ PathOnHost: "/dev/fuse", PathInContainer: "/dev/fuse", CgroupPermissions: "rwm" }],
      SecurityOpt: ["apparmor=unconfined"],
    },
  });
  await container.start();
  const { NetworkSettings } = await container.inspect();
  address = `${NetworkSettings.Networks[networkName("none")]?.IPAddress}:3389`;
  await vi.waitFor(async () => expect(await driver.probe(address, { protocol: "rdp" }, secret)).toBe(true), {
    timeout: 60_000,
    interval: 300,
  });
}, 90_000);

afterAll(async () => {
  user?.socket.destroy();
  await removeDriveGuacd(host, id);
  await removeEverything(host);
});

/** A user of guacd who shows nothing to anybody, and answers so that the session goes on. */
function attend({ socket, early }: GuacdUser) {
  const scanner = new InstructionScanner(1 << 20, (data, start, end) => {
    const [opcode, stamp = ""] = decode(data, start, end);
    if (opcode === "sync") socket.write(encode("sync", stamp));
  });
  scanner.scan(early);
  socket.on("data", (part: Buffer) => scanner.scan(part));
  socket.on("error", () => undefined);
  socket.resume();
}

const inside = async (script: string) => (await runInside(computer, ["sh", "-c", script])).text;
const drive = "/root/thinclient_drives";

test("a home is a drive of a computer elsewhere: what is written there lies in the home, as its student's, and back", async () => {
  const at = await ensureDriveGuacd(host, id, home);
  expect(await ensureDriveGuacd(host, id, home)).toEqual(at);
  expect(await driveGuacds(host, "all")).toEqual([id]);
  expect(await driveGuacds(host, "silent")).toEqual([]);
  expect((await driver.list(host)).map(({ workspaceId }) => workspaceId)).not.toContain(id);

  const target = desktop(address, { protocol: "rdp" }, secret);
  user = await enterGuacd({
    guacd: at,
    select: "rdp",
    parameters: {
      ...target.parameters,
      ...driveParameters,
      hostname: target.host,
      port: String(target.port),
    },
    readOnly: false,
    screen: { width: 1024, height: 768, dpi: 96, audio: [], image: ["image/png"], timezone: "Etc/UTC" },
    name: "student",
  });
  attend(user);
  const mounted = async () => (await inside(`ls ${drive} 2>/dev/null`)).trim();
  await vi.waitFor(async () => expect(await mounted()).not.toBe(""), { timeout: 60_000, interval: 300 });
  const root = `${drive}/${await mounted()}`;

  await inside(`mkdir '${root}/报告' && printf '结果 🦊' > '${root}/报告/实验.txt'`);
  const written = async () => whole((await driver.readFile(home, id, "报告/实验.txt")).content);
  await vi.waitFor(async () => expect((await written()).toString()).toBe("结果 🦊"), 20_000);
  const seen = (await driver.listFiles(home, id, "")).entries.map(({ path }) => path);
  expect(seen, "guacd makes no folder of its own").toEqual(["报告"]);
  expect(
    await driver.changeFiles(home, id, [
      { act: "move", path: "报告/实验.txt", to: "我的.txt", onConflict: "refuse" },
    ]),
  ).toEqual([{ done: "我的.txt" }]);
  await vi.waitFor(async () => expect(await inside(`cat '${root}/我的.txt'`)).toBe("结果 🦊"), 20_000);
}, 120_000);

test("the gateway has that one home and nothing else, and goes with the home's slot", async () => {
  const { Config, HostConfig, Mounts } = await engine(host.endpoint).getContainer(driveName(id)).inspect();
  expect(Config.User).toBe("1000:1000");
  expect(HostConfig).toMatchObject({ Privileged: false, CapDrop: ["ALL"], ReadonlyRootfs: true });
  expect(Mounts.filter(({ Type }) => Type !== "tmpfs").map(({ Destination }) => Destination)).toEqual([
    "/home",
  ]);
  if (user) {
    const closed = once(user.socket, "close");
    user.socket.end(encode("disconnect"));
    await closed;
  }
  await removeDriveGuacd(host, id);
  await removeDriveGuacd(host, id);
  expect(await driveGuacds(host, "all")).toEqual([]);
  expect(await driver.mounts(host)).toEqual([]);
  expect((await driver.listFiles(home, null, "")).entries.map(({ path }) => path).sort()).toEqual([
    "我的.txt",
    "报告",
  ]);
});
