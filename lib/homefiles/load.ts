import { and, eq } from "drizzle-orm";
import { homes } from "@/db/schema/workspaces";
import { loadAttempt } from "@/lib/attempts";
import { refuseWhileSaved } from "@/lib/collections";
import type { Ctx } from "@/lib/platform/context";
import { conflict } from "@/lib/platform/errors";

/**
 * The attempt whose home its owner may change now. Throws `not_found` for everybody else, `attempts.ended`,
 * `homefiles.noHome` before the first start, `collections.beingSaved`.
 */
export async function loadWritable(ctx: Ctx, attemptId: string) {
  const loaded = await loadAttempt(ctx, attemptId, "changeFiles");
  const { attempt } = loaded;
  if (attempt.state !== "open") throw conflict("attempts.ended");
  const [home] = await ctx.db
    .select({ id: homes.id, resetWanted: homes.resetWanted })
    .from(homes)
    .where(and(eq(homes.userId, attempt.userId), eq(homes.taskId, attempt.taskId)));
  if (!home) throw conflict("homefiles.noHome");
  await refuseWhileSaved(ctx, home);
  return loaded;
}
