import type { Ctx } from "@/lib/platform/context";
import type { Described } from "./describe";
import type { CloudResource } from "./ledger";

const minute = 60_000;
/** An order is on its way for some seconds. */
const wayMs = 10_000;

type Ordered = Pick<CloudResource, "createdAt">;

/**
 * Since when an instance is there. The cloud tells it to the minute: the order says it better if it falls into that
 * one, and otherwise the middle of the minute is nearest.
 */
export function bornAt(ctx: Pick<Ctx, "clock">, row: Ordered | null, { creationTime }: Described): Date {
  const now = ctx.clock.now().getTime();
  const first = Date.parse(creationTime ?? "");
  const ordered = row?.createdAt.getTime();
  if (Number.isNaN(first)) return new Date(ordered ?? now);
  const isIn = ordered !== undefined && ordered >= first - wayMs && ordered < first + minute;
  return new Date(isIn ? Math.max(first, ordered) : Math.min(now, first + minute / 2));
}

/** The same of what is not listed yet, as for the first minute of what is new. */
export const youngest = (ctx: Pick<Ctx, "clock">, { createdAt }: Ordered): Date =>
  new Date(Math.max(createdAt.getTime(), ctx.clock.now().getTime() - minute));
