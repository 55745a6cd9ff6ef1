import { and, eq, inArray, type SQL } from "drizzle-orm";
import { affected, type Tx } from "@/db/client";
import { type WorkspaceState, workspaceEvents, workspaceStates, workspaces } from "@/db/schema/workspaces";
import { publishChange } from "@/lib/changes";
import { actorName, type Ctx } from "@/lib/platform/context";
import { countMove } from "./count-move";
import { topicsOf } from "./topics";
import { grantTurns, isStarting, lockTurns } from "./turns";

export const finalStates = ["stopped", "failed"] as const satisfies readonly WorkspaceState[];
export const liveStates = workspaceStates.filter(
  (state): state is Exclude<WorkspaceState, "stopped" | "failed"> =>
    state !== "stopped" && state !== "failed",
);
export const isFinal = (state: WorkspaceState): boolean => state === "stopped" || state === "failed";

/** Every ordinary move; two more kinds follow. Stop wins: from each live state there is a way to `stopping`, and from there only on. */
export const moves: Record<WorkspaceState, readonly WorkspaceState[]> = {
  requested: ["queued", "provisioning", "stopping"],
  queued: ["provisioning", "stopping"],
  provisioning: ["booting", "stopping"],
  booting: ["ready", "stopping"],
  ready: ["paused", "stopping"],
  paused: ["ready", "stopping"],
  stopping: ["stopped", "failed"],
  stopped: [],
  failed: [],
};

/** What only warm ones do besides: they are frozen when they are up, and thawed for the student who claims them. */
export const warmMoves: Partial<Record<WorkspaceState, readonly WorkspaceState[]>> = {
  booting: ["paused", "provisioning"],
  paused: ["booting"],
};

/** What runs, once it has a clean disk, starts as on its first day. */
export const renewMoves: Partial<Record<WorkspaceState, readonly WorkspaceState[]>> = {
  ready: ["provisioning"],
  paused: ["provisioning"],
};

type Patch = Partial<Omit<typeof workspaces.$inferInsert, "id" | "state" | "stateAt">>;

export type Move = {
  to: WorkspaceState;
  /** Why, for the event row: a word, never a sentence of a person. */
  reason: string;
  patch?: Patch;
  /** A move that only warm workspaces make, and those just claimed. */
  warm?: boolean;
  /** A move of what keeps its place and gets a clean disk. */
  renew?: boolean;
  /** Further condition, such as `desired = running`. */
  only?: SQL;
};

/**
 * The only writer of `workspaces.state`: one conditional UPDATE from every state that may go to `move.to`,
 * with its event row and a change for every page that shows it. False when the workspace was elsewhere.
 */
export async function moveWorkspace(ctx: Ctx, tx: Tx, workspaceId: string, move: Move): Promise<boolean> {
  const from = workspaceStates.filter((state) =>
    (move.warm ? warmMoves : move.renew ? renewMoves : moves)[state]?.includes(move.to),
  );
  if (!isStarting(move.to)) await lockTurns(tx, workspaceId);
  const [before] = await tx
    .select({
      state: workspaces.state,
      stateAt: workspaces.stateAt,
      userId: workspaces.userId,
      attemptId: workspaces.attemptId,
      hostId: workspaces.hostId,
      purpose: workspaces.purpose,
      requestedAt: workspaces.requestedAt,
      claimedAt: workspaces.claimedAt,
      restart: workspaces.restart,
    })
    .from(workspaces)
    .where(eq(workspaces.id, workspaceId))
    .for("update");
  const at = notBefore(ctx.clock.now(), before?.stateAt);
  const result = await tx
    .update(workspaces)
    .set({ queuePosition: null, queueUntil: null, ...move.patch, state: move.to, stateAt: at })
    .where(and(eq(workspaces.id, workspaceId), inArray(workspaces.state, from), move.only));
  if (affected(result) === 0 || !before) return false;
  await tx.insert(workspaceEvents).values({
    id: ctx.newId(),
    workspaceId,
    from: before.state,
    to: move.to,
    actor: actorName(ctx.actor),
    reason: move.reason.slice(0, 80),
    at,
  });
  const { purpose, requestedAt, claimedAt, restart: renewed } = before;
  const { to, reason } = move;
  const times = { requestedAt, claimedAt, at };
  countMove(ctx, tx, { workspaceId, purpose, ...times, renewed, from: before.state, to, reason });
  await publishChange(ctx, tx, await topicsOf(tx, { id: workspaceId, ...before }), "workspace.state", {
    workspaceId,
    state: move.to,
  });
  // A start that is over, however, frees its turn to boot; one that was booted before had none.
  if (isStarting(before.state) && !isStarting(move.to) && before.hostId && !claimedAt) {
    await grantTurns(ctx, tx, before.hostId);
  }
  return true;
}

/** The clocks of two copies differ by some milliseconds; a history goes forward nevertheless. */
const notBefore = (now: Date, last: Date | undefined): Date =>
  last && last > now ? new Date(last.getTime() + 1) : now;
