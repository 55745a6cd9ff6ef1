import type { z } from "zod";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { type Changed, changeHomeFiles, liveWorkspaceOf, recordActivity } from "@/lib/workspaces";
import { loadWritable } from "./load";
import type { changeInput } from "./schema";
import { forgetSpace } from "./uploads/receive";

/**
 * Makes folders, renames, moves, removes and counts in one's own home, whether a workspace runs on it or not. Each act
 * has its answer, in their order; a refusal is a key of `homefiles.refused`. Throws what `loadWritable` throws.
 */
export async function changeFiles({
  ctx,
  input: { attemptId, changes },
}: {
  ctx: Ctx;
  input: z.infer<typeof changeInput>;
}): Promise<{ results: Changed[] }> {
  await loadWritable(ctx, attemptId);
  const results = await changeHomeFiles(ctx, attemptId, changes);
  const done = changes.filter((_, index) => "done" in (results[index] ?? {}));
  if (done.length > 0) {
    await recordAudit(ctx, ctx.db, {
      action: "home.change",
      targetType: "attempt",
      targetId: attemptId,
      after: { changes: done.slice(0, 20).map(brief), count: done.length },
    });
    forgetSpace(attemptId);
    await recordAct(ctx, attemptId);
  }
  return { results };
}

const brief = (change: z.infer<typeof changeInput>["changes"][number]) => ({
  act: change.act,
  path: change.path.slice(0, 200),
  ...("to" in change ? { to: change.to.slice(0, 200) } : {}),
});

/** Whoever arranges files is at work: the workspace is not idle. */
export async function recordAct(ctx: Ctx, attemptId: string): Promise<void> {
  const live = await liveWorkspaceOf(ctx.db, attemptId);
  if (live) await recordActivity({ ctx, workspaceId: live.id, at: ctx.clock.now() });
}
