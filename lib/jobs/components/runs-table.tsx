"use client";

import { ListChecks, RotateCcw } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { useMemo } from "react";
import type { Column, Filter } from "@/components/data-table/columns";
import { DataTable } from "@/components/data-table/data-table";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { Time } from "@/components/ui/time";
import type { RunState } from "@/db/schema/executor";
import { loadRunsAction } from "../actions";
import type { JobFilter, JobRow } from "../queries";
import { ReplayDialog } from "./replay-dialog";
import { FunctionName, functionKey, RunStateChip, Took } from "./run-state";

// Written out, so that no database library reaches the browser.
const runStates = [
  "queued",
  "running",
  "completed",
  "failed",
  "cancelled",
] as const satisfies readonly RunState[];

/** What runs in the background, the newest first; searched and filtered on the server. */
export function RunsTable({
  rows,
  filter,
  functions,
  mayManage,
  pageSize,
}: {
  rows: JobRow[];
  filter: JobFilter;
  /** Ids of the functions that have runs. */
  functions: readonly string[];
  mayManage: boolean;
  pageSize: number;
}) {
  const t = useTranslations("jobs");
  const columns = useMemo<Column<JobRow>[]>(
    () => [
      {
        key: "function",
        header: t("columns.function"),
        cell: (row) => <FunctionName id={row.functionId} />,
        phone: "title",
      },
      {
        key: "state",
        header: t("columns.state"),
        cell: (row) => (
          <span className="inline-flex flex-wrap items-center gap-x-2">
            <RunStateChip state={row.state} />
            {row.retriedAs ? <span className="text-muted text-xs">{t("retried")}</span> : null}
          </span>
        ),
        phone: "trail",
      },
      {
        key: "about",
        header: t("columns.about"),
        cell: (row) => <About row={row} />,
        phone: "meta",
      },
      {
        key: "error",
        header: t("detail.error"),
        cell: (row) =>
          row.error ? (
            <span className="line-clamp-1 max-w-80 break-all text-danger text-sm" title={row.error}>
              {row.error}
            </span>
          ) : null,
        phone: "meta",
      },
      {
        key: "created",
        header: t("columns.created"),
        cell: (row) => <Time at={row.createdAt} mode="relative" className="text-muted" />,
        phone: "meta",
      },
      {
        key: "took",
        header: t("columns.took"),
        cell: (row) => <Took from={row.startedAt} to={row.endedAt} />,
        align: "end",
        phone: "meta",
      },
      {
        key: "event",
        header: t("detail.event"),
        cell: (row) => <span className="font-mono text-muted text-xs">{row.event}</span>,
        hidden: true,
        phone: "hidden",
      },
      {
        key: "id",
        header: t("columns.id"),
        cell: (row) => <span className="font-mono text-muted text-xs">{row.id}</span>,
        hidden: true,
        phone: "hidden",
      },
    ],
    [t],
  );
  const filters = useMemo<Filter<JobRow>[]>(
    () => [
      {
        key: "state",
        label: t("filterState"),
        options: runStates.map((value) => ({ value, label: t(`states.${value}`) })),
      },
      {
        key: "job",
        label: t("filterFunction"),
        options: functions.map((id) => {
          const name = functionKey(id);
          const words = t.has(`functions.${name}`) ? t(`functions.${name}` as "functions.reconcile") : name;
          return { value: name, label: words };
        }),
      },
    ],
    [t, functions],
  );
  const after = (page: readonly JobRow[]) => (page.length === pageSize ? (page.at(-1)?.id ?? null) : null);
  return (
    <DataTable
      label={t("label")}
      rows={rows}
      rowKey={(row) => row.id}
      rowName={(row) => functionKey(row.functionId)}
      columns={columns}
      filters={filters}
      search="server"
      searchPlaceholder={t("search")}
      rowHref={(row) => `/admin/jobs/${row.id}`}
      bulk={
        mayManage
          ? (selected, clear) => {
              const ids = selected
                .filter((row) => row.state === "failed" && !row.retriedAs)
                .map((row) => row.id);
              return (
                <ReplayDialog
                  what={{ ids }}
                  done={clear}
                  trigger={
                    <Button size="sm" icon={<RotateCcw aria-hidden="true" />} disabled={ids.length === 0}>
                      {t("replay.selected", { count: ids.length })}
                    </Button>
                  }
                />
              );
            }
          : undefined
      }
      actions={
        mayManage ? (
          <ReplayDialog
            what={{ filter: { functionId: filter.functionId, q: filter.q } }}
            trigger={<Button icon={<RotateCcw aria-hidden="true" />}>{t("replay.all")}</Button>}
          />
        ) : null
      }
      more={{
        cursor: after(rows),
        load: async (before) => {
          const answer = await loadRunsAction({ ...filter, before, limit: pageSize });
          return answer.ok ? { rows: answer.data, cursor: after(answer.data) } : { rows: [], cursor: before };
        },
      }}
      empty={
        <EmptyState icon={<ListChecks aria-hidden="true" />} title={t("empty")}>
          {t("emptyText")}
        </EmptyState>
      }
    />
  );
}

/** Whose it is, with the way there. */
function About({ row }: { row: JobRow }) {
  const { link } = row;
  if (!link?.person) return null;
  const text = (
    <>
      {link.person.name}
      {link.experiment ? <span className="text-muted"> · {link.experiment.title}</span> : null}
    </>
  );
  return link.workspaceId ? (
    <Link href={`/workspaces/${link.workspaceId}`} className="relative z-10 rounded-sm hover:underline">
      {text}
    </Link>
  ) : (
    <span>{text}</span>
  );
}
