"use client";

import { ShieldCheck } from "lucide-react";
import { useTranslations } from "next-intl";
import { useMemo } from "react";
import type { Column, Filter } from "@/components/data-table/columns";
import { DataTable } from "@/components/data-table/data-table";
import { useMore } from "@/components/data-table/use-more";
import { EmptyState } from "@/components/ui/empty-state";
import { StateChip } from "@/components/ui/state-chip";
import { Time } from "@/components/ui/time";
import type { Page } from "@/lib/platform/keyset";
import { moreFindingsAction } from "../actions";
import type { SweepView } from "../sweeps";
import type { FindingView } from "../views";
import { SweepsList, useStale } from "./sweeps-list";

const findings = ["orphan", "lost", "guard", "reclaimed", "blocked", "spared", "denied"] as const;
const actions = ["deleted", "raised", "mended"] as const;

/** What the sweeps of the regions found that should not be, and what became of it. */
export function FindingsTable({
  page,
  show,
  sweeps,
}: {
  page: Page<FindingView>;
  show: "open" | "all";
  sweeps: readonly SweepView[];
}) {
  const t = useTranslations("clouds.leak");
  const kind = useTranslations("clouds.resource.kind");
  const more = useMore(page.next, (cursor) => moreFindingsAction({ show, cursor }));
  const columns = useMemo<Column<FindingView>[]>(
    () => [
      {
        key: "what",
        header: t("columns.what"),
        phone: "title",
        cell: (row) => (
          <span className="flex flex-col">
            {kind(row.kind)}
            <code className="font-mono font-normal text-muted text-xs">{row.externalId}</code>
          </span>
        ),
      },
      {
        key: "finding",
        header: t("columns.finding"),
        phone: "meta",
        cell: (row) => (
          <span className="flex flex-col">
            {t(`finding.${findings.find((known) => known === row.finding) ?? "other"}`)}
            {row.detail ? <span className="text-muted text-xs">{row.detail}</span> : null}
          </span>
        ),
      },
      {
        key: "action",
        header: t("columns.action"),
        phone: "trail",
        cell: (row) =>
          row.settledAt ? (
            <StateChip tone="ok" since={<Time at={row.settledAt} mode="relative" />}>
              {t(`action.${actions.find((known) => known === row.action) ?? "settled"}`)}
            </StateChip>
          ) : (
            <StateChip tone="warn" moving>
              {t("action.open")}
            </StateChip>
          ),
      },
      { key: "region", header: t("columns.region"), phone: "hidden", cell: (row) => row.region ?? "—" },
      {
        key: "found",
        header: t("columns.found"),
        phone: "meta",
        cell: (row) => <Time at={row.foundAt} mode="datetime" className="whitespace-nowrap text-muted" />,
      },
    ],
    [t, kind],
  );
  const filters = useMemo<Filter<FindingView>[]>(
    () => [{ key: "show", label: t("filterShow"), options: [{ value: "open", label: t("onlyOpen") }] }],
    [t],
  );
  return (
    <div className="flex flex-col gap-3">
      <p className="text-muted text-sm">{t("hint")}</p>
      {sweeps.length > 0 ? <SweepsList sweeps={sweeps} /> : null}
      <DataTable
        label={t("label")}
        rows={page.rows}
        rowKey={(row) => row.id}
        rowName={(row) => row.externalId}
        columns={columns}
        filters={filters}
        more={more}
        empty={
          <EmptyState icon={<ShieldCheck aria-hidden="true" />} title={t("emptyTitle")}>
            <LastCompared sweeps={sweeps} />
          </EmptyState>
        }
      />
    </div>
  );
}

/** As good as nothing found is how long ago one looked: at the region that waits longest. */
function LastCompared({ sweeps }: { sweeps: readonly SweepView[] }) {
  const t = useTranslations("clouds.leak");
  const isStale = useStale();
  if (sweeps.length === 0) return t("emptyNone");
  if (sweeps.some(isStale)) return t("emptyStale");
  const oldest = new Date(Math.min(...sweeps.map(({ goodAt }) => goodAt?.getTime() ?? 0)));
  return t.rich("emptyText", { at: () => <Time at={oldest} mode="relative" /> });
}
