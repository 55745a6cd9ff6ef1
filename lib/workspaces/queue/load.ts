import { and, asc, eq, inArray, isNotNull } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { tasks } from "@/db/schema/experiments";
import { templateVersions } from "@/db/schema/templates";
import { attempts, homes, type hosts, workspaces } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { liveStates } from "../state";
import { type Forecasted, forecastPlaces, type Holder, remainingHolds, usual } from "./forecast";
import { bootHistory, holdHistory } from "./history";
import type { Waiting } from "./order";
import type { Room } from "./plan";
import type { Told } from "./tell";

/** Somebody in the queue, with what placing and telling them needs. */
export type Queued = Waiting & {
  taskId: string | null;
  home: { id: string; sizeMb: number; hostId: string } | null;
  homeMb: number;
  /** What their home takes besides, on whichever Docker host it lies. */
  homeGrowsMb: number;
  state: "requested" | "queued";
  step: string | null;
  health: "ok" | "unreachable";
  experimentId: string | null;
  versionId: string;
  deadlineAt: Date | null;
  durationMinutes: number | null;
  before: Told;
};

export type HostRow = typeof hosts.$inferSelect;

/** Everybody who waits for room; few columns, because thousands may. */
export async function loadQueue(tx: Tx): Promise<Queued[]> {
  const rows = await tx
    .select({
      workspace: workspaces,
      attempt: { taskId: attempts.taskId, deadlineAt: attempts.deadlineAt, startedAt: attempts.startedAt },
      task: { experimentId: tasks.experimentId, durationMinutes: tasks.durationMinutes },
      spec: templateVersions.spec,
      home: homes,
    })
    .from(workspaces)
    .innerJoin(templateVersions, eq(templateVersions.id, workspaces.templateVersionId))
    .leftJoin(attempts, eq(attempts.id, workspaces.attemptId))
    .leftJoin(tasks, eq(tasks.id, attempts.taskId))
    .leftJoin(homes, and(eq(homes.taskId, attempts.taskId), eq(homes.userId, workspaces.userId)))
    .where(and(inArray(workspaces.state, ["requested", "queued"]), eq(workspaces.desired, "running")))
    .orderBy(asc(workspaces.requestedAt), asc(workspaces.id))
    .limit(2_000);
  return rows.map(({ workspace, attempt, task, spec, home }) => {
    const grows = Math.max(0, spec.diskMb - (home?.sizeMb ?? 0));
    return {
      id: workspace.id,
      classId: workspace.classId,
      userId: workspace.userId,
      memoryMb: workspace.memoryMb,
      // A home stays on its host, and so does whoever uses it; reserved is only what it has to grow by.
      diskMb: spec.driver === "docker" ? grows : 0,
      driver: spec.driver,
      hostId: spec.driver === "ecs" ? spec.hostId : (home?.hostId ?? null),
      homeGrowsMb: grows,
      sinceMs: workspace.requestedAt.getTime(),
      taskId: attempt?.taskId ?? null,
      home: home && { id: home.id, sizeMb: home.sizeMb, hostId: home.hostId },
      homeMb: spec.diskMb,
      state: workspace.state === "requested" ? "requested" : "queued",
      step: workspace.step,
      health: workspace.health,
      experimentId: task?.experimentId ?? null,
      versionId: workspace.templateVersionId,
      deadlineAt: attempt?.deadlineAt ?? null,
      durationMinutes: attempt?.startedAt ? null : (task?.durationMinutes ?? null),
      before: { position: workspace.queuePosition, until: workspace.queueUntil },
    };
  });
}

