import { X } from "lucide-react";
import { getTranslations } from "next-intl/server";
import { LiveRefresh } from "@/components/live/live";
import { ButtonLink } from "@/components/ui/button";
import { PageHeader } from "@/components/ui/page-header";
import { pageUser } from "@/lib/accounts";
import {
  budgetState,
  dailySpending,
  dayOf,
  listSpending,
  loadCosts,
  nameOfScope,
  totalSpending,
} from "@/lib/costs";
import { AllowButton } from "@/lib/costs/components/allow-button";
import { BudgetButton } from "@/lib/costs/components/budget-dialog";
import { BudgetNotice } from "@/lib/costs/components/budget-notice";
import { ByNav } from "@/lib/costs/components/by-nav";
import { DailyChart } from "@/lib/costs/components/daily-chart";
import { Downloads } from "@/lib/costs/components/downloads";
import { CostFigures } from "@/lib/costs/components/figures";
import { PeriodForm } from "@/lib/costs/components/period-form";
import { readCostQuery } from "@/lib/costs/components/query";
import { SpendingTable } from "@/lib/costs/components/spending-table";
import { env } from "@/lib/platform/env";
import { found } from "@/lib/platform/found";

type Props = {
  params: Promise<{ id: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

const sides = ["class", "student", "attempt", "template"] as const;

export async function generateMetadata() {
  const t = await getTranslations("costs");
  return { title: t("courseTitle") };
}

export default async function CourseCostsPage({ params, searchParams }: Props) {
  const ctx = await pageUser();
  const [{ id: courseId }, given] = await Promise.all([params, searchParams]);
  const course = await found(loadCosts(ctx, courseId, "see"));
  const [t, words] = await Promise.all([getTranslations("costs"), getTranslations("courses")]);
  const { from, until, class: classId, student: userId, ...query } = readCostQuery(given);
  const by = sides.find((one) => one === query.by) ?? "class";
  const scope = { courseId, classId, userId, from, until };
  const [state, { period, series }, total, first, names] = await Promise.all([
    budgetState({ ctx, input: { courseId } }),
    dailySpending({ ctx, input: scope }),
    totalSpending({ ctx, input: scope }),
    listSpending({ ctx, input: { ...scope, by } }),
    nameOfScope({ ctx, input: { courseId, classId, userId } }),
  ]);
  const path = `/teach/courses/${courseId}/costs`;
  const span = { from: period.first, until: period.last };
  const narrowed = [
    { key: "class", value: classId, name: classId === "none" ? t("only.none") : names.className },
    { key: "student", value: userId, name: names.student },
  ].filter(({ value }) => value !== undefined);
  const without = (key: string) => {
    const rest = narrowed.filter((one) => one.key !== key).map((one) => [one.key, one.value ?? ""]);
    return `${path}?${new URLSearchParams([...Object.entries(span), ["by", by], ...rest])}`;
  };
  return (
    <>
      <LiveRefresh topics={["user:me"]} delay={10_000} />
      <PageHeader
        title={t("courseTitle")}
        breadcrumbs={[
          { label: words("title"), href: "/teach/courses" },
          { label: course.name, href: `/teach/courses/${courseId}` },
        ]}
        actions={
          <>
            <Downloads
              path={`/api/courses/${courseId}/costs`}
              query={{ ...span, class: classId, student: userId }}
            />
            {/* What is left may be too little for a start before the budget is full, and says so. */}
            {course.may.allow && state.budget && !state.budget.allowed && state.budget.state !== "full" ? (
              <AllowButton courseId={courseId} allowed={false} size="md" />
            ) : null}
            {course.may.setBudget ? (
              <BudgetButton course={{ id: courseId, name: course.name }} budget={state.budget} />
            ) : null}
          </>
        }
      />
      <BudgetNotice courseId={courseId} state={state} mayAllow={course.may.allow} />
      <CostFigures period={{ ...period, amount: total }} state={state} />
      <PeriodForm
        path={path}
        period={period}
        today={dayOf(ctx.clock.now(), env().TIME_ZONE)}
        keep={{ by: query.by, class: classId, student: userId }}
      />
      <DailyChart by="class" period={period} series={series} />
      <ByNav all={sides} by={by} path={path} keep={{ ...span, class: classId, student: userId }} />
      {narrowed.length > 0 ? (
        <ul aria-label={t("only.label")} className="mb-3 flex flex-wrap gap-2">
          {narrowed.map(({ key, name }) => (
            <li key={key}>
              <ButtonLink
                size="sm"
                href={without(key)}
                scroll={false}
                aria-label={t("only.clear", { name: name ?? "—" })}
                icon={<X aria-hidden="true" />}
              >
                {name ?? "—"}
              </ButtonLink>
            </li>
          ))}
        </ul>
      ) : null}
      <SpendingTable
        key={JSON.stringify([by, span, classId, userId])}
        by={by}
        scope={{ courseId, classId, userId, ...span }}
        first={first}
        total={total}
      />
    </>
  );
}
