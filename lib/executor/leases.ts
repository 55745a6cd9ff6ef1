import { and, eq, or, sql } from "drizzle-orm";
import { transact } from "@/db/client";
import { executorJobs } from "@/db/schema/executor";
import { type Engine, type Job, later, now } from "./store";

/**
 * Prolongs the leases of what is running here: row by row and by primary key alone, so that it takes its
 * locks in the order in which answers take theirs.
 */
export async function renew(engine: Engine, jobs: readonly Job[]): Promise<void> {
  for (const { id, fence } of jobs) {
    await engine.db
      .update(executorJobs)
      .set({ dueAt: later(engine, engine.leaseMs) })
      .where(and(eq(executorJobs.id, id), eq(executorJobs.fence, fence)));
  }
}

/** Gives back a lease whose work has not begun: an orderly stop is no sign that a step kills its process. */
export async function giveBack(engine: Engine, job: Job): Promise<void> {
  await transact(engine.db, (tx) =>
    tx
      .update(executorJobs)
      .set({ dueAt: now(engine), leaseOwner: null, starts: sql`GREATEST(${executorJobs.starts} - 1, 0)` })
      .where(and(eq(executorJobs.id, job.id), eq(executorJobs.fence, job.fence))),
  );
}

/** Shortens leases of what still runs at an orderly stop: until then it may end here, then others take it. */
export async function leave(engine: Engine, jobs: readonly Job[], ms: number): Promise<void> {
  if (jobs.length === 0) return;
  const ours = jobs.map((job) =>
    and(
      eq(executorJobs.id, job.id),
      eq(executorJobs.fence, job.fence),
      eq(executorJobs.leaseOwner, engine.owner),
    ),
  );
  await transact(engine.db, (tx) =>
    tx
      .update(executorJobs)
      .set({ dueAt: later(engine, ms), starts: sql`GREATEST(${executorJobs.starts} - 1, 0)` })
      .where(or(...ours)),
  );
}

/** Makes due at once what an earlier life of this owner held: after a crash, nobody works on it. */
export async function takeBack(engine: Engine): Promise<void> {
  await transact(engine.db, (tx) =>
    tx
      .update(executorJobs)
      .set({ dueAt: now(engine) })
      .where(eq(executorJobs.leaseOwner, engine.owner)),
  );
}
