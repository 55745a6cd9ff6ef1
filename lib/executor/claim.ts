import { and, asc, eq, inArray, isNotNull, isNull, lte, notInArray, or, sql } from "drizzle-orm";
import { type Tx, transact } from "@/db/client";
import { executorJobs, executorLocks } from "@/db/schema/executor";
import { type Engine, type Job, later, now } from "./store";

const jobColumns = {
  id: executorJobs.id,
  runId: executorJobs.runId,
  stepId: executorJobs.stepId,
  functionId: executorJobs.functionId,
  attempt: executorJobs.attempt,
  fence: executorJobs.fence,
  starts: executorJobs.starts,
  wanted: executorJobs.wanted,
  key1: executorJobs.key1,
  key2: executorJobs.key2,
};

/** Leases of this key that are alive: counted, never kept in a counter that could leak. */
async function liveByKey(engine: Engine, tx: Tx, keys: string[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const column of [executorJobs.key1, executorJobs.key2]) {
    const rows = await tx
      .select({ key: column, count: sql<number>`COUNT(*)` })
      .from(executorJobs)
      .where(
        and(
          inArray(column, keys),
          isNotNull(executorJobs.leaseOwner),
          sql`${executorJobs.dueAt} > ${now(engine)}`,
        ),
      )
      .groupBy(column);
    for (const row of rows) {
      if (row.key) counts.set(row.key, (counts.get(row.key) ?? 0) + Number(row.count));
    }
  }
  return counts;
}

/** Which claims this process can take now. */
export type Admission = {
  slots: number;
  /** Jobs running here that may have killed their process before. */
  suspects: readonly { starts: number; runningMs: number }[];
  maxStarts: number;
};

/** How long a suspect runs before another is let in beside it, by how often its process has died. */
const suspectGapMs = [1_000, 3_000, 5_000] as const;

/**
 * A job whose process has died twice is a suspect: no two begin together, so that one that kills is told
 * from those that only died with it. Nothing else waits for them, and they never wait for each other's end.
 */
function admits(admission: Admission, taken: readonly Job[], starts: number): boolean {
  if (starts < 2 || starts >= admission.maxStarts) return true;
  if (taken.some((job) => job.starts >= 2 && job.starts < admission.maxStarts)) return false;
  return admission.suspects.every((running) => {
    const deaths = Math.max(starts, running.starts - 1) - 2;
    return running.runningMs >= (suspectGapMs[deaths] ?? suspectGapMs[2]);
  });
}

/** Takes due jobs under a lease, in one short transaction; never more of a concurrency key than its limit. */
export async function claim(engine: Engine, admission: Admission): Promise<Job[]> {
  return transact(engine.db, async (tx) => {
    const taken: Job[] = [];
    const full: string[] = [];
    let counts: Map<string, number> | undefined;
    const passed = new Set<string>();

    while (taken.length < admission.slots) {
      const open = (column: typeof executorJobs.key1 | typeof executorJobs.key2) =>
        full.length > 0 ? or(isNull(column), notInArray(column, full)) : undefined;
      const limit = Math.max(admission.slots * 2, 16) + passed.size;
      const found = await tx
        .select(jobColumns)
        .from(executorJobs)
        .where(and(lte(executorJobs.dueAt, now(engine)), open(executorJobs.key1), open(executorJobs.key2)))
        .orderBy(asc(executorJobs.dueAt), asc(executorJobs.id))
        .limit(limit)
        .for("update", { skipLocked: true });
      const fresh = found.filter((job) => !passed.has(job.id));
      if (fresh.length === 0) break;

      for (const job of fresh) {
        if (taken.length >= admission.slots) break;
        passed.add(job.id);
        const keys = keysOf(engine, job);
        if (keys.length > 0 && !counts) {
          // Two executors that count at once would both see the last free place.
          await tx.select().from(executorLocks).where(eq(executorLocks.name, "keys")).for("update");
        }
        if (keys.length > 0) {
          counts ??= new Map();
          const unknown = keys.map(({ key }) => key).filter((key) => !counts?.has(key));
          if (unknown.length > 0) {
            const live = await liveByKey(engine, tx, unknown);
            for (const key of unknown) counts.set(key, live.get(key) ?? 0);
          }
          const blocked = keys.filter(({ key, limit }) => (counts?.get(key) ?? 0) >= limit);
          if (blocked.length > 0) {
            full.push(...blocked.map(({ key }) => key).filter((key) => !full.includes(key)));
            continue;
          }
        }
        if (!admits(admission, taken, job.starts)) continue;
        for (const { key } of keys) counts?.set(key, (counts.get(key) ?? 0) + 1);
        taken.push(job);
      }
      if (found.length < limit) break;
    }

    if (taken.length > 0) {
      await tx
        .update(executorJobs)
        .set({
          leaseOwner: engine.owner,
          dueAt: later(engine, engine.leaseMs),
          fence: sql`${executorJobs.fence} + 1`,
          starts: sql`${executorJobs.starts} + 1`,
        })
        .where(
          inArray(
            executorJobs.id,
            taken.map((job) => job.id),
          ),
        );
    }
    return taken.map((job) => ({ ...job, fence: job.fence + 1, starts: job.starts + 1 }));
  });
}

/** The concurrency keys that count for this job under the function's present configuration. */
function keysOf(engine: Engine, job: Job): { key: string; limit: number }[] {
  const limits = engine.registry.functions.get(job.functionId)?.concurrency ?? [];
  return [job.key1, job.key2].flatMap((key, index) => {
    const limit = limits[index]?.limit;
    return key && limit ? [{ key, limit }] : [];
  });
}
