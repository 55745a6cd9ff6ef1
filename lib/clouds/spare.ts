import type { CloudResourceKind } from "@/db/schema/clouds";
import type { Ctx } from "@/lib/platform/context";
import { noteFinding } from "./findings";
import type { Region } from "./region";

/** So many things without a row speak against the database, not against the things. */
const fewUnknown = 2;

/**
 * Whether what the ledger does not know is left alone: few are swept up; many of all say that it is the database that
 * was exchanged, or that another one has our DEPLOY_ID. An administrator reads of each.
 */
export async function isSpared(
  ctx: Ctx,
  { hostId }: Region,
  kind: CloudResourceKind,
  unknown: readonly string[],
  all: number,
  done: { spared: number },
): Promise<boolean> {
  if (unknown.length <= fewUnknown || unknown.length * 2 <= all) return false;
  done.spared += unknown.length;
  for (const externalId of unknown) await noteFinding(ctx, { hostId, kind, externalId, finding: "spared" });
  return true;
}
