"use client";

import { Coins, Pencil } from "lucide-react";
import { useFormatter, useTranslations } from "next-intl";
import { useCallback, useMemo, useState } from "react";
import type { Column } from "@/components/data-table/columns";
import { DataTable } from "@/components/data-table/data-table";
import { EmptyState } from "@/components/ui/empty-state";
import { ProgressBar } from "@/components/ui/progress";
import { moreSpendingAction } from "../actions";
import type { SpendingRow } from "../report";
import { poolKey, type spendingGroups } from "../schema";
import { BudgetDialog } from "./budget-dialog";
import { useYuan } from "./use-yuan";

type By = (typeof spendingGroups)[number];
export type Scope = { courseId?: string; classId?: string; userId?: string; from: string; until: string };
export type CourseBudget = { courseId: string; amount: number; warnPercent: number; spent: number };

const nobody = {
  course: "noCourse",
  class: "noClass",
  student: "noStudent",
  template: "noTemplate",
  attempt: "noStudent",
} as const;

/** Whether it is a course, a class and so on of its own, and not the sum of what is nobody's. */
const isOne = ({ id }: SpendingRow): boolean => id !== null && id !== poolKey;

/** On what it was spent, the most first. A row opens what it is made of. */
export function SpendingTable({
  by,
  scope,
  first,
  total,
  budgets,
}: {
  by: By;
  scope: Scope;
  first: { rows: SpendingRow[]; next: string | null };
  /** Of all rows, in micro-yuan. */
  total: number;
  /** Of courses, for whoever sets them. */
  budgets?: readonly CourseBudget[];
}) {
  const t = useTranslations("costs");
  const format = useFormatter();
  const yuan = useYuan();
  const [edited, setEdited] = useState<SpendingRow | null>(null);
  const nameOf = useCallback(
    (row: SpendingRow) => (row.id === poolKey ? t("pool") : row.id ? (row.name ?? row.id) : t(nobody[by])),
    [t, by],
  );

  const columns = useMemo<Column<SpendingRow>[]>(() => {
    const text = (
      key: "number" | "experiment" | "class",
      cell: (row: SpendingRow) => string | null,
    ): Column<SpendingRow> => ({
      key,
      header: t(`columns.${key}`),
      cell: (row) => <span className="tabular">{cell(row) ?? ""}</span>,
      sort: cell,
    });
    const budgetOf = (row: SpendingRow) => budgets?.find(({ courseId }) => courseId === row.id);
    return [
      {
        key: "name",
        header: t(`columns.${by}`),
        cell: (row) => (
          <span className={isOne(row) ? "font-medium" : "text-muted"}>
            {nameOf(row)}
            {row.open > 0 ? <span className="ml-2 font-normal text-ok text-xs">{t("running")}</span> : null}
          </span>
        ),
        sort: nameOf,
        phone: "title",
      },
      ...(by === "student" || by === "attempt" ? [text("number", (row) => row.number)] : []),
      ...(by === "attempt"
        ? [
            text("experiment", (row) =>
              row.experiment && row.attempt
                ? `${row.experiment} · ${t("which", { number: row.attempt })}`
                : row.experiment,
            ),
          ]
        : []),
      {
        key: "hours",
        header: t("columns.hours"),
        cell: (row) => t("hours", { hours: format.number(row.hours, { maximumFractionDigits: 1 }) }),
        sort: (row) => row.hours,
        align: "end",
        width: "w-28",
      },
      ...(budgets
        ? [
            {
              key: "budget",
              header: t("columns.budget"),
              cell: (row: SpendingRow) => {
                const budget = budgetOf(row);
                if (!isOne(row)) return null;
                if (!budget) return <span className="text-muted">{t("budget.none")}</span>;
                const { spent, amount, warnPercent } = budget;
                const tone =
                  spent >= amount ? "danger" : spent * 100 >= amount * warnPercent ? "warn" : "accent";
                return (
                  <ProgressBar
                    label={t("columns.budget")}
                    value={spent}
                    max={Math.max(1, amount)}
                    tone={tone}
                    text={yuan(amount)}
                  />
                );
              },
              sort: (row: SpendingRow) => budgetOf(row)?.amount ?? null,
              width: "w-52",
              phone: "hidden" as const,
            },
          ]
        : []),
      {
        key: "share",
        header: t("columns.share"),
        cell: (row) =>
          total > 0 ? format.number(row.amount / total, { style: "percent", maximumFractionDigits: 1 }) : "—",
        sort: (row) => row.amount,
        align: "end",
        width: "w-20",
        phone: "hidden",
      },
      {
        key: "amount",
        header: t("columns.amount"),
        cell: (row) => <span className="font-medium">{yuan(row.amount)}</span>,
        sort: (row) => row.amount,
        align: "end",
        width: "w-32",
        phone: "trail",
      },
    ];
  }, [nameOf, t, format, yuan, by, total, budgets]);

  /** Where a row leads: into the course, from a class to its students, from a student to the attempts. */
  const hrefOf = (row: SpendingRow): string | undefined => {
    const period = { from: scope.from, until: scope.until };
    if (by === "course")
      return isOne(row) ? `/teach/courses/${row.id}/costs?${new URLSearchParams(period)}` : undefined;
    if (!scope.courseId) return undefined;
    const path = `/teach/courses/${scope.courseId}/costs`;
    const here: Record<string, string> = scope.classId ? { class: scope.classId } : {};
    if (by === "class")
      return `${path}?${new URLSearchParams({ ...period, by: "student", class: row.id ?? "none" })}`;
    if (by === "student" && row.id)
      return `${path}?${new URLSearchParams({ ...period, ...here, by: "attempt", student: row.id })}`;
    return undefined;
  };
  const budget = edited && budgets?.find(({ courseId }) => courseId === edited.id);
  return (
    <>
      <DataTable
        label={t(`by.${by}`)}
        rows={first.rows}
        rowKey={(row) => row.id ?? ""}
        rowName={nameOf}
        columns={columns}
        rowHref={hrefOf}
        rowMenu={
          budgets
            ? (row) =>
                isOne(row)
                  ? [
                      {
                        label: t(
                          budgets.some(({ courseId }) => courseId === row.id) ? "budget.edit" : "budget.set",
                        ),
                        icon: <Pencil aria-hidden="true" />,
                        onSelect: () => setEdited(row),
                      },
                    ]
                  : []
            : undefined
        }
        more={{
          cursor: first.next,
          load: async (cursor) => {
            const page = await moreSpendingAction({ ...scope, by, cursor });
            if (!page.ok) throw new Error(page.error.message);
            return { rows: page.data.rows, cursor: page.data.next };
          },
        }}
        empty={
          <EmptyState icon={<Coins aria-hidden="true" />} title={t("empty.title")}>
            {t("empty.hint")}
          </EmptyState>
        }
      />
      {edited?.id ? (
        <BudgetDialog
          course={{ id: edited.id, name: nameOf(edited) }}
          budget={budget ?? null}
          onClose={() => setEdited(null)}
        />
      ) : null}
    </>
  );
}
