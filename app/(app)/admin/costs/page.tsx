import { getTranslations } from "next-intl/server";
import { LiveRefresh } from "@/components/live/live";
import { PageHeader } from "@/components/ui/page-header";
import { pageUser } from "@/lib/accounts";
import { budgetsOf, costsNow, dailySpending, dayOf, listSpending, totalSpending } from "@/lib/costs";
import { NewBudgetButton } from "@/lib/costs/components/budget-dialog";
import { BudgetsNotice } from "@/lib/costs/components/budgets-notice";
import { ByNav } from "@/lib/costs/components/by-nav";
import { DailyChart } from "@/lib/costs/components/daily-chart";
import { Downloads } from "@/lib/costs/components/downloads";
import { CostFigures } from "@/lib/costs/components/figures";
import { PeriodForm } from "@/lib/costs/components/period-form";
import { readCostQuery } from "@/lib/costs/components/query";
import { SpendingTable } from "@/lib/costs/components/spending-table";
import { listCourses } from "@/lib/courses";
import { env } from "@/lib/platform/env";

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

const path = "/admin/costs";
const sides = ["course", "class", "student", "template"] as const;

export async function generateMetadata() {
  const t = await getTranslations("costs");
  return { title: t("title") };
}

export default async function CostsPage({ searchParams }: Props) {
  const ctx = await pageUser({ permission: "host.manage" });
  const [t, given] = await Promise.all([getTranslations("costs"), searchParams]);
  const { from, until, ...query } = readCostQuery(given);
  const by = sides.find((one) => one === query.by) ?? "course";
  const [{ period, series }, total, first, courses, now] = await Promise.all([
    dailySpending({ ctx, input: { from, until } }),
    totalSpending({ ctx, input: { from, until } }),
    listSpending({ ctx, input: { by, from, until } }),
    listCourses({ ctx, input: { limit: 200 } }),
    costsNow({ ctx }),
  ]);
  const span = { from: period.first, until: period.last };
  const names = new Map([
    ...courses.rows.map(({ id, name }) => [id, name] as const),
    ...(by === "course" ? first.rows.flatMap(({ id, name }) => (id ? [[id, name ?? id] as const] : [])) : []),
  ]);
  const known = [...(await budgetsOf(ctx, [...names.keys()]))].map(([courseId, budget]) => ({
    ...budget,
    courseId,
    name: names.get(courseId) ?? courseId,
  }));
  return (
    <>
      <LiveRefresh topics={["admin"]} delay={10_000} />
      <PageHeader
        title={t("title")}
        description={t("hint")}
        actions={
          <>
            <Downloads path="/api/costs" query={span} />
            {courses.rows.length > 0 ? (
              <NewBudgetButton courses={courses.rows.map(({ id, name }) => ({ id, name }))} />
            ) : null}
          </>
        }
      />
      <BudgetsNotice budgets={known} />
      <PeriodForm
        path={path}
        period={period}
        today={dayOf(ctx.clock.now(), env().TIME_ZONE)}
        keep={{ by: query.by }}
      />
      <CostFigures period={{ ...period, amount: total }} now={now} />
      <DailyChart by="course" period={period} series={series} />
      <ByNav all={sides} by={by} path={path} keep={span} />
      <SpendingTable
        key={`${by} ${span.from} ${span.until}`}
        by={by}
        scope={span}
        first={first}
        total={total}
        budgets={by === "course" ? known : undefined}
      />
    </>
  );
}
