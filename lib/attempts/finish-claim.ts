import type { Ctx } from "@/lib/platform/context";
import { type Attached, attachClaimed, detachUnwanted } from "@/lib/workspaces";
import { recordReady } from "./ready";

/** From a claimed warm workspace to a ready one: its home, then the attempt's clock. Repeatable. */
export async function finishClaim({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: { workspaceId: string };
}): Promise<Attached> {
  const attached = await attachClaimed({ ctx, input });
  if (attached !== "done" || (await recordReady({ ctx, input }))) return attached;
  await detachUnwanted({ ctx, input });
  return "unwanted";
}
