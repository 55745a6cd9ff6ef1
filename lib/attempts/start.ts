import { and, count, eq, isNotNull } from "drizzle-orm";
import { z } from "zod";
import { type Tx, transact } from "@/db/client";
import { attempts } from "@/db/schema/workspaces";
import { recordAudit } from "@/lib/audit";
import { hasBudget, quotePrice, refuseOverBudget } from "@/lib/costs";
import { hasExecutor } from "@/lib/executor";
import { studentTask } from "@/lib/experiments";
import { type Ctx, requirePermission, requireUser, systemCtx } from "@/lib/platform/context";
import { conflict, isDuplicate, limit } from "@/lib/platform/errors";
import { currentVersionOf, getTemplateVersion } from "@/lib/templates";
import { liveWorkspaceOf, placeWaiting, requestWorkspace, restartAfterStop } from "@/lib/workspaces";
import { deadlineOf } from "./deadline";
import { finishClaim } from "./finish-claim";
import { priceOf } from "./price-of";

export const startTaskInput = z.object({ taskId: z.string().length(26) });

export type Started = { workspaceId: string; attemptId: string };

/**
 * A student presses Start. However often it is pressed, in however many tabs, there is one open attempt of
 * the task and one live workspace of it: whoever comes second gets the first one's. While the last
 * workspace still stops, its end will start the next one.
 *
 * Throws `attempts.notOpen`, `attempts.closed`, `attempts.used` (no attempt left), `costs.overBudget`, `not_found`.
 */
export async function startTask({
  ctx,
  input,
  before,
}: {
  ctx: Ctx;
  input: z.infer<typeof startTaskInput>;
  /** Done in the transaction of a new attempt, which must not be open yet (`attempts.open`). */
  before?: (tx: Tx) => Promise<void>;
}): Promise<Started> {
  const actor = requireUser(ctx);
  requirePermission(ctx, "attempt.own");
  const { taskId } = startTaskInput.parse(input);
  const { task, course, window } = await studentTask({ ctx, taskId });
  // Before the transaction, because it may ask the cloud; the budget then counts with the answer.
  if (task.templateId && (await hasBudget(ctx, course.id)))
    await quotePrice({ ctx, input: await currentVersionOf(ctx.db, task.templateId), priceOf: priceOf(ctx) });
  // Somebody else's insert may win each of the two unique indexes once; then theirs is found.
  for (let tries = 1; ; tries++) {
    try {
      const started = await startOnce(ctx, { userId: actor.id, courseId: course.id, task, window, before });
      hurry(ctx, started.workspaceId);
      return started;
    } catch (error) {
      if (!isDuplicate(error) || tries >= 5) throw error;
    }
  }
}

/**
 * A warm workspace gets its home in this process, and any other its place on a host, at once and while the page
 * is on its way. Should that come to nothing, the job that was asked for in the start's transaction does the same.
 */
function hurry({ log, db, clock }: Ctx, workspaceId: string): void {
  const work = async () => {
    const ctx = systemCtx("workspace-claim", { db, clock });
    const claimed = await finishClaim({ ctx, input: { workspaceId } });
    if (claimed === "unwanted" && hasExecutor()) await placeOnce(db);
  };
  work().catch((error: unknown) =>
    log.warn({ err: error, workspace: workspaceId }, "a start waits for its job"),
  );
}

let placing: { again: boolean } | undefined;

/** One pass at a time, and one more for those who came meanwhile: a class does not wait for its own locks. */
async function placeOnce(db: Ctx["db"]): Promise<void> {
  if (placing) {
    placing.again = true;
    return;
  }
  const pass = { again: true };
  placing = pass;
  try {
    while (pass.again) {
      pass.again = false;
      await placeWaiting({ ctx: systemCtx("workspace-place", { db }) });
    }
  } finally {
    placing = undefined;
  }
}

type Starting = {
  userId: string;
  courseId: string;
  task: Awaited<ReturnType<typeof studentTask>>["task"];
  window: { opensAt: Date | null; closesAt: Date | null };
  before?: (tx: Tx) => Promise<void>;
};

