import { asc, eq, sql } from "drizzle-orm";
import { charges } from "@/db/schema/clouds";
import { tasks } from "@/db/schema/experiments";
import { attempts } from "@/db/schema/workspaces";
import { experimentStudents, loadExperiment } from "@/lib/experiments";
import type { Ctx } from "@/lib/platform/context";
import { currentVersionOf } from "@/lib/templates";
import { amountOf } from "./amount";
import { costWithin } from "./balance";
import { can } from "./policy";
import { type PriceOf, quotePrice } from "./quote";
import { budgetState } from "./state";

/** What an experiment will cost, if every student uses one attempt for its whole time; micro-yuan. */
export type Forecast = {
  students: number;
  minutes: number;
  /** Nothing limits the time: a day is counted. */
  assumed: boolean;
  /** An hour; null: the cloud has never told a price. */
  price: number | null;
  perStudent: number;
  whole: number;
  /** Of the course's budget after what is spent and promised; null: it has none. */
  left: number | null;
  /** What it has cost so far. */
  spent: number;
};

const day = 24 * 60;

/**
 * The forecast of an experiment; null where none of its desktops stands in a cloud, or the actor does not see costs.
 */
export async function forecastExperiment({
  ctx,
  input: { experimentId },
  priceOf,
}: {
  ctx: Ctx;
  input: { experimentId: string };
  priceOf: PriceOf;
}): Promise<Forecast | null> {
  const experiment = await loadExperiment(ctx, experimentId, "watch");
  if (!can(ctx.actor, "see", experiment.role)) return null;
  const { courseId } = experiment;
  const rows = await ctx.db
    .select()
    .from(tasks)
    .where(eq(tasks.experimentId, experimentId))
    .orderBy(asc(tasks.position));
  const forecast = { price: null as number | null, minutes: 0, assumed: false, perStudent: 0 };
  let clouds = 0;
  for (const { templateId, durationMinutes } of rows) {
    if (!templateId) continue;
    const version = await currentVersionOf(ctx.db, templateId);
    if (version.spec.driver !== "ecs") continue;
    clouds++;
    const window = windowMinutes(experiment, ctx.clock.now());
    const minutes = Math.min(durationMinutes ?? day, window ?? Number.POSITIVE_INFINITY);
    forecast.minutes += minutes;
    forecast.assumed ||= durationMinutes === null && (window === null || window > day);
    const price = await quotePrice({ ctx, input: version, priceOf });
    if (price === null) continue;
    forecast.price = Math.max(price, forecast.price ?? 0);
    forecast.perStudent += amountOf(price, new Date(0), new Date(minutes * 60_000));
  }
  if (clouds === 0) return null;
  const [students, spent, state] = await Promise.all([
    experimentStudents(ctx.db, experimentId),
    spentOn(ctx, experimentId),
    budgetState({ ctx, input: { courseId } }),
  ]);
  return {
    ...forecast,
    students: students.length,
    whole: forecast.perStudent * students.length,
    left: state.budget && state.budget.amount - state.spent - state.committed,
    spent,
  };
}

function windowMinutes({ opensAt, closesAt }: { opensAt: Date | null; closesAt: Date | null }, now: Date) {
  if (!closesAt) return null;
  const from = opensAt && opensAt > now ? opensAt : now;
  return Math.max(0, Math.ceil((closesAt.getTime() - from.getTime()) / 60_000));
}

async function spentOn(ctx: Ctx, experimentId: string): Promise<number> {
  const [row] = await ctx.db
    .select({ amount: sql<string>`sum(coalesce(${charges.amount}, ${costWithin(ctx.clock.now())}))` })
    .from(charges)
    .innerJoin(attempts, eq(attempts.id, charges.attemptId))
    .innerJoin(tasks, eq(tasks.id, attempts.taskId))
    .where(eq(tasks.experimentId, experimentId));
  return Number(row?.amount ?? 0);
}
