import { and, asc, desc, eq, gt, isNull, lt, or, type SQL, sql } from "drizzle-orm";
import type { AnyMySqlColumn } from "drizzle-orm/mysql-core";
import type { z } from "zod";
import { users } from "@/db/schema/accounts";
import { charges } from "@/db/schema/clouds";
import { classes, courses } from "@/db/schema/courses";
import { experiments, tasks } from "@/db/schema/experiments";
import { templates, templateVersions } from "@/db/schema/templates";
import { attempts, workspaces } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import { type Page, pageOf, readCursor } from "@/lib/platform/keyset";
import { amountOf } from "./amount";
import { costWithin } from "./balance";
import { type Period, periodOf, startOf } from "./day";
import { loadCosts, requireSeeAll } from "./load";
import { poolKey, type scopeInput, spendingInput } from "./schema";

/** Whom or what something was spent on. */
export type SpendingRow = {
  /** Of the course, class, student, template or attempt; `poolKey`: of the warm pool; null: of none, such as images. */
  id: string | null;
  name: string | null;
  /** The student's number, of students and attempts. */
  number: string | null;
  /** Of attempts: course, class, experiment and which try. */
  course: string | null;
  className: string | null;
  experiment: string | null;
  attempt: number | null;
  /** Micro-yuan within the period. */
  amount: number;
  /** Hours that desktops ran. */
  hours: number;
  /** How much of it still goes on. */
  open: number;
};

type Args<S extends z.ZodType> = { ctx: Ctx; input: z.input<S> };

const none = sql<null>`null`;
const said = <T>(column: SQL | { name: string }) => sql<T | null>`max(${column})`;

/** A stretch is the pool's until the claim, also when the workspace is a student's by now. */
const orPool = (column: AnyMySqlColumn) =>
  sql<
    string | null
  >`case when ${charges.attemptId} is null and ${workspaces.warmPlanId} is not null then ${sql.raw(`'${poolKey}'`)} else ${column} end`;

const groups = {
  course: { id: orPool(charges.courseId), name: said<string>(courses.name) },
  class: { id: charges.classId, name: said<string>(classes.name) },
  student: { id: orPool(charges.userId), name: said<string>(users.name), number: said<string>(users.number) },
  template: { id: templates.id, name: said<string>(templates.name) },
  attempt: {
    id: orPool(charges.attemptId),
    name: said<string>(users.name),
    number: said<string>(users.number),
    course: said<string>(courses.name),
    className: said<string>(classes.name),
    experiment: said<string>(experiments.title),
    attempt: said<number>(attempts.number),
  },
} as const;

/** What was spent, the most first: over everything for administrators, within a course for its teachers. */
export async function listSpending({ ctx, input }: Args<typeof spendingInput>): Promise<Page<SpendingRow>> {
  const { by, cursor, limit, ...scope } = spendingInput.parse(input);
  await mayLook(ctx, scope.courseId);
  const rows = await readSpending(ctx, scope, by, limit + 1, readCursor(cursor, 2));
  return pageOf(rows, limit, (row) => [String(row.amount), row.id ?? ""]);
}

