import { eq } from "drizzle-orm";
import { afterCommit, type Tx } from "@/db/client";
import { templateVersions } from "@/db/schema/templates";
import { attempts, workspaceEvents, workspaces } from "@/db/schema/workspaces";
import { sendEvent } from "@/inngest/client";
import { publishChange } from "@/lib/changes";
import { affords } from "@/lib/costs";
import { actorName, type Ctx } from "@/lib/platform/context";
import { seal } from "@/lib/platform/crypto";
import { randomLabel } from "@/lib/platform/ids";
import { metrics } from "@/lib/platform/metrics";
import { classOf } from "./class-of";
import { topicsOf } from "./topics";
import { claimWarm } from "./warm/claim";

export type Wanted = {
  attemptId: string;
  userId: string;
  templateVersionId: string;
  memoryMb: number;
};

/**
 * Gives an attempt a warm workspace, or writes that it wants one: intent row and outbox row in the caller's
 * transaction, before any call to the outside. A second live one of the attempt fails as `ER_DUP_ENTRY`.
 */
export async function requestWorkspace(
  ctx: Ctx,
  tx: Tx,
  wanted: Wanted,
  { cold = false } = {},
): Promise<string> {
  afterCommit(tx, () => metrics().workspaceStarts.inc());
  const claimed = cold ? null : await claimWarm(ctx, tx, wanted);
  if (claimed) {
    afterCommit(tx, () => metrics().warmClaims.inc());
    return claimed;
  }
  const workspaceId = ctx.newId();
  const at = ctx.clock.now();
  await tx.insert(workspaces).values({
    ...wanted,
    id: workspaceId,
    purpose: "attempt",
    classId: await classOf(tx, wanted.attemptId),
    label: randomLabel(),
    desired: "running",
    state: "requested",
    secret: seal(ctx.newToken()),
    requestedAt: at,
    stateAt: at,
  });
  await tx.insert(workspaceEvents).values({
    id: ctx.newId(),
    workspaceId,
    to: "requested",
    actor: actorName(ctx.actor),
    reason: "start",
    at,
  });
  await sendEvent(ctx, tx, "workspace/requested", { workspaceId });
  const topics = await topicsOf(tx, { id: workspaceId, userId: wanted.userId, attemptId: wanted.attemptId });
  await publishChange(ctx, tx, topics, "workspace.state", { workspaceId, state: "requested" });
  return workspaceId;
}

/** The next workspace of an attempt whose last one was stopped to be started again. */
export async function requestSuccessor(ctx: Ctx, tx: Tx, endedId: string): Promise<string | null> {
  // The attempt's version, not the ended workspace's: the template may have been corrected since.
  const [row] = await tx
    .select({
      restart: workspaces.restart,
      claimedAt: workspaces.claimedAt,
      readyAt: workspaces.readyAt,
      userId: workspaces.userId,
      attemptId: attempts.id,
      templateVersionId: templateVersions.id,
      spec: templateVersions.spec,
    })
    .from(workspaces)
    .innerJoin(attempts, eq(attempts.id, workspaces.attemptId))
    .innerJoin(templateVersions, eq(templateVersions.id, attempts.templateVersionId))
    .where(eq(workspaces.id, endedId));
  if (!row?.restart || !row.userId) return null;
  const { attemptId, userId, templateVersionId, spec } = row;
  // A warm one that did not wake says little good of the others.
  const slept = row.claimedAt !== null && row.readyAt === null;
  // Whoever starts has been asked already, and who waits for room is asked on the way: only a claim would not be.
  const cold = slept || (spec.driver === "ecs" && !(await affords({ ctx, tx, input: { attemptId } })));
  const wanted = { attemptId, userId, templateVersionId, memoryMb: spec.memoryMb };
  return requestWorkspace(ctx, tx, wanted, { cold });
}
