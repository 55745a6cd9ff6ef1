import { inArray, sql } from "drizzle-orm";
import { poolState } from "@/db/client";
import { collections, workspaceStates, workspaces } from "@/db/schema/workspaces";
import { subscriberCount } from "@/lib/changes";
import { queueState } from "@/lib/executor";
import { type Ctx, systemCtx } from "@/lib/platform/context";
import { metrics } from "@/lib/platform/metrics";

/** Sets what is looked up and not counted. Without a database those figures are left as they were. */
export async function gather(ctx: Ctx = systemCtx("metrics")): Promise<void> {
  const m = metrics();
  const { used, free, waiting } = poolState();
  m.poolConnections.set({ state: "used" }, used);
  m.poolConnections.set({ state: "free" }, free);
  m.poolWaiting.set(waiting);
  m.subscribers.set(subscriberCount());
  const asked = await Promise.race([
    Promise.all([queueState({ ctx }), countWorkspaces(ctx), countCollections(ctx)]),
    new Promise<undefined>((resolve) => setTimeout(resolve, 2_000, undefined).unref()),
  ]).catch(() => undefined);
  m.databaseUp.set(asked ? 1 : 0);
  if (!asked) return;
  const [queue, states, open] = asked;
  m.queueDepth.set(queue.depth);
  m.oldestDue.set(queue.oldestSeconds);
  m.jobsRunning.set(queue.running);
  m.jobsWaiting.set(queue.waiting);
  m.workers.set(queue.workersAlive);
  m.workspaces.reset();
  let waitingStarts = 0;
  let warm = 0;
  for (const { state, purpose, count } of states) {
    m.workspaces.inc({ state }, count);
    if (state === "requested" || state === "queued") waitingStarts += count;
    // Booted, and frozen until somebody comes.
    if (purpose === "warm" && (state === "ready" || state === "paused")) warm += count;
  }
  m.startQueue.set(waitingStarts);
  m.warmReady.set(warm);
  m.collectionsOpen.set(open);
}

const live = workspaceStates.filter((state) => state !== "stopped" && state !== "failed");

async function countWorkspaces(ctx: Ctx) {
  const rows = await ctx.db
    .select({ state: workspaces.state, purpose: workspaces.purpose, count: sql<number>`COUNT(*)` })
    .from(workspaces)
    .where(inArray(workspaces.state, live))
    .groupBy(workspaces.state, workspaces.purpose);
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}

async function countCollections(ctx: Ctx): Promise<number> {
  const [row] = await ctx.db
    .select({ count: sql<number>`COUNT(*)` })
    .from(collections)
    .where(sql`${collections.state} IN ('pending', 'running')`);
  return Number(row?.count ?? 0);
}
