import { and, asc, desc, eq, inArray, isNotNull, isNull, lt, max, or, type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import {
  executorAttempts,
  executorEvents,
  executorJobs,
  executorRuns,
  executorSteps,
  executorWaits,
  runStates,
} from "@/db/schema/executor";
import { type Ctx, requirePermission } from "@/lib/platform/context";
import { notFound } from "@/lib/platform/errors";
import { likePattern } from "@/lib/platform/keyset";

const most = 1_000;

export const runFilter = z.object({
  state: z.enum(runStates).optional(),
  functionId: z.string().max(160).optional(),
  /** Only those that were, or were not, done again. */
  retried: z.boolean().optional(),
  /** Runs that meet one of these; left out: all. */
  search: z
    .object({
      /** Of runs, events, or of what a run was about: workspaces, attempts. */
      ids: z.array(z.string().max(26)).max(most).default([]),
      functionIds: z.array(z.string().max(160)).max(50).default([]),
      /** Somewhere in the error of a failed run. */
      error: z.string().max(200).optional(),
    })
    .optional(),
});
export type RunFilter = z.input<typeof runFilter>;

const listInput = runFilter.extend({
  /** The last run id of the page before. */
  before: z.string().max(27).optional(),
  limit: z.number().int().min(1).max(200).default(50),
});

/** Runs, newest first, a page at a time. */
export async function listRuns({ ctx, input }: { ctx: Ctx; input: z.input<typeof listInput> }) {
  requirePermission(ctx, "job.view");
  const { before, limit, ...filter } = listInput.parse(input);
  const scope = and(scopeOf(filter), before ? lt(executorRuns.id, before) : undefined);
  const page = filter.search ? inArray(executorRuns.id, await search(ctx, filter, scope, limit)) : scope;
  const rows = await ctx.db
    .select({
      id: executorRuns.id,
      functionId: executorRuns.functionId,
      state: executorRuns.state,
      event: executorEvents.name,
      subject1: executorRuns.subject1,
      subject2: executorRuns.subject2,
      retriedAs: executorRuns.retriedAs,
      failure: sql<
        string | null
      >`CASE WHEN ${executorRuns.state} = 'failed' THEN LEFT(${executorRuns.output}, 600) END`,
      createdAt: executorRuns.createdAt,
      startedAt: executorRuns.startedAt,
      endedAt: executorRuns.endedAt,
    })
    .from(executorRuns, filter.search ? {} : indexFor(filter))
    .leftJoin(executorEvents, eq(executorEvents.id, executorRuns.eventId))
    .where(page)
    .orderBy(desc(executorRuns.id))
    .limit(limit);
  return rows.map(({ failure, ...row }) => ({ ...row, error: failure === null ? null : messageIn(failure) }));
}

const scopeOf = (filter: Pick<RunFilter, "state" | "functionId" | "retried">): SQL | undefined =>
  and(
    filter.state && eq(executorRuns.state, filter.state),
    filter.functionId ? eq(executorRuns.functionId, filter.functionId) : undefined,
    filter.retried === undefined
      ? undefined
      : filter.retried
        ? isNotNull(executorRuns.retriedAs)
        : isNull(executorRuns.retriedAs),
  );

/**
 * One of the two indexes where one filter is set. With both, the database joins them: 20-400 ms of a million runs,
 * where reading either alone takes seconds if nothing is found.
 */
function indexFor({ state, functionId }: Pick<RunFilter, "state" | "functionId">) {
  if (state && functionId) return {};
  if (state && state !== "completed") return { forceIndex: ["executor_runs_state"] };
  return functionId ? { forceIndex: ["executor_runs_function"] } : {};
}

/** Every way of finding by an index of its own: one OR over them would read the whole table. */
async function search(
  ctx: Ctx,
  { search: by, state }: z.output<typeof runFilter>,
  scope: SQL | undefined,
  limit: number,
): Promise<string[]> {
  if (!by) return [];
  const ways: (SQL | undefined)[] = [];
  if (by.ids.length > 0)
    ways.push(
      inArray(executorRuns.id, by.ids),
      inArray(executorRuns.eventId, by.ids),
      inArray(executorRuns.subject1, by.ids),
      inArray(executorRuns.subject2, by.ids),
    );
  if (by.functionIds.length > 0) ways.push(inArray(executorRuns.functionId, by.functionIds));
  if (by.error && (state === undefined || state === "failed"))
    ways.push(
      and(
        eq(executorRuns.state, "failed"),
        sql`LOWER(${executorRuns.output}) LIKE ${likePattern(by.error.toLowerCase())}`,
      ),
    );
  const found = await Promise.all(
    ways.map((way) =>
      ctx.db
        .select({ id: executorRuns.id })
        .from(executorRuns)
        .where(and(way, scope))
        .orderBy(desc(executorRuns.id))
        .limit(limit),
    ),
  );
  const ids = [...new Set(found.flat().map((row) => row.id))].sort().reverse().slice(0, limit);
  return ids.length > 0 ? ids : [""];
}

/** The sentence of an error whose JSON may have been cut off. */
function messageIn(json: string): string {
  const [, text = ""] = /"message":"((?:[^"\\]|\\.)*)/.exec(json) ?? [];
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return text;
  }
}

