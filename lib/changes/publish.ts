import { afterCommit, type Tx } from "@/db/client";
import { changes } from "@/db/schema/audit";
import type { Ctx } from "@/lib/platform/context";
import { hurryTail } from "./subscribe";

export type Topic =
  | "admin"
  | "jobs"
  | `user:${string}`
  | `experiment:${string}`
  | `workspace:${string}`
  | `template:${string}`;
type Data = Record<string, string | number | boolean | null>;

/** Tells every open page that listens to one of the topics; arrives when the transaction commits. */
export const publishChange = (
  ctx: Pick<Ctx, "clock">,
  tx: Tx,
  topics: readonly Topic[],
  kind: string,
  data: Data = {},
): Promise<void> => publishChanges(ctx, tx, [{ topics, kind, data }]);

/** The same for many at once, in one statement: a queue that moves on concerns everybody in it. */
export async function publishChanges(
  ctx: Pick<Ctx, "clock">,
  tx: Tx,
  list: readonly { topics: readonly Topic[]; kind: string; data: Data }[],
): Promise<void> {
  const at = ctx.clock.now();
  const rows = list.flatMap(({ topics, kind, data }) =>
    [...new Set(topics)].map((topic) => ({ topic, kind, data, at })),
  );
  if (rows.length === 0) return;
  await tx.insert(changes).values(rows);
  afterCommit(tx, hurryTail);
}
