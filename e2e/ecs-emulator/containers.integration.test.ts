import { connect } from "node:net";
import * as sdk from "@alicloud/ecs20140526";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Containers } from "./containers";
import { type Emulator, startEmulator } from "./index";
import { clientOf, codeOf, run } from "./testing";

const regionId = "cn-hangzhou";
let emulator: Emulator;
let client: ReturnType<typeof clientOf>;
beforeAll(async () => {
  const backing = await Containers.open({
    engine: process.env.DOCKER_HOST ?? "unix:///run/labyard/docker.sock",
    deploy: process.env.DEPLOY_ID ?? "test-integration",
    pool: process.env.WORKSPACE_POOL ?? "10.87.0.0/16",
    name: "ecstry",
  });
  const knobs = { pendingMs: 0, startingMs: 0, stoppingMs: 0, imageMs: 0, snapshotMs: 0, commandMs: 0 };
  emulator = await startEmulator({ backing, knobs });
  client = clientOf(emulator);
});
afterAll(() => emulator.close());

/** The first bytes that come back; empty where nobody answers. */
function hello(host: string, port: number, said = ""): Promise<Buffer> {
  return new Promise((resolve) => {
    const socket = connect({ host, port }, () => socket.write(Buffer.from(said, "hex")));
    socket.once("data", (part) => {
      socket.destroy();
      resolve(part);
    });
    socket.once("error", () => resolve(Buffer.alloc(0))).once("close", () => resolve(Buffer.alloc(0)));
  });
}

async function shell(instanceId: string, commandContent: string): Promise<string> {
  const asked = { regionId, type: "RunShellScript", commandContent, instanceId: [instanceId] };
  const { body } = await client.runCommand(new sdk.RunCommandRequest(asked));
  const results = new sdk.DescribeInvocationResultsRequest({ regionId, invokeId: body?.invokeId });
  return vi.waitFor(
    async () => {
      const said = await client.describeInvocationResults(results);
      const [one] = said.body?.invocation?.invocationResults?.invocationResult ?? [];
      expect(one?.invokeRecordStatus).toBe("Finished");
      return Buffer.from(one?.output ?? "", "base64").toString();
    },
    { timeout: 20_000, interval: 200 },
  );
}

const order = async (more: Record<string, unknown> = {}): Promise<string> =>
  (await client.runInstances(run(more))).body?.instanceIdSets?.instanceIdSet?.[0] ?? "";

async function addressOf(id: string): Promise<string> {
  const asked = { regionId, instanceIds: JSON.stringify([id]) };
  const found = await client.describeInstances(new sdk.DescribeInstancesRequest(asked));
  return found.body?.instances?.instance?.[0]?.vpcAttributes?.privateIpAddress?.ipAddress?.[0] ?? "";
}

// CI has such a machine in the story of a cloud desktop.
test.skipIf(!process.env.LONG)(
  "a real machine behind an instance: RDP, SSH, off and on, kept as an image, gone",
  async () => {
    const userData = Buffer.from("#!/bin/sh\necho booted >/etc/first-boot\n").toString("base64");
    const id = await order({ userData });
    const address = await addressOf(id);
    const answers = async () => {
      await vi.waitFor(
        async () => {
          expect((await hello(address, 22)).toString()).toMatch(/^SSH-2\.0-OpenSSH/);
          const confirmed = await hello(address, 3389, "030000130ee000000000000100080001000000");
          expect(confirmed[5]).toBe(0xd0);
        },
        { timeout: 40_000, interval: 300 },
      );
    };
    await answers();
    expect(await shell(id, "cat /etc/first-boot; echo work >/home/ecs-user/work; id -un")).toBe(
      "booted\nroot\n",
    );

    await client.stopInstance(new sdk.StopInstanceRequest({ instanceId: id }));
    await emulator.settled();
    expect(await hello(address, 22)).toHaveLength(0);
    const image = await client.createImage(new sdk.CreateImageRequest({ regionId, instanceId: id }));
    await client.startInstance(new sdk.StartInstanceRequest({ instanceId: id }));
    await answers();
    expect(await shell(id, "cat /home/ecs-user/work")).toBe("work\n");

    const copy = await order({ imageId: image.body?.imageId });
    expect(await shell(copy, "cat /home/ecs-user/work")).toBe("work\n");
    const removal = new sdk.DeleteInstancesRequest({ regionId, instanceId: [id, copy], force: true });
    expect(await codeOf(client.deleteInstances(removal))).toBe("OK");
    await emulator.settled();
    expect(await hello(address, 22)).toHaveLength(0);
  },
);