const mostCounted = 10_000;

/** How many failed runs a filter finds that nobody retried yet (up to 10,000), and the newest of them. */
export async function countFailed({ ctx, input }: { ctx: Ctx; input: RunFilter }) {
  requirePermission(ctx, "job.view");
  const filter = { ...runFilter.parse(input), state: "failed" as const, retried: false };
  const scope = scopeOf(filter);
  const found = filter.search
    ? inArray(executorRuns.id, await search(ctx, filter, scope, mostCounted))
    : scope;
  const some = ctx.db
    .select({ id: executorRuns.id })
    .from(executorRuns)
    .where(found)
    .orderBy(desc(executorRuns.id))
    .limit(mostCounted)
    .as("some");
  const [row] = await ctx.db.select({ count: sql<number>`COUNT(*)`, newest: max(some.id) }).from(some);
  return { count: Number(row?.count ?? 0), newest: row?.newest ?? null };
}

/** The functions that have runs, by id. */
export async function listFunctions({ ctx }: { ctx: Ctx }): Promise<string[]> {
  requirePermission(ctx, "job.view");
  const rows = await ctx.db.selectDistinct({ id: executorRuns.functionId }).from(executorRuns);
  return rows.map((row) => row.id);
}

/** One run: its event, steps in order, failed attempts, what it waits for now, and its relatives. */
export async function getRun({ ctx, input }: { ctx: Ctx; input: { id: string } }) {
  requirePermission(ctx, "job.view");
  const { db } = ctx;
  const [run] = await db.select().from(executorRuns).where(eq(executorRuns.id, input.id));
  if (!run) throw notFound("run");
  const [[event], steps, attempts, jobs, waits, relatives] = await Promise.all([
    db.select().from(executorEvents).where(eq(executorEvents.id, run.eventId)),
    db
      .select()
      .from(executorSteps)
      .where(eq(executorSteps.runId, run.id))
      .orderBy(asc(executorSteps.createdAt), asc(executorSteps.seq)),
    db
      .select()
      .from(executorAttempts)
      .where(eq(executorAttempts.runId, run.id))
      .orderBy(asc(executorAttempts.id)),
    db
      .select({
        stepId: executorJobs.stepId,
        attempt: executorJobs.attempt,
        dueAt: executorJobs.dueAt,
        leaseOwner: executorJobs.leaseOwner,
        starts: executorJobs.starts,
      })
      .from(executorJobs)
      .where(eq(executorJobs.runId, run.id)),
    db
      .select({
        stepId: executorWaits.stepId,
        kind: executorWaits.kind,
        eventName: executorWaits.eventName,
        expiresAt: executorWaits.expiresAt,
      })
      .from(executorWaits)
      .where(eq(executorWaits.runId, run.id)),
    db
      .select({
        id: executorRuns.id,
        functionId: executorRuns.functionId,
        state: executorRuns.state,
        createdAt: executorRuns.createdAt,
      })
      .from(executorRuns)
      .where(
        run.parentRunId
          ? or(eq(executorRuns.eventId, run.eventId), eq(executorRuns.id, run.parentRunId))
          : eq(executorRuns.eventId, run.eventId),
      )
      .orderBy(asc(executorRuns.id))
      .limit(50),
  ]);
  const parse = (text: string | null): unknown => (text === null ? null : JSON.parse(text));
  return {
    id: run.id,
    functionId: run.functionId,
    state: run.state,
    parentRunId: run.parentRunId,
    retryOf: run.retryOf,
    retriedAs: run.retriedAs,
    subjects: [run.subject1, run.subject2].filter((subject) => subject !== null),
    createdAt: run.createdAt,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    output: parse(run.output),
    event: event ? { id: event.id, name: event.name, data: parse(event.data), ts: event.ts } : null,
    steps: steps.map(({ memo, runId: _, ...step }) => ({ ...step, result: parse(memo) })),
    attempts: attempts.map(({ error, runId: _, ...attempt }) => ({ ...attempt, error: parse(error) })),
    jobs,
    waits,
    /** Other runs of the same event, and the run that invoked this one. */
    relatives: relatives.filter((other) => other.id !== run.id),
  };
}
