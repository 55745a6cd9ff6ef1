import { and, eq } from "drizzle-orm";
import type { z } from "zod";
import { transact } from "@/db/client";
import { recordingConsents } from "@/db/schema/consoles";
import { experiments } from "@/db/schema/experiments";
import { recordAudit } from "@/lib/audit";
import { publishChange } from "@/lib/changes";
import { type Ctx, requireUser } from "@/lib/platform/context";
import { conflict, notFound } from "@/lib/platform/errors";
import { loadWorkspace } from "@/lib/workspaces";
import { consentInput } from "./schema";

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
  input: z.infer<typeof consentInput>;
}): Promise<void> {
  const { workspaceId } = consentInput.parse(input);
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
