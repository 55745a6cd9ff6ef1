import { createServer, type IncomingHttpHeaders, request } from "node:http";
import type { AddressInfo } from "node:net";
import * as sdk from "@alicloud/ecs20140526";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Emulator, startEmulator } from "./index";
import { clientOf, codeOf, run } from "./testing";

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startEmulator();
});
afterEach(() => emulator.close());

interface Recorded {
  url: string;
  headers: IncomingHttpHeaders;
}

/** What the real client sends, caught before anybody answers it; its signature is for the emulator's address. */
async function record(call: (client: ReturnType<typeof clientOf>) => Promise<unknown>): Promise<Recorded> {
  let recorded: Recorded | undefined;
  const catcher = createServer((message, response) => {
    recorded = { url: message.url ?? "", headers: message.headers };
    response.writeHead(500).end("{}");
  });
  await new Promise<void>((resolve) => catcher.listen(0, "127.0.0.1", resolve));
  const { port } = catcher.address() as AddressInfo;
  await call(clientOf({ ...emulator, port })).catch(() => undefined);
  catcher.close();
  if (!recorded) throw new Error("nothing was sent");
  return recorded;
}

function send({ url, headers }: Recorded, changed: Record<string, string | undefined> = {}): Promise<string> {
  const all = Object.fromEntries(
    Object.entries({ ...headers, ...changed }).filter(([, one]) => one !== undefined),
  );
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: emulator.host, port: emulator.port, method: "POST", path: url, headers: all },
      async (response) => {
        let text = "";
        for await (const part of response) text += String(part);
        resolve(response.statusCode === 200 ? "OK" : `${response.statusCode} ${JSON.parse(text).Code}`);
      },
    );
    sent.once("error", reject).end();
  });
}

const regions = (client: ReturnType<typeof clientOf>) =>
  client.describeRegions(new sdk.DescribeRegionsRequest());

describe("signature", () => {
  test.each(["学生 张三", "a b+c&d=e%20", "*'()!~", "/?#[]@:;,$", "é🙂"])(
    "a name %j is accepted",
    async (name) => {
      const client = clientOf(emulator);
      const tag = [{ key: `k ${name}`.slice(0, 40), value: name }];
      const made = await client.runInstances(run({ instanceName: `n ${name}`, tag }));
      const asked = { regionId: "cn-hangzhou", tag };
      const found = await client.describeInstances(new sdk.DescribeInstancesRequest(asked));
      const [one] = found.body?.instances?.instance ?? [];
      expect(one?.instanceId).toBe(made.body?.instanceIdSets?.instanceIdSet?.[0]);
      expect(one?.instanceName).toBe(`n ${name}`);
      expect(one?.tags?.tag?.[0]).toMatchObject({ tagKey: tag[0]?.key, tagValue: name });
    },
  );

  test("a nonce is taken once", async () => {
    const recorded = await record(regions);
    const host = { host: `127.0.0.1:${emulator.port}` };
    // Signed for another port: the signature is wrong, and the nonce is used all the same.
    expect(await send(recorded, host)).toBe("400 SignatureDoesNotMatch");
    expect(await send(recorded, host)).toBe("400 SignatureNonceUsed");
  });

  test("what was signed must be what comes", async () => {
    expect(await send(await record(regions))).toBe("OK");
    const longer = await record(regions);
    expect(await send({ ...longer, url: `${longer.url}?AcceptLanguage=en` })).toBe(
      "400 SignatureDoesNotMatch",
    );
    const more = await record(regions);
    expect(await send(more, { "x-acs-retry-attempts": "1" })).toBe("400 SignatureDoesNotMatch");
    const other = await record(regions);
    expect(await send(other, { "x-acs-action": "DescribeZones" })).toBe("400 SignatureDoesNotMatch");
  });

  test.each([
    [{ "x-acs-date": "2026-11-21 10:00:00" }, "400 InvalidTimeStamp.Format"],
    [{ "x-acs-date": "2020-01-01T00:00:00Z" }, "400 InvalidTimeStamp.Expired"],
    [{ "x-acs-date": undefined }, "400 MissingTimestamp"],
    [{ "x-acs-signature-nonce": undefined }, "400 MissingSignatureNonce"],
    [{ authorization: undefined }, "400 IncompleteSignature"],
    [
      { authorization: `ACS3-HMAC-SHA256 Credential=nobody,SignedHeaders=host,Signature=${"0".repeat(64)}` },
      "404 InvalidAccessKeyId.NotFound",
    ],
  ])("%j is refused", async (changed, wanted) => {
    expect(await send(await record(regions), changed)).toBe(wanted);
  });

  test("another secret, an unknown key", async () => {
    const [key] = emulator.keys;
    const wrong = clientOf(emulator, { ...key, accessKeySecret: "other" });
    expect(await codeOf(regions(wrong))).toBe("SignatureDoesNotMatch");
    const nobody = clientOf(emulator, { ...key, accessKeyId: "nobody" });
    expect(await codeOf(regions(nobody))).toBe("InvalidAccessKeyId.NotFound");
  });

  test("an unknown action, an unknown parameter, one of another kind", async () => {
    const client = clientOf(emulator);
    const keyPairs = client.describeKeyPairs(new sdk.DescribeKeyPairsRequest({ regionId: "cn-hangzhou" }));
    expect(await codeOf(keyPairs)).toBe("InvalidApi.NotFound");
    const call = (query: Record<string, unknown>) => codeOf(client.describeRegions(new Loose(query)));
    expect(await call({})).toBe("OK");
    expect(await call({ AcceptLanguage: "zh-CN" })).toBe("OK");
    expect(await call({ AcceptLanguages: "zh-CN" })).toBe("InvalidParameter");
    expect(await call({ OwnerId: "me" })).toBe("InvalidParameter");
  });
});

/** A request that says whatever it is told to: what a newer or broken client might send. */
class Loose extends sdk.DescribeRegionsRequest {
  constructor(query: Record<string, unknown>) {
    super({});
    Object.assign(this, { acceptLanguage: query.AcceptLanguage, ownerId: query.OwnerId });
    // The client sends the fields it knows; a list in a text field becomes fields of other names.
    if (query.AcceptLanguages) Object.assign(this, { acceptLanguage: [query.AcceptLanguages] });
  }
}
