import { and, eq } from "drizzle-orm";
import type { z } from "zod";
import { affected, transact } from "@/db/client";
import { recordingConsents } from "@/db/schema/consoles";
import { experiments, tasks } from "@/db/schema/experiments";
import { attempts, workspaces } from "@/db/schema/workspaces";
import { recordAudit } from "@/lib/audit";
import { publishChange } from "@/lib/changes";
import { type Ctx, requireUser } from "@/lib/platform/context";
import { conflict, notFound } from "@/lib/platform/errors";
import { loadWorkspace } from "@/lib/workspaces";
import { workspaceInput } from "@/lib/workspaces/schema";

/** Whether an experiment is recorded, and whether this person has agreed to it. */
export async function recordingConsent({
  ctx,
  experimentId,
  userId,
}: {
  ctx: Pick<Ctx, "db">;
  experimentId: string;
  userId: string;
}): Promise<{ on: boolean; agreed: boolean }> {
  const [row] = await ctx.db
    .select({ on: experiments.recording, agreedAt: recordingConsents.agreedAt })
    .from(experiments)
    .leftJoin(
      recordingConsents,
      and(eq(recordingConsents.experimentId, experiments.id), eq(recordingConsents.userId, userId)),
    )
    .where(eq(experiments.id, experimentId));
  return { on: row?.on ?? false, agreed: row !== undefined && row.agreedAt !== null };
}

/** Throws `conflict consoles.consent` where a desktop or terminal would be recorded and its owner has not agreed. */
export async function requireConsent(
  ctx: Ctx,
  workspace: { experimentId: string | null; userId: string | null },
): Promise<void> {
  const { experimentId, userId } = workspace;
  if (!experimentId || !userId) return;
  const { on, agreed } = await recordingConsent({ ctx, experimentId, userId });
  if (on && !agreed) throw conflict("consoles.consent");
}

/** The student agrees that their desktops and terminals of this workspace's experiment are recorded. */
export async function agreeToRecording({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.infer<typeof workspaceInput>;
}): Promise<void> {
  const { workspaceId } = workspaceInput.parse(input);
  const { id: userId } = requireUser(ctx);
  const { experimentId } = await loadWorkspace(ctx, workspaceId, "use");
  if (!experimentId) throw notFound("workspace");
  await transact(ctx.db, async (tx) => {
    const agreedAt = ctx.clock.now();
    const [before] = await tx
      .select({ agreedAt: recordingConsents.agreedAt })
      .from(recordingConsents)
      .where(and(eq(recordingConsents.experimentId, experimentId), eq(recordingConsents.userId, userId)))
      .for("update");
    if (before) return;
    await tx.insert(recordingConsents).ignore().values({ experimentId, userId, agreedAt });
    await recordAudit(ctx, tx, {
      action: "recording.agree",
      targetType: "experiment",
      targetId: experimentId,
    });
    await publishChange(ctx, tx, [`workspace:${workspaceId}`], "recording.agreed");
  });
}

/**
 * The student takes their consent back for this workspace's experiment: from now on its desktops and terminals open
 * only after they agree again, and what runs is recorded no further. What was recorded is kept its time.
 * Returns the student's workspaces that live, for who closes what is open on them.
 */
export async function withdrawConsent({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.infer<typeof workspaceInput>;
}): Promise<{ workspaceIds: string[] }> {
  const { workspaceId } = workspaceInput.parse(input);
  const { id: userId } = requireUser(ctx);
  const { experimentId } = await loadWorkspace(ctx, workspaceId, "use");
  if (!experimentId) throw notFound("workspace");
  return transact(ctx.db, async (tx) => {
    const removed = await tx
      .delete(recordingConsents)
      .where(and(eq(recordingConsents.experimentId, experimentId), eq(recordingConsents.userId, userId)));
    const live = await tx
      .select({ id: workspaces.id })
      .from(workspaces)
      .innerJoin(attempts, eq(attempts.id, workspaces.attemptId))
      .innerJoin(tasks, eq(tasks.id, attempts.taskId))
      .where(
        and(
          eq(tasks.experimentId, experimentId),
          eq(workspaces.userId, userId),
          eq(workspaces.desired, "running"),
        ),
      );
    const workspaceIds = live.map(({ id }) => id);
    if (affected(removed) === 0) return { workspaceIds };
    await recordAudit(ctx, tx, {
      action: "recording.withdraw",
      targetType: "experiment",
      targetId: experimentId,
    });
    const topics = workspaceIds.map((id) => `workspace:${id}` as const);
    await publishChange(ctx, tx, topics, "recording.withdrawn");
    return { workspaceIds };
  });
}