/** The same without a question who asks. */
export async function readSpending(
  ctx: Ctx,
  scope: z.output<typeof scopeInput>,
  by: keyof typeof groups,
  limit: number,
  after: string[] | null = null,
): Promise<SpendingRow[]> {
  const now = ctx.clock.now();
  const period = periodOf(scope, now, env().TIME_ZONE);
  const group = groups[by];
  const amount = sql<string>`sum(${costWithin(now, period.from, period.until)})`;
  // The same of all rows of a group: `having` knows no other way to say so.
  const key = sql<string>`coalesce(max(${group.id}), '')`;
  const rows = await ctx.db
    .select({
      number: none as SQL<string | null>,
      course: none as SQL<string | null>,
      className: none as SQL<string | null>,
      experiment: none as SQL<string | null>,
      attempt: none as SQL<number | null>,
      ...group,
      amount: amount.mapWith(Number),
      hours:
        sql`sum(case when ${charges.kind} = 'compute' then ${msWithin(now, period)} else 0 end) / 3600000`.mapWith(
          Number,
        ),
      open: sql`sum(case when ${charges.untilAt} is null then 1 else 0 end)`.mapWith(Number),
    })
    .from(charges)
    .leftJoin(courses, eq(courses.id, charges.courseId))
    .leftJoin(classes, eq(classes.id, charges.classId))
    .leftJoin(users, eq(users.id, charges.userId))
    .leftJoin(workspaces, eq(workspaces.id, charges.workspaceId))
    .leftJoin(templateVersions, eq(templateVersions.id, workspaces.templateVersionId))
    .leftJoin(templates, eq(templates.id, templateVersions.templateId))
    .leftJoin(attempts, eq(attempts.id, charges.attemptId))
    .leftJoin(tasks, eq(tasks.id, attempts.taskId))
    .leftJoin(experiments, eq(experiments.id, tasks.experimentId))
    .where(inScope(scope, period))
    .groupBy(group.id)
    .having(
      after
        ? sql`${amount} < ${Number(after[0])} or (${amount} = ${Number(after[0])} and ${key} > ${after[1]})`
        : undefined,
    )
    .orderBy(desc(amount), asc(key))
    .limit(limit);
  // What is nobody's is a sum of many: of whom the database names one is chance.
  const unnamed = {
    name: null,
    number: null,
    course: null,
    className: null,
    experiment: null,
    attempt: null,
  };
  return rows.map((row) => (row.id === null || row.id === poolKey ? { ...row, ...unnamed } : row));
}

/** Whole: of the scope and period. */
export async function totalSpending({ ctx, input }: Args<typeof scopeInput>): Promise<number> {
  const scope = input;
  await mayLook(ctx, scope.courseId);
  const now = ctx.clock.now();
  const period = periodOf(scope, now, env().TIME_ZONE);
  const [row] = await ctx.db
    .select({ amount: sql<string>`sum(${costWithin(now, period.from, period.until)})` })
    .from(charges)
    .where(inScope(scope, period));
  return Number(row?.amount ?? 0);
}

/** What costs right now: how many things, and micro-yuan an hour of all of them. Administrators. */
export async function costsNow({ ctx }: { ctx: Ctx }): Promise<{ count: number; price: number }> {
  requireSeeAll(ctx);
  const [row] = await ctx.db
    .select({ count: sql`count(*)`.mapWith(Number), price: sql`sum(${charges.price})`.mapWith(Number) })
    .from(charges)
    .where(isNull(charges.untilAt));
  return { count: row?.count ?? 0, price: row?.price ?? 0 };
}

export type DaySeries = { key: string | null; name: string | null; days: number[] };