async function startOnce(ctx: Ctx, { userId, courseId, task, window, before }: Starting): Promise<Started> {
  const now = ctx.clock.now();
  if (window.opensAt && now < window.opensAt) throw conflict("attempts.notOpen");
  return transact(ctx.db, async (tx) => {
    const open = await openAttempt(tx, userId, task.id);
    if (open && before) throw conflict("attempts.open");
    if (open) {
      await followTemplate(tx, open, task);
      const live = await liveWorkspaceOf(tx, open.id);
      if (
        live &&
        (live.state !== "stopping" || (await restartAfterStop({ ...ctx, db: tx as Ctx["db"] }, live.id)))
      ) {
        return { workspaceId: live.id, attemptId: open.id };
      }
    }
    const deadline = deadlineOf({
      startedAt: open?.startedAt ?? null,
      durationMinutes: task.durationMinutes,
      extensionMinutes: open?.extensionMinutes ?? 0,
      windowClosesAt: window.closesAt,
      closesAt: open?.closesAt ?? null,
    });
    if (deadline && now >= deadline) throw conflict("attempts.closed");
    const version = await versionOf(tx, open, task);
    const request = async () => {
      const attempt =
        open ?? (await createAttempt(ctx, tx, { userId, task, deadline, versionId: version.id }));
      await before?.(tx);
      const workspaceId = await requestWorkspace(ctx, tx, {
        attemptId: attempt.id,
        userId,
        templateVersionId: version.id,
        memoryMb: version.spec.memoryMb,
      });
      return { workspaceId, attemptId: attempt.id };
    };
    const isCloud = version.spec.driver === "ecs";
    const started = isCloud
      ? await refuseOverBudget({ ctx, tx, input: { courseId }, work: request })
      : await request();
    await recordAudit(ctx, tx, {
      action: "workspace.start",
      targetType: "workspace",
      targetId: started.workspaceId,
      after: { attemptId: started.attemptId, taskId: task.id },
    });
    return started;
  });
}

/** By the one key that is theirs alone: over `state` MariaDB locks every open attempt, and starts deadlock. */
async function openAttempt(tx: Tx, userId: string, taskId: string) {
  const [row] = await tx
    .select()
    .from(attempts)
    .where(eq(attempts.live, userId + taskId))
    .for("update");
  return row;
}

/**
 * An attempt pins its template's version when its clock starts. Until then a corrected template counts: else
 * who met a missing image would meet it again for ever.
 */
async function followTemplate(
  tx: Tx,
  open: { id: string; startedAt: Date | null; templateVersionId: string },
  task: Starting["task"],
): Promise<void> {
  if (open.startedAt || !task.templateId) return;
  const { id } = await currentVersionOf(tx, task.templateId);
  if (id === open.templateVersionId) return;
  await tx.update(attempts).set({ templateVersionId: id }).where(eq(attempts.id, open.id));
  open.templateVersionId = id;
}

/** What the attempt pins, or would. */
async function versionOf(
  tx: Tx,
  open: { templateVersionId: string } | undefined,
  { templateId }: Starting["task"],
) {
  if (open) return getTemplateVersion(tx, open.templateVersionId);
  if (!templateId) throw conflict("attempts.noTemplate");
  return currentVersionOf(tx, templateId);
}

async function createAttempt(
  ctx: Ctx,
  tx: Tx,
  {
    userId,
    task,
    deadline,
    versionId,
  }: { userId: string; task: Starting["task"]; deadline: Date | null; versionId: string },
) {
  const used = await usedAttempts(tx, userId, task.id);
  if (task.maxAttempts !== null && used >= task.maxAttempts)
    throw limit("attempts.used", { max: task.maxAttempts });
  const row = {
    id: ctx.newId(),
    taskId: task.id,
    userId,
    number: used + 1,
    templateVersionId: versionId,
    state: "open" as const,
    deadlineAt: deadline,
    createdAt: ctx.clock.now(),
  };
  await tx.insert(attempts).values(row);
  return row;
}

/** Attempts whose clock has started: a creation that failed costs none. */
async function usedAttempts(tx: Tx, userId: string, taskId: string): Promise<number> {
  const [row] = await tx
    .select({ used: count() })
    .from(attempts)
    .where(and(eq(attempts.userId, userId), eq(attempts.taskId, taskId), isNotNull(attempts.startedAt)));
  return row?.used ?? 0;
}
