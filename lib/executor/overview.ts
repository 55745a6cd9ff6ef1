import { asc, desc, inArray, isNotNull, sql } from "drizzle-orm";
import { databaseNow } from "@/db/client";
import {
  executorJobs,
  executorRuns,
  executorSteps,
  executorWaits,
  executorWorkers,
} from "@/db/schema/executor";
import { type Ctx, requirePermission } from "@/lib/platform/context";

/** Two beats of 15 s may be missed. */
export const aliveMs = 45_000;

export type QueueState = {
  /** Jobs that are due and not taken. */
  depth: number;
  /** Seconds that the oldest of them waits; 0 without any. */
  oldestSeconds: number;
  /** Steps that run now, in any process. */
  running: number;
  /** Sleeps, timeouts, awaited events. */
  waiting: number;
  workersAlive: number;
};

/** How much is due, runs and waits, by the database's clock; each figure from an index. */
export async function queueState({ ctx }: { ctx: Ctx }): Promise<QueueState> {
  requirePermission(ctx, "job.view");
  const [rows] = await ctx.db.execute(sql`
    SELECT
      (SELECT COUNT(*) FROM ${executorJobs} WHERE ${executorJobs.dueAt} <= UTC_TIMESTAMP(3)) AS depth,
      (SELECT TIMESTAMPDIFF(MICROSECOND, MIN(${executorJobs.dueAt}), UTC_TIMESTAMP(3)) / 1000000
         FROM ${executorJobs} WHERE ${executorJobs.dueAt} <= UTC_TIMESTAMP(3)) AS oldest,
      (SELECT COUNT(*) FROM ${executorJobs}
         WHERE ${executorJobs.dueAt} > UTC_TIMESTAMP(3) AND ${executorJobs.leaseOwner} IS NOT NULL) AS running,
      (SELECT COUNT(*) FROM ${executorWaits}) AS waiting,
      (SELECT COUNT(*) FROM ${executorWorkers}
         WHERE ${executorWorkers.seenAt} > UTC_TIMESTAMP(3) - INTERVAL ${aliveMs / 1_000} SECOND) AS alive`);
  const row = (rows as unknown as Record<string, number | null>[])[0];
  return {
    depth: Number(row?.depth ?? 0),
    oldestSeconds: Number(row?.oldest ?? 0),
    running: Number(row?.running ?? 0),
    waiting: Number(row?.waiting ?? 0),
    workersAlive: Number(row?.alive ?? 0),
  };
}

/** Runs that wait to begin or are under way, by state. */
export async function liveCounts({ ctx }: { ctx: Ctx }): Promise<{ queued: number; running: number }> {
  requirePermission(ctx, "job.view");
  const rows = await ctx.db
    .select({ state: executorRuns.state, count: sql<number>`COUNT(*)` })
    .from(executorRuns)
    .where(inArray(executorRuns.state, ["queued", "running"]))
    .groupBy(executorRuns.state);
  const of = (state: string) => Number(rows.find((row) => row.state === state)?.count ?? 0);
  return { queued: of("queued"), running: of("running") };
}

const mostRunning = 200;

/** Processes that run an executor, the newest first, whether they live, and what they run now. */
export async function listWorkers({ ctx }: { ctx: Ctx }) {
  requirePermission(ctx, "job.view");
  const [now, workers, jobs] = await Promise.all([
    databaseNow(ctx.db),
    ctx.db.select().from(executorWorkers).orderBy(desc(executorWorkers.startedAt)).limit(50),
    ctx.db
      .select({
        owner: executorJobs.leaseOwner,
        runId: executorJobs.runId,
        functionId: executorJobs.functionId,
        step: executorSteps.name,
        attempt: executorJobs.attempt,
        starts: executorJobs.starts,
      })
      .from(executorJobs)
      .leftJoin(
        executorSteps,
        sql`${executorSteps.runId} = ${executorJobs.runId} AND ${executorSteps.stepId} = ${executorJobs.stepId}`,
      )
      .where(isNotNull(executorJobs.leaseOwner))
      .orderBy(asc(executorJobs.id))
      .limit(mostRunning),
  ]);
  return workers.map((worker) => ({
    ...worker,
    alive: now.getTime() - worker.seenAt.getTime() <= aliveMs,
    silentSeconds: Math.max(0, Math.round((now.getTime() - worker.seenAt.getTime()) / 1_000)),
    jobs: jobs.filter((job) => job.owner === worker.owner),
  }));
}
export type WorkerState = Awaited<ReturnType<typeof listWorkers>>[number];
