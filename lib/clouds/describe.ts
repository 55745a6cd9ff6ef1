import type { Ctx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import type { Answer } from "./api/calls";
import { call } from "./api/client";
import { deployTag } from "./order";
import type { Region } from "./region";

export type Described = NonNullable<
  NonNullable<Answer<"DescribeInstances">["instances"]>["instance"]
>[number];

type Waiting = {
  ids: Map<string, ((found: Described | null) => void)[]>;
  failed: ((error: unknown) => void)[];
};
type Line = { waiting: Waiting | null; flying: boolean };

const most = 100;
// One line a region in this process: whoever asks while a call flies shares the next one.
const shared = globalThis as typeof globalThis & { labyardCloudLines?: Map<string, Line> };

/** How the cloud sees an instance now; null: it is not in its list. Callers at the same time share one call. */
export function describeInstance(ctx: Ctx, region: Region, externalId: string): Promise<Described | null> {
  shared.labyardCloudLines ??= new Map();
  const key = [region.account.id, region.account.endpoint, region.regionId].join(" ");
  const line = shared.labyardCloudLines.get(key) ?? { waiting: null, flying: false };
  shared.labyardCloudLines.set(key, line);
  if (line.waiting && line.waiting.ids.size >= most && !line.waiting.ids.has(externalId)) {
    // More than one call can ask about: it takes its turn after that one.
    return new Promise((resolve) => setImmediate(resolve)).then(() =>
      describeInstance(ctx, region, externalId),
    );
  }
  line.waiting ??= { ids: new Map(), failed: [] };
  const { ids, failed } = line.waiting;
  const answer = new Promise<Described | null>((resolve, reject) => {
    ids.set(externalId, [...(ids.get(externalId) ?? []), resolve]);
    failed.push(reject);
  });
  if (!line.flying) {
    line.flying = true;
    setImmediate(() => fly(ctx, region, line));
  }
  return answer;
}

async function fly(ctx: Ctx, region: Region, line: Line): Promise<void> {
  const batch = line.waiting;
  line.waiting = null;
  if (batch) {
    try {
      const found = await describeMany(ctx, region, [...batch.ids.keys()]);
      for (const [id, told] of batch.ids) for (const tell of told) tell(found.get(id) ?? null);
    } catch (error) {
      for (const fail of batch.failed) fail(error);
    }
  }
  if (line.waiting) setImmediate(() => fly(ctx, region, line));
  else line.flying = false;
}

/** At most 100 of them by their ids. */
export async function describeMany(
  ctx: Ctx,
  region: Region,
  ids: readonly string[],
): Promise<Map<string, Described>> {
  const { instances } = await call(ctx, region, "DescribeInstances", {
    regionId: region.regionId,
    instanceIds: JSON.stringify(ids),
    maxResults: most,
  });
  return byId(instances?.instance ?? []);
}

/** Everything in the region that carries our deploy tag, or the tags that are asked for besides. */
export async function describeOurs(
  ctx: Ctx,
  region: Region,
  besides: readonly { key: string; value: string }[] = [],
): Promise<Map<string, Described>> {
  const found = new Map<string, Described>();
  let nextToken: string | undefined;
  do {
    const answer = await call(ctx, region, "DescribeInstances", {
      regionId: region.regionId,
      tag: [{ key: deployTag, value: env().DEPLOY_ID }, ...besides],
      maxResults: most,
      ...(nextToken ? { nextToken } : {}),
    });
    for (const [id, one] of byId(answer.instances?.instance ?? [])) found.set(id, one);
    nextToken = answer.nextToken || undefined;
  } while (nextToken);
  return found;
}

const byId = (list: readonly Described[]) =>
  new Map(list.flatMap((one) => (one.instanceId ? [[one.instanceId, one] as const] : [])));

export const tagOf = (one: { tags?: { tag?: { tagKey?: string; tagValue?: string }[] } }, key: string) =>
  one.tags?.tag?.find(({ tagKey }) => tagKey === key)?.tagValue ?? null;