/** What each day of the period cost, by course over everything, or by class within a course; the most first. */
export async function dailySpending({
  ctx,
  input,
}: Args<typeof scopeInput>): Promise<{ period: Period; series: DaySeries[] }> {
  await mayLook(ctx, input.courseId);
  const now = ctx.clock.now();
  const period = periodOf(input, now, env().TIME_ZONE);
  const { from, until } = period;
  const begins = period.days.map((day, index) => (index === 0 ? from : startOfDay(day)));
  const marks = sql.join(
    begins.map((at) => sql`${at.getTime() / 1_000}`),
    sql`, `,
  );
  // In whole seconds: a stretch that ends within the first second of a day still belongs to the day before it.
  const dayAt = (at: SQL) =>
    sql<number>`(interval(timestampdiff(second, '1970-01-01', ${at}), ${marks}) - 1)`;
  const first = dayAt(sql`greatest(${charges.fromAt}, ${from})`);
  const last = dayAt(sql`least(coalesce(${charges.untilAt}, ${now}), ${until}) - interval 1 second`);
  const group = input.courseId ? groups.class : groups.course;
  // Stretches within one day are added up in the database; only those over midnight come one by one.
  const spans = sql<string | null>`case when ${last} > ${first} then ${charges.id} end`;
  const rows = await ctx.db
    .select({
      key: group.id,
      name: group.name,
      spans,
      day: sql`min(${first})`.mapWith(Number),
      amount: sql`sum(${costWithin(now, from, until)})`.mapWith(Number),
      price: sql`max(${charges.price})`.mapWith(Number),
      begin: sql`max(${charges.fromAt})`.mapWith(charges.fromAt),
      end: sql`max(coalesce(${charges.untilAt}, ${now}))`.mapWith(charges.fromAt),
    })
    .from(charges)
    .leftJoin(courses, eq(courses.id, charges.courseId))
    .leftJoin(classes, eq(classes.id, charges.classId))
    .leftJoin(workspaces, eq(workspaces.id, charges.workspaceId))
    .where(inScope(input, period))
    .groupBy(group.id, spans, first)
    .limit(100_000);
  const found = new Map<string | null, DaySeries>();
  for (const row of rows) {
    const entry = found.get(row.key) ?? { key: row.key, name: row.name, days: period.days.map(() => 0) };
    found.set(row.key, entry);
    if (!row.spans) {
      entry.days[row.day] = (entry.days[row.day] ?? 0) + row.amount;
      continue;
    }
    for (const [day, dayBegins] of begins.entries()) {
      const dayEnds = begins[day + 1] ?? until;
      const [a, b] = [later(row.begin, dayBegins), earlier(row.end, dayEnds)];
      if (b > a) entry.days[day] = (entry.days[day] ?? 0) + amountOf(row.price, a, b);
    }
  }
  const sum = ({ days }: DaySeries) => days.reduce((total, one) => total + one, 0);
  return { period, series: [...found.values()].sort((a, b) => sum(b) - sum(a)) };
}

const startOfDay = (day: string): Date => startOf(day, env().TIME_ZONE);
const later = (a: Date, b: Date) => (a > b ? a : b);
const earlier = (a: Date, b: Date) => (a < b ? a : b);

const msWithin = (now: Date, { from, until }: Period) =>
  sql`(greatest(timestampdiff(microsecond, greatest(${charges.fromAt}, ${from}),
    least(coalesce(${charges.untilAt}, ${now}), ${until})), 0) div 1000)`;

async function mayLook(ctx: Ctx, courseId: string | undefined): Promise<void> {
  if (courseId) await loadCosts(ctx, courseId, "see");
  else requireSeeAll(ctx);
}

type Scope = Omit<z.output<typeof scopeInput>, "from" | "until">;

const inScope = ({ courseId, classId, userId }: Scope, { from, until }: Period): SQL | undefined =>
  and(
    courseId ? eq(charges.courseId, courseId) : undefined,
    classId ? (classId === "none" ? isNull(charges.classId) : eq(charges.classId, classId)) : undefined,
    userId ? eq(charges.userId, userId) : undefined,
    lt(charges.fromAt, until),
    or(isNull(charges.untilAt), gt(charges.untilAt, from)),
  );

/** The class and the student that a report is narrowed to, by name; within a course that the actor may look at. */
export async function nameOfScope({
  ctx,
  input: { courseId, classId, userId },
}: {
  ctx: Ctx;
  input: { courseId: string; classId?: string; userId?: string };
}): Promise<{ className: string | null; student: string | null }> {
  await loadCosts(ctx, courseId, "see");
  // By what the course has paid for, so that an id from elsewhere names nobody.
  const [row] = await ctx.db
    .select({ className: said<string>(classes.name), student: said<string>(users.name) })
    .from(charges)
    .leftJoin(classes, and(eq(classes.id, charges.classId), eq(classes.id, classId ?? "")))
    .leftJoin(users, and(eq(users.id, charges.userId), eq(users.id, userId ?? "")))
    .where(eq(charges.courseId, courseId));
  return { className: row?.className ?? null, student: row?.student ?? null };
}
