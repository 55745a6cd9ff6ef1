import type Ecs from "@alicloud/ecs20140526";
import type { Ctx } from "@/lib/platform/context";
import { unseal } from "@/lib/platform/crypto";
import { env } from "@/lib/platform/env";
import type { Region } from "../region";
import { blockCalls, takeCall } from "./budget";
import type { Action, Answer, Asked } from "./calls";
import { CloudError } from "./cloud-error";

type Sdk = typeof import("@alicloud/ecs20140526");
type OpenApi = typeof import("@alicloud/openapi-core");

/** A module of CommonJS, as it is or wrapped, whichever way this bundle imports it. */
const unwrapped = <T extends object>(module: T, name: string): T =>
  name in module ? module : (module as T & { default: T }).default;

/** Loaded when the first cloud is asked: 2,000 classes that a service without a cloud never needs. */
const load = () =>
  Promise.all([
    import("@alicloud/ecs20140526").then((sdk) => unwrapped<Sdk>(sdk, "RunInstancesRequest")),
    import("@alicloud/openapi-core").then((core) => unwrapped<OpenApi>(core, "$OpenApiUtil")),
  ]);
let loaded: ReturnType<typeof load> | undefined;

/** Node gives a CommonJS module's own default one level deeper than bundlers do. */
function constructorOf(sdk: Sdk): new (config: object) => Ecs {
  const { default: first } = sdk as unknown as { default: { default?: unknown } };
  return (typeof first === "function" ? first : first.default) as new (
    config: object,
  ) => Ecs;
}

const clients = new Map<string, Ecs>();

const isOwnNetwork = (endpoint: string): boolean =>
  /^(localhost|127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|\[(::1|f[cd]))/.test(endpoint);

async function clientOf({ account, regionId }: Region): Promise<{ sdk: Sdk; client: Ecs }> {
  loaded ??= load();
  const [sdk, { $OpenApiUtil }] = await loaded;
  const { accessKeyId, accessKeySecret, endpoint } = account;
  const key = [regionId, accessKeyId, accessKeySecret, endpoint].join(" ");
  let client = clients.get(key);
  if (!client) {
    const isPlain = endpoint !== null && isOwnNetwork(endpoint);
    const config = new $OpenApiUtil.Config({
      accessKeyId,
      accessKeySecret: unseal(accessKeySecret),
      regionId,
      protocol: isPlain ? "http" : "https",
      ...(endpoint ? { endpoint } : {}),
      ...(env().HTTPS_PROXY && !isPlain ? { httpsProxy: env().HTTPS_PROXY, noProxy: env().NO_PROXY } : {}),
      readTimeout: 20_000,
      connectTimeout: 5_000,
    });
    client = new (constructorOf(sdk))(config);
    clients.set(key, client);
  }
  return { sdk, client };
}

const keyOf = (region: Region) => `${region.account.id}/${region.regionId}`;

/**
 * One call within the budget. Whatever goes wrong is a {@link CloudError}; nothing is repeated here, since only the
 * caller knows under which token.
 */
export async function call<A extends Action>(
  ctx: Pick<Ctx, "clock" | "log">,
  region: Region,
  action: A,
  asked: Asked<A>,
): Promise<Answer<A>> {
  await takeCall(ctx.clock, keyOf(region), action);
  const { sdk, client } = await clientOf(region);
  const models = sdk as unknown as Record<string, new (fields: object) => object>;
  const Request = models[`${action}Request`];
  const method = `${action[0]?.toLowerCase()}${action.slice(1)}`;
  const methods = client as unknown as Record<string, (request: object) => Promise<{ body?: unknown }>>;
  if (!Request || !methods[method]) throw new Error(`the SDK has no ${action}`);
  try {
    const answer = await methods[method](new Request(asked));
    return (answer.body ?? {}) as Answer<A>;
  } catch (error) {
    throw told(ctx, region, action, error);
  }
}

/**
 * What the SDK threw, in our words. Never with the SDK's own error as a cause: where there is no answer its message is
 * the whole request, with the password in it.
 */
function told(ctx: Pick<Ctx, "clock" | "log">, region: Region, action: Action, error: unknown): CloudError {
  const { code, statusCode, message } = error as { code?: string; statusCode?: number; message?: string };
  const isCloud = typeof statusCode === "number" && typeof code === "string";
  const said = (message ?? String(error)).replace(/(GET|POST)?\s*https?:\/\/\S+/g, "").trim();
  const refusal = new CloudError(action, isCloud ? code : "NoAnswer", isCloud ? statusCode : null, said);
  const { kind } = refusal;
  const line = { action, region: region.regionId, code: refusal.code, said };
  const isUsual = kind === "gone" || kind === "wait" || kind === "elsewhere" || kind === "checked";
  ctx.log[isUsual ? "info" : "warn"](line, "the cloud refused");
  if (kind !== "throttled") return refusal;
  const until = blockCalls(ctx.clock, keyOf(region), action);
  return new CloudError(action, refusal.code, refusal.status, said, until);
}
