import { sql } from "drizzle-orm";
import { z } from "zod";
import { executorRuns, type RunState } from "@/db/schema/executor";
import { type Ctx, requirePermission } from "@/lib/platform/context";
import { percentile } from "./percentile";

/** Seconds looked back, seconds a bar, and for how long an answer is good enough. */
const ranges = {
  "1h": { seconds: 3_600, bar: 60, keepMs: 2_000 },
  "24h": { seconds: 86_400, bar: 1_800, keepMs: 15_000 },
  "7d": { seconds: 604_800, bar: 10_800, keepMs: 120_000 },
} as const;

export const rangeNames = ["1h", "24h", "7d"] as const;
const statsInput = z.object({ range: z.enum(rangeNames) });

type StatsBar = {
  at: Date;
  completed: number;
  failed: number;
  cancelled: number;
  /** Milliseconds from the event to the first step; null where nothing ran. */
  waitP50: number | null;
  waitP95: number | null;
};
type FunctionStats = {
  functionId: string;
  completed: number;
  failed: number;
  cancelled: number;
  /** Milliseconds from start to end, of completed runs; sleeps count. */
  tookP50: number | null;
  tookP95: number | null;
};
export type RunStats = { barSeconds: number; bars: StatsBar[]; functions: FunctionStats[] };

type Kept = { at: number; stats: Promise<RunStats> };
const shared = globalThis as typeof globalThis & { labyardRunStats?: Map<string, Kept> };

/**
 * Rates and latencies of runs that ended, counted by the database out of one index. A week of a million runs
 * takes it a second or two: the same question within a short while gets the same answer.
 */
export async function runStats({ ctx, input }: { ctx: Ctx; input: z.input<typeof statsInput> }) {
  requirePermission(ctx, "job.view");
  const { range } = statsInput.parse(input);
  shared.labyardRunStats ??= new Map();
  const kept = shared.labyardRunStats.get(range);
  if (kept && performance.now() - kept.at < ranges[range].keepMs) return kept.stats;
  const fresh = { at: performance.now(), stats: count(ctx, range) };
  shared.labyardRunStats.set(range, fresh);
  fresh.stats.catch(() => shared.labyardRunStats?.delete(range));
  return fresh.stats;
}

type Row = { place: number | string; state: RunState; latency: number | null; count: number };

async function count(ctx: Ctx, range: (typeof rangeNames)[number]): Promise<RunStats> {
  const { seconds, bar } = ranges[range];
  const bars = seconds / bar;
  const now = Math.floor(ctx.clock.now().getTime() / 1_000);
  const first = (Math.floor(now / bar) - bars + 1) * bar;
  const since = new Date(first * 1_000);
  const r = executorRuns;
  const ended = sql`${r.endedAt} >= ${since}`;
  // Quarters of an octave: a class is 19 % wide, which is as exact as anybody reads a chart.
  const classOf = (from: unknown, to: unknown) =>
    sql`FLOOR(4 * LOG2(GREATEST(1, TIMESTAMPDIFF(MICROSECOND, ${from}, ${to}) / 1000)))`;
  const [[byTime], [byFunction]] = await Promise.all([
    ctx.db.execute(sql`
      SELECT FLOOR(TIMESTAMPDIFF(SECOND, ${since}, ${r.endedAt}) / ${bar}) AS place, ${r.state} AS state,
        ${classOf(r.createdAt, r.startedAt)} AS latency, COUNT(*) AS count
      FROM ${r} FORCE INDEX (executor_runs_ended) WHERE ${ended} GROUP BY place, state, latency`),
    ctx.db.execute(sql`
      SELECT ${r.functionId} AS place, ${r.state} AS state,
        ${classOf(r.startedAt, r.endedAt)} AS latency, COUNT(*) AS count
      FROM ${r} FORCE INDEX (executor_runs_ended) WHERE ${ended} GROUP BY place, state, latency`),
  ]);
  const times = groupBy(byTime as unknown as Row[]);
  const functions = groupBy(byFunction as unknown as Row[]);
  return {
    barSeconds: bar,
    bars: Array.from({ length: bars }, (_, index) => {
      const rows = times.get(String(index)) ?? [];
      return {
        at: new Date((first + index * bar) * 1_000),
        ...totals(rows),
        waitP50: percentile(rows, 0.5),
        waitP95: percentile(rows, 0.95),
      };
    }),
    functions: [...functions]
      .map(([functionId, rows]) => {
        const done = rows.filter((row) => row.state === "completed");
        return {
          functionId,
          ...totals(rows),
          tookP50: percentile(done, 0.5),
          tookP95: percentile(done, 0.95),
        };
      })
      .sort((a, b) => b.failed - a.failed || b.completed - a.completed),
  };
}

function groupBy(rows: Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = String(row.place);
    const clean = {
      ...row,
      latency: row.latency === null ? null : Number(row.latency),
      count: Number(row.count),
    };
    groups.set(key, [...(groups.get(key) ?? []), clean]);
  }
  return groups;
}

function totals(rows: readonly Row[]) {
  const of = (state: RunState) => rows.reduce((sum, row) => (row.state === state ? sum + row.count : sum), 0);
  return { completed: of("completed"), failed: of("failed"), cancelled: of("cancelled") };
}
