import { and, eq } from "drizzle-orm";
import { transact } from "@/db/client";
import { workspaces } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { requestStop } from "../stop";
import { tellPool } from "./tell";

/** Lets a warm workspace go, unless a student has got it meanwhile: the row's lock decides between the two. */
export async function dismissWarm(ctx: Ctx, workspaceId: string, why: string): Promise<boolean> {
  return transact(ctx.db, async (tx) => {
    const [row] = await tx
      .select({ versionId: workspaces.templateVersionId })
      .from(workspaces)
      .where(
        and(
          eq(workspaces.id, workspaceId),
          eq(workspaces.purpose, "warm"),
          eq(workspaces.desired, "running"),
        ),
      )
      .for("update");
    if (!row || !(await requestStop(ctx, tx, workspaceId, { reason: "warm" }))) return false;
    await tellPool(ctx, tx, row.versionId);
    ctx.log.info({ workspace: workspaceId, why }, "a warm workspace goes");
    return true;
  });
}
