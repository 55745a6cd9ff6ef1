import type { Ctx } from "@/lib/platform/context";
import { type ErrorParams, toAppError } from "@/lib/platform/errors";

export type Refused = { id: string; code: string; key: string; params: ErrorParams };
export type EachResult = { done: string[]; failed: Refused[] };

/** Does one verb for each of many, four at a time; one that is refused stops no other. */
export async function forEach(
  ctx: Ctx,
  ids: readonly string[],
  run: (id: string) => Promise<unknown>,
): Promise<EachResult> {
  const result: EachResult = { done: [], failed: [] };
  const rest = [...new Set(ids)];
  const work = async () => {
    for (let id = rest.shift(); id !== undefined; id = rest.shift()) {
      try {
        await run(id);
        result.done.push(id);
      } catch (thrown) {
        const error = toAppError(thrown);
        if (error.code === "internal") ctx.log.error({ err: thrown, id }, "one of many failed");
        result.failed.push({ id, code: error.code, key: error.key, params: error.params });
      }
    }
  };
  await Promise.all(Array.from({ length: 4 }, work));
  return result;
}
