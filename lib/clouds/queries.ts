import type { Ctx } from "@/lib/platform/context";
import { type CloudResource, resourceOf } from "./ledger";

/** The row of the instance that a workspace has, or had last. */
export const instanceOf = ({
  ctx,
  input,
}: {
  ctx: Pick<Ctx, "db">;
  input: { workspaceId: string };
}): Promise<CloudResource | null> => resourceOf(ctx, input.workspaceId);