/** Workspaces that hold room on a host: what fairness counts, and the forecast waits for. */
export const listHolders = (tx: Tx) =>
  tx
    .select({
      id: workspaces.id,
      hostId: workspaces.hostId,
      classId: workspaces.classId,
      userId: workspaces.userId,
      purpose: workspaces.purpose,
      state: workspaces.state,
      memoryMb: workspaces.memoryMb,
      readyAt: workspaces.readyAt,
      versionId: workspaces.templateVersionId,
      deadlineAt: attempts.deadlineAt,
      durationMinutes: tasks.durationMinutes,
    })
    .from(workspaces)
    .leftJoin(attempts, eq(attempts.id, workspaces.attemptId))
    .leftJoin(tasks, eq(tasks.id, attempts.taskId))
    .where(and(inArray(workspaces.state, liveStates), isNotNull(workspaces.hostId)));

export type HolderRow = Awaited<ReturnType<typeof listHolders>>[number];

export const roomOf = (host: HostRow): Room => ({
  id: host.id,
  driver: host.driver,
  open: host.status === "enabled" && host.health === "ok",
  memoryMb: host.memoryMb,
  freeMemoryMb: host.memoryMb - host.memoryReservedMb,
  freeDiskMb: host.diskMb - host.diskReservedMb,
});

/** A removal takes about so long; a warm one that is in the way is removed at once. */
const removalMs = 3_000;

/**
 * When each who waits will have room: from the deadlines of those that run, how long such ones were held
 * before, and how long they boot. Without any of these nothing is promised.
 */
export async function forecastQueue(
  ctx: Ctx,
  tx: Tx,
  given: { queue: readonly Queued[]; holders: readonly HolderRow[]; hosts: readonly HostRow[] },
): Promise<Map<string, number>> {
  const { queue, holders, hosts: rows } = given;
  const nowMs = ctx.clock.now().getTime();
  const versions = [...new Set([...queue, ...holders].map(({ versionId }) => versionId))];
  const [held, booted] = [await holdHistory(tx, versions), await bootHistory(tx, versions)];
  const bootMs = (versionId: string) => usual(booted.get(versionId) ?? [], 1) ?? 0;
  const ends = new Map<string, number>();
  for (const versionId of versions) {
    const same = holders.filter((one) => one.versionId === versionId && !isGoing(one));
    const elapsed = same.map(({ readyAt }) => (readyAt ? nowMs - readyAt.getTime() : -bootMs(versionId)));
    const rest = remainingHolds(elapsed, held.get(versionId) ?? []);
    same.forEach((one, index) => {
      const left = rest[index] ?? null;
      const last = one.deadlineAt?.getTime() ?? unbegunEnd(one, nowMs + bootMs(versionId));
      const guess = left === null ? Number.POSITIVE_INFINITY : nowMs + left;
      ends.set(one.id, Math.min(guess, Math.max(nowMs, last)) + removalMs);
    });
  }
  const finite = (ms: number | undefined) => (ms !== undefined && Number.isFinite(ms) ? ms : null);
  return forecastPlaces(
    queue.map((one): Forecasted => {
      const usualMs = usual(held.get(one.versionId) ?? []);
      const limitMs = one.durationMinutes ? one.durationMinutes * 60_000 : Number.POSITIVE_INFINITY;
      const holdMs = Math.min(usualMs ?? Number.POSITIVE_INFINITY, limitMs);
      return { ...one, holdMs: finite(holdMs + bootMs(one.versionId) + removalMs) };
    }),
    holders.map(
      (one): Holder => ({
        classId: one.classId,
        userId: one.userId,
        hostId: one.hostId ?? "",
        memoryMb: one.memoryMb,
        freesAtMs: isGoing(one) ? nowMs + removalMs : finite(ends.get(one.id)),
      }),
    ),
    rows.map(roomOf),
    nowMs,
  );
}

/** A clock that has not begun runs its whole length. */
const unbegunEnd = (one: HolderRow, readyMs: number): number =>
  one.durationMinutes && !one.readyAt ? readyMs + one.durationMinutes * 60_000 : Number.POSITIVE_INFINITY;

const isGoing = ({ state, purpose }: HolderRow): boolean => state === "stopping" || purpose === "warm";
