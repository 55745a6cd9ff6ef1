import type { Tx } from "@/db/client";
import { collections } from "@/db/schema/workspaces";
import { sendEvent } from "@/inngest/client";
import type { Ctx } from "@/lib/platform/context";

/**
 * Asks for a copy of a home in the file store: when its attempt has ended (once for each attempt), or before the
 * home is reset (as often as it is). Until the copy is there no workspace gets the home. Returns its id.
 */
export async function requestCollection(
  ctx: Ctx,
  tx: Tx,
  input: { attemptId: string; homeId: string; reason: "end" | "reset" },
): Promise<string> {
  const id = ctx.newId();
  await tx.insert(collections).values({ ...input, id, state: "pending", createdAt: ctx.clock.now() });
  await sendEvent(ctx, tx, "collection/requested", { collectionId: id });
  return id;
}
