import { and, eq, gte, lt, sql } from "drizzle-orm";
import { transact } from "@/db/client";
import { type CloudResourceKind, cloudSweeps } from "@/db/schema/clouds";
import { hosts } from "@/db/schema/workspaces";
import { publishChange } from "@/lib/changes";
import { type Ctx, requirePermission } from "@/lib/platform/context";

export type Swept = {
  /** How many things of each kind the cloud listed as ours. */
  compared: Partial<Record<CloudResourceKind, number>>;
  /** Deleted, or asked to be, because nobody wants them. */
  orphans: number;
  /** The ledger had them, and the cloud has not. */
  lost: number;
  /** A guard that was not as we had set it. */
  mended: number;
  /** Deletions that are still not done. */
  pending: number;
  /** Left alone because too many are unknown. */
  spared: number;
  /** Things that could not be seen to this time. */
  failed: number;
};

export const newSwept = (): Swept => ({
  compared: {},
  orphans: 0,
  lost: 0,
  mended: 0,
  pending: 0,
  spared: 0,
  failed: 0,
});

const day = 24 * 60 * 60_000;
/** So long sweeps are kept. */
const keptMs = 7 * day;

type Sweep = typeof cloudSweeps.$inferSelect;

/** Writes down a sweep that is over, and lets go of those that nobody asks about any more. */
export async function recordSweep(ctx: Ctx, sweep: Omit<Sweep, "id" | "tookMs">): Promise<void> {
  const now = ctx.clock.now();
  const { hostId, startedAt } = sweep;
  const tookMs = now.getTime() - startedAt.getTime();
  await transact(ctx.db, async (tx) => {
    await tx.insert(cloudSweeps).values({ ...sweep, id: ctx.newId(), tookMs });
    await publishChange(ctx, tx, ["admin"], "cloud.sweep", { hostId });
  });
  const old = lt(cloudSweeps.startedAt, new Date(now.getTime() - keptMs));
  await ctx.db.delete(cloudSweeps).where(and(eq(cloudSweeps.hostId, hostId), old));
}

/** When the last sweep of a region began that came to its end, in any copy of the service. */
export async function lastSweptAt(ctx: Pick<Ctx, "db">, hostId: string): Promise<Date | null> {
  const [row] = await ctx.db
    .select({ at: sql<Date | null>`max(${cloudSweeps.startedAt})`.mapWith(cloudSweeps.startedAt) })
    .from(cloudSweeps)
    .where(and(eq(cloudSweeps.hostId, hostId), sql`${cloudSweeps.error} is null`));
  return row?.at ?? null;
}

/** Each region with its last sweep, when it was last compared to the end, and what the last day's sweeps did. */
export async function listSweeps({ ctx }: { ctx: Ctx }) {
  requirePermission(ctx, "host.manage");
  const since = new Date(ctx.clock.now().getTime() - day);
  const [regions, lasts, days] = await Promise.all([
    ctx.db
      .select({ hostId: hosts.id, region: hosts.name })
      .from(hosts)
      .where(eq(hosts.driver, "ecs"))
      .orderBy(hosts.name)
      .limit(500),
    ctx.db.select().from(cloudSweeps).where(isLast),
    ctx.db
      .select({
        hostId: cloudSweeps.hostId,
        goodAt:
          sql<Date | null>`max(if(${cloudSweeps.error} is null, ${cloudSweeps.startedAt}, null))`.mapWith(
            cloudSweeps.startedAt,
          ),
        sweeps: sum(sql`1`),
        broken: sum(sql`${cloudSweeps.error} is not null`),
        found: sum(sql`${cloudSweeps.orphans} + ${cloudSweeps.lost} + ${cloudSweeps.mended}`),
      })
      .from(cloudSweeps)
      .where(gte(cloudSweeps.startedAt, since))
      .groupBy(cloudSweeps.hostId),
  ]);
  return regions.map(({ hostId, region }) => {
    const last = lasts.find((one) => one.hostId === hostId) ?? null;
    const of = days.find((one) => one.hostId === hostId);
    const { goodAt = null, sweeps = 0, broken = 0, found = 0 } = of ?? {};
    return { hostId, region, last, goodAt, day: { sweeps, broken, found } };
  });
}
export type SweepView = Awaited<ReturnType<typeof listSweeps>>[number];

const isLast = sql`(${cloudSweeps.hostId}, ${cloudSweeps.startedAt}) in (
  select host_id, max(started_at) from cloud_sweeps group by host_id)`;

const sum = (of: ReturnType<typeof sql>) => sql<number>`coalesce(sum(${of}), 0)`.mapWith(Number);
