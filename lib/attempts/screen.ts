import { eq } from "drizzle-orm";
import type { CloudSpec } from "@/db/schema/templates";
import { collections } from "@/db/schema/workspaces";
import { instanceOf, mayFreeze } from "@/lib/clouds";
import { canWatchExperiment } from "@/lib/experiments";
import type { Ctx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { notFound } from "@/lib/platform/errors";
import { recordingConsent } from "@/lib/recordings";
import {
  getWorkspace,
  listWorkspaceEvents,
  type StepView,
  stepsOf,
  typicalStart,
  wakeNoteOf,
} from "@/lib/workspaces";
import { type CollectionBrief, ownTasks } from "./queries";
import { resetNoteOf } from "./reset-note";

/** What the page of a workspace knows; plain data. */
export type ScreenView = Awaited<ReturnType<typeof workspaceScreen>>;

/** Everything that the page of one workspace shows to this person; `not_found` for whoever may not see it. */
export async function workspaceScreen({ ctx, workspaceId }: { ctx: Ctx; workspaceId: string }) {
  const found = await getWorkspace({ ctx, workspaceId });
  const { workspace, attempt, task, experiment, template, owner } = found;
  // What belongs to no attempt (a trial, a warm one) has no page of this kind.
  if (!attempt || !task || !experiment || !template || !owner) throw notFound("workspace");
  const mine = isOwn(ctx, workspace.userId);
  const [events, typicalMs, own, staff, recording] = await Promise.all([
    listWorkspaceEvents({ ctx, workspaceId }),
    typicalStart({ ctx, workspaceId }),
    mine && task.maxAttempts !== null ? ownTasks({ ctx, taskIds: [task.id] }) : null,
    canWatchExperiment(ctx, experiment.id),
    recordingConsent({ ctx, experimentId: experiment.id, userId: workspace.userId ?? "" }),
  ]);
  const used = own?.get(task.id)?.used ?? 0;
  const steps: StepView[] = stepsOf(events);
  return {
    id: workspace.id,
    title: experiment.title,
    taskId: task.id,
    taskTitle: task.title,
    experimentId: experiment.id,
    /** What is on the page: a Jupyter in a frame, or a desktop. */
    protocol: template.spec.protocol,
    /** An instance in a cloud: how it is had, and when the cloud takes it back; null for a container. */
    cloud: template.spec.driver === "ecs" ? await cloudOf(ctx, workspace, template.spec) : null,
    state: workspace.state,
    stateAt: workspace.stateAt,
    step: workspace.step,
    health: workspace.health,
    cause: workspace.cause,
    causeDetail: workspace.causeDetail,
    stopReason: workspace.stopReason,
    restart: workspace.restart,
    requestedAt: workspace.requestedAt,
    activeAt: workspace.activeAt,
    queuePosition: workspace.queuePosition,
    queueUntil: workspace.queueUntil,
    successorId: found.successorId,
    /** What a start takes as a rule; null: not known yet. */
    typicalMs,
    startTimeoutSeconds: template.spec.startTimeoutSeconds,
    steps,
    /** Why the instance did not boot when it was last asked to, as a key of `errors`. */
    wake: wakeNoteOf(events),
    /** What became of a wish to make its home anew; null: there was none. */
    reset: resetNoteOf(events),
    attempt: {
      id: attempt.id,
      number: attempt.number,
      state: attempt.state,
      startedAt: attempt.startedAt,
      deadlineAt: attempt.deadlineAt,
      endReason: attempt.endReason,
      extensionsLeft: Math.max(0, task.selfExtensions - attempt.selfExtensionsUsed),
      /** How often in all; 0: only staff extends. */
      extensions: task.selfExtensions,
      extensionMinutes: task.selfExtensionMinutes,
      /** Minutes without an act after which it stops; null: never. */
      idleMinutes: task.idleMinutes,
      /** Attempts after this one; null: unlimited. */
      attemptsLeft: task.maxAttempts === null ? null : Math.max(0, task.maxAttempts - used),
      collection: attempt.state === "ended" && (mine || staff) ? await kept(ctx, attempt.id) : null,
    },
    /** Desktops and terminals are recorded: only with the student's consent do they open at all. */
    recording: { ...recording, days: env().RECORDING_DAYS },
    owner: { name: owner.name, number: owner.number },
    /** The person at the screen works in it; everybody else only sees how it is. */
    mine,
    /** Teacher or assistant of its course: may extend and end. */
    staff,
  };
}

/** What people are told of the instance behind it; prices are for the pages of costs. */
async function cloudOf(
  ctx: Ctx,
  { id: workspaceId, userId }: { id: string; userId: string | null },
  { os }: CloudSpec,
) {
  const row = await instanceOf({ ctx, input: { workspaceId } });
  return {
    /** Windows has the home as a drive, and no shell. */
    os,
    spot: row?.spot ?? false,
    instanceType: row?.instanceType ?? null,
    zoneId: row?.zoneId ?? null,
    passedOver: row?.passedOver ?? [],
    reclaimAt: row?.reclaimAt ?? null,
    /** Stopped in economical mode: only its disk costs. */
    off: row?.state === "stopped",
    mayFreeze: mayFreeze(ctx, { userId }),
  };
}

const isOwn = ({ actor }: Ctx, userId: string | null): boolean =>
  actor.type === "user" && actor.id === userId && actor.permissions.has("attempt.own");

async function kept(ctx: Ctx, attemptId: string): Promise<CollectionBrief | null> {
  const { id, state, files, skipped, bytes, cause } = collections;
  const [row] = await ctx.db
    .select({ id, state, files, skipped, bytes, cause })
    .from(collections)
    .where(eq(collections.final, attemptId));
  return row ?? null;
}
