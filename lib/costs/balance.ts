import { and, eq, notInArray, type SQL, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { charges, cloudResources, priceQuotes } from "@/db/schema/clouds";
import { experiments, tasks } from "@/db/schema/experiments";
import { templateVersions } from "@/db/schema/templates";
import { attempts, workspaces } from "@/db/schema/workspaces";
import { amountOf } from "./amount";
import { restMs } from "./rest";

/**
 * What of a charge falls between two moments, in micro-yuan, rounded as {@link amountOf} does; an open one goes on
 * until `now`. Written once in SQL, because sums are made there.
 */
export const costWithin = (now: Date, from: Date | null = null, until: Date | null = null): SQL<number> => {
  const begin = from ? sql`greatest(${charges.fromAt}, ${from})` : sql`${charges.fromAt}`;
  const last = sql`coalesce(${charges.untilAt}, ${now})`;
  const end = until ? sql`least(${last}, ${until})` : last;
  const ms = sql`(greatest(timestampdiff(microsecond, ${begin}, ${end}), 0) div 1000)`;
  // As decimals: a long stretch of a large machine would overflow 64 bits.
  return sql<number>`((cast(${charges.price} as decimal(20)) * ${ms} + 1800000) div 3600000)`;
};

/** What a course has spent so far, in micro-yuan. */
export async function spentBy(tx: Tx, courseId: string, now: Date): Promise<number> {
  const [row] = await tx
    .select({ spent: sql<string>`sum(coalesce(${charges.amount}, ${costWithin(now)}))` })
    .from(charges)
    .where(eq(charges.courseId, courseId));
  return Number(row?.spent ?? 0);
}

export type Committed = {
  /** What those that run or are asked for may still cost, in micro-yuan. */
  amount: number;
  /** How many of them nobody knows a price of. */
  unpriced: number;
};

/**
 * What the cloud desktops of a course may still cost until their time is over; `turnOf`: of those that wait for room,
 * only this one counts.
 */
export async function committedBy(tx: Tx, courseId: string, now: Date, turnOf?: string): Promise<Committed> {
  const rows = await tx
    .select({
      id: workspaces.id,
      state: workspaces.state,
      startedAt: attempts.startedAt,
      deadlineAt: attempts.deadlineAt,
      durationMinutes: tasks.durationMinutes,
      // What waited for nobody before begins when it is somebody's.
      sinceAt: sql`coalesce(${workspaces.claimedAt}, ${cloudResources.createdAt})`.mapWith(
        cloudResources.createdAt,
      ),
      running: cloudResources.runningPrice,
      quoted: priceQuotes.price,
    })
    .from(workspaces)
    .innerJoin(attempts, eq(attempts.id, workspaces.attemptId))
    .innerJoin(tasks, eq(tasks.id, attempts.taskId))
    .innerJoin(experiments, eq(experiments.id, tasks.experimentId))
    .innerJoin(templateVersions, eq(templateVersions.id, workspaces.templateVersionId))
    .leftJoin(priceQuotes, eq(priceQuotes.templateVersionId, workspaces.templateVersionId))
    .leftJoin(
      cloudResources,
      and(
        eq(cloudResources.workspaceId, workspaces.id),
        eq(cloudResources.kind, "instance"),
        notInArray(cloudResources.state, ["gone", "refused"]),
      ),
    )
    .where(
      and(
        eq(experiments.courseId, courseId),
        eq(attempts.state, "open"),
        eq(workspaces.desired, "running"),
        notInArray(workspaces.state, ["stopped", "failed"]),
        sql`json_unquote(json_extract(${templateVersions.spec}, '$.driver')) = 'ecs'`,
      ),
    );
  let unpriced = 0;
  // One row a workspace, at its dearest: while one offer is given up for the next, both may stand.
  const most = new Map<string, number>();
  for (const row of rows) {
    const waits = row.state === "requested" || row.state === "queued";
    if (turnOf && waits && row.id !== turnOf) continue;
    const price = row.running || row.quoted;
    if (!price) unpriced++;
    const amount = amountOf(price ?? 0, now, new Date(now.getTime() + restMs(row, now)));
    most.set(row.id, Math.max(amount, most.get(row.id) ?? 0));
  }
  return { amount: [...most.values()].reduce((sum, one) => sum + one, 0), unpriced };
}
