import { and, asc, eq, inArray, max, notInArray, or } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { hosts, type WorkspaceState, workspaces } from "@/db/schema/workspaces";
import { finalStates } from "./state";

/** What a list shows of a workspace. */
export type WorkspaceBrief = {
  id: string;
  attemptId: string;
  state: WorkspaceState;
  stateAt: Date;
  step: string | null;
  health: "ok" | "unreachable";
  cause: string | null;
  activeAt: Date | null;
  /** Waits for room or, with step `turn`, for its turn to boot: 1 is next; and when that will be about. */
  queuePosition: number | null;
  queueUntil: Date | null;
  /** On an instance that goes with it: of what is there, only the home stays. */
  cloud: boolean;
};

/** The live workspace of each of these attempts, else its last one; two queries, however many there are. */
export async function workspaceBriefs(
  tx: Tx,
  attemptIds: readonly string[],
): Promise<Map<string, WorkspaceBrief>> {
  const found = new Map<string, WorkspaceBrief>();
  if (attemptIds.length === 0) return found;
  const last = tx
    .select({ id: max(workspaces.id) })
    .from(workspaces)
    .where(inArray(workspaces.attemptId, [...attemptIds]))
    .groupBy(workspaces.attemptId);
  const rows = await tx
    .select({
      id: workspaces.id,
      attemptId: workspaces.attemptId,
      state: workspaces.state,
      stateAt: workspaces.stateAt,
      step: workspaces.step,
      health: workspaces.health,
      cause: workspaces.cause,
      activeAt: workspaces.activeAt,
      queuePosition: workspaces.queuePosition,
      queueUntil: workspaces.queueUntil,
      driver: hosts.driver,
    })
    .from(workspaces)
    .leftJoin(hosts, eq(hosts.id, workspaces.hostId))
    .where(
      and(
        inArray(workspaces.attemptId, [...attemptIds]),
        or(notInArray(workspaces.state, [...finalStates]), inArray(workspaces.id, last)),
      ),
    )
    .orderBy(asc(workspaces.id));
  for (const { attemptId, driver, ...row } of rows) {
    if (!attemptId) continue;
    const before = found.get(attemptId);
    // A live one stays, whatever its id.
    if (before && !finalStates.some((state) => state === before.state)) continue;
    found.set(attemptId, { ...row, attemptId, cloud: driver === "ecs" });
  }
  return found;
}
