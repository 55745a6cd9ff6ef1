import { connect } from "node:net";
import * as sdk from "@alicloud/ecs20140526";
import { expect, test, vi } from "vitest";
import { startEmulator } from "./index";
import { Listeners } from "./listener";
import { clientOf, codeOf, run } from "./testing";

const ports = { rdp: 33_899, ssh: 33_822 };

/** The first bytes that come back, as hex; `nobody` where no one is. */
function hello(host: string, port: number, said: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => socket.write(Buffer.from(said, "hex")));
    socket.once("data", (part) => {
      socket.destroy();
      resolve(part.toString("hex"));
    });
    socket.once("error", () => resolve("nobody"));
  });
}

test("each instance answers at an address of its own while it runs", async () => {
  const now = Date.UTC(2026, 10, 21);
  const emulator = await startEmulator({ now: () => now, backing: new Listeners(ports) });
  const client = clientOf(emulator);
  await client.runInstances(run({ amount: 60 }));
  emulator.advance(60_000);
  await emulator.settled();
  const asked = { regionId: "cn-hangzhou", maxResults: 100 };
  const found = await client.describeInstances(new sdk.DescribeInstancesRequest(asked));
  const all = found.body?.instances?.instance ?? [];
  const addresses = all.map((one) => one.vpcAttributes?.privateIpAddress?.ipAddress?.[0] ?? "");
  expect(new Set(addresses).size).toBe(60);
  const rdp = (host = "") => hello(host, ports.rdp, "030000130ee000000000000100080001000000");
  const answers = await Promise.all(addresses.map((host) => rdp(host)));
  expect(new Set(answers.map((one) => one.slice(10, 12)))).toEqual(new Set(["d0"]));
  const ssh = await hello(addresses[7] ?? "", ports.ssh, "");
  expect(Buffer.from(ssh, "hex").toString()).toMatch(/^SSH-2\.0-/);

  const instanceId = all[0]?.instanceId;
  await client.stopInstance(new sdk.StopInstanceRequest({ instanceId }));
  await emulator.settled();
  expect(await rdp(addresses[0])).toBe("nobody");
  emulator.advance(60_000);
  await client.startInstance(new sdk.StartInstanceRequest({ instanceId }));
  await emulator.settled();
  expect(await rdp(addresses[0])).not.toBe("nobody");
  await client.deleteInstance(new sdk.DeleteInstanceRequest({ instanceId: all[1]?.instanceId, force: true }));
  await emulator.settled();
  expect(await rdp(addresses[1])).toBe("nobody");
  await emulator.close();
});

test("under real time instances come up by themselves", async () => {
  const emulator = await startEmulator({ knobs: { pendingMs: 10, startingMs: 20 } });
  const client = clientOf(emulator);
  expect(await codeOf(client.runInstances(run()))).toBe("OK");
  await vi.waitFor(() => expect(emulator.cloud.instances.all()[0]?.status).toBe("Running"));
  await emulator.close();
});
