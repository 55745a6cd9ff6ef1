import * as sdk from "@alicloud/ecs20140526";
import { $OpenApiUtil } from "@alicloud/openapi-core";
import type { Emulator } from "./index";

type Client = import("@alicloud/ecs20140526").default;

// Where Node itself reads the package, its default export lies in another one.
const found = sdk.default as unknown as { default?: typeof sdk.default } & typeof sdk.default;
const Ecs = found.default ?? found;

/** The real client, as the driver makes it, for an emulator. */
export function clientOf({ host, port, keys }: Emulator, key = keys[0]): Client {
  return new Ecs(
    new $OpenApiUtil.Config({
      endpoint: `${host}:${port}`,
      protocol: "http",
      regionId: "cn-hangzhou",
      ...key,
    }),
  );
}

/** The parameters of an ordinary desktop. */
export const desktop = {
  regionId: "cn-hangzhou",
  imageId: "ubuntu_24_04_x64_20G_alibase_20260915.vhd",
  instanceType: "ecs.g7.large",
  vSwitchId: "vsw-cn-hangzhou-h",
  securityGroupId: "sg-cn-hangzhou",
  password: "Lab-yard-2026",
};

export const run = (more: Record<string, unknown> = {}) =>
  new sdk.RunInstancesRequest({ ...desktop, ...more });

/** The code of the refusal that a call ends with; `OK` for one that is answered, `no answer` for a broken line. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "OK";
  } catch (error) {
    const { code, name } = error as { code?: string; name: string };
    return code && !/^E[A-Z]+$/.test(code) ? code : name === "RequestTimeoutError" ? name : "no answer";
  }
}
