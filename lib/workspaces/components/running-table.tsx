"use client";

import { CirclePause, Eye, Play, Server, Square } from "lucide-react";
import { useTranslations } from "next-intl";
import { useMemo, useState } from "react";
import type { Column, Filter } from "@/components/data-table/columns";
import { DataTable } from "@/components/data-table/data-table";
import { useMore } from "@/components/data-table/use-more";
import { useAction } from "@/components/form/use-action";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Countdown } from "@/components/ui/countdown";
import { EmptyState } from "@/components/ui/empty-state";
import { Time } from "@/components/ui/time";
import type { WorkspaceState } from "@/db/schema/workspaces";
import { pauseWorkspacesAction, resumeWorkspacesAction } from "@/lib/consoles/actions";
import { loadRunningAction, stopWorkspacesAction } from "../actions";
import { Bytes } from "./bytes";
import { WorkspaceStateChip } from "./state-chip";
import { useTellEach } from "./use-tell-each";

export type RunningRow = {
  id: string;
  state: WorkspaceState;
  stateAt: Date;
  step: string | null;
  queuePosition: number | null;
  queueUntil: Date | null;
  health: "ok" | "unreachable";
  memoryMb: number;
  requestedAt: Date;
  activeAt: Date | null;
  deadlineAt: Date | null;
  owner: { id: string; name: string; number: string | null } | null;
  experiment: { id: string; title: string } | null;
  host: { id: string; name: string } | null;
  driver: "docker" | "ecs" | null;
  instanceType: string | null;
};

const shownStates = ["queued", "provisioning", "booting", "ready", "paused", "stopping"] as const;

type Asked = { rows: readonly RunningRow[]; clear: () => void };
const idsOf = (rows: readonly RunningRow[], state: WorkspaceState): string[] =>
  rows.filter((row) => row.state === state).map((row) => row.id);

/** Everything that runs, for administrators, with forced stop. */
export function RunningTable({ rows, next }: { rows: RunningRow[]; next: string | null }) {
  const t = useTranslations("workspaces");
  const more = useMore(next, (before) => loadRunningAction({ before }));
  const [asked, setAsked] = useState<Asked | null>(null);
  const [pausing, setPausing] = useState<Asked | null>(null);
  const stop = useAction(stopWorkspacesAction);
  const pause = useAction(pauseWorkspacesAction);
  const resume = useAction(resumeWorkspacesAction);
  const tell = useTellEach();
  const name = (row: RunningRow) => row.owner?.name ?? t("admin.trial");
  const columns = useMemo<Column<RunningRow>[]>(
    () => [
      {
        key: "owner",
        header: t("admin.columns.owner"),
        cell: (row) => (
          <span className="@2xl:whitespace-nowrap">
            {row.owner?.name ?? t("admin.trial")}
            {row.owner?.number ? (
              <span className="tabular ml-2 font-normal text-muted text-sm">{row.owner.number}</span>
            ) : null}
          </span>
        ),
        sort: (row) => row.owner?.number ?? row.owner?.name,
        phone: "title",
      },
      {
        key: "experiment",
        header: t("admin.columns.experiment"),
        cell: (row) => (
          <span className="block max-w-36 truncate" title={row.experiment?.title}>
            {row.experiment?.title ?? "—"}
          </span>
        ),
        sort: (row) => row.experiment?.title,
        phone: "meta",
      },
      {
        key: "state",
        header: t("admin.columns.state"),
        cell: (row) => <WorkspaceStateChip workspace={row} since />,
        sort: (row) => row.state,
        width: "min-w-44",
        phone: "trail",
      },
      {
        key: "host",
        header: t("admin.columns.host"),
        cell: (row) =>
          row.host?.name ?? <span className="whitespace-nowrap text-muted">{t("admin.noHost")}</span>,
        sort: (row) => row.host?.name,
        phone: "hidden",
      },
      {
        key: "memory",
        header: t("admin.columns.memory"),
        cell: (row) =>
          row.driver === "ecs" ? (
            <code className="whitespace-nowrap font-mono text-sm">{row.instanceType ?? "—"}</code>
          ) : (
            <Bytes value={row.memoryMb * 1024 ** 2} />
          ),
        sort: (row) => (row.driver === "ecs" ? 0 : row.memoryMb),
        align: "end",
        phone: "hidden",
      },
      {
        key: "active",
        header: t("admin.columns.active"),
        cell: (row) =>
          row.activeAt ? <Time at={row.activeAt} mode="relative" className="text-muted" /> : "—",
        sort: (row) => row.activeAt,
        phone: "hidden",
      },
      {
        key: "left",
        header: t("admin.columns.left"),
        cell: (row) => (row.deadlineAt ? <Countdown deadline={row.deadlineAt} bare /> : "—"),
        sort: (row) => row.deadlineAt,
        phone: "meta",
      },
      {
        key: "requested",
        header: t("admin.columns.requested"),
        cell: (row) => <Time at={row.requestedAt} mode="relative" className="text-muted" />,
        sort: (row) => row.requestedAt,
        phone: "hidden",
      },
    ],
    [t],
  );
  const filters = useMemo<Filter<RunningRow>[]>(() => {
    const hosts = new Map(rows.flatMap((row) => (row.host ? [[row.host.id, row.host.name] as const] : [])));
    return [
      {
        key: "state",
        label: t("admin.filterState"),
        options: shownStates.map((value) => ({ value, label: t(`states.${value}`) })),
        match: (row, value) => row.state === value || (value === "queued" && row.state === "requested"),
      },
      ...(hosts.size > 1
        ? [
            {
              key: "host",
              label: t("admin.filterHost"),
              options: [...hosts].map(([value, label]) => ({ value, label })),
              match: (row: RunningRow, value: string) => row.host?.id === value,
            },
          ]
        : []),
    ];
  }, [t, rows]);
  const stoppable = (chosen: readonly RunningRow[]) => chosen.filter((row) => row.state !== "stopping");
  const goOn = async (chosen: readonly RunningRow[], clear: () => void) => {
    const answer = await resume.run({ workspaceIds: idsOf(chosen, "paused") });
    if (answer && tell(answer.data, (count) => t("admin.resumed", { count }))) clear();
  };
  const pauseCount = idsOf(pausing?.rows ?? [], "ready").length;
  const [onlyPaused] = pausing?.rows.length === 1 ? pausing.rows : [];
  const number = asked ? stoppable(asked.rows).length : 0;
  const [only] = asked?.rows.length === 1 ? asked.rows : [];
  return (
    <>
      <DataTable
        label={t("admin.label")}
        rows={rows}
        rowKey={(row) => row.id}
        rowName={name}
        columns={columns}
        filters={filters}
        search={(row) =>
          [row.owner?.name, row.owner?.number, row.experiment?.title, row.host?.name]
            .filter(Boolean)
            .join(" ")
        }
        searchPlaceholder={t("admin.search")}
        rowHref={(row) => (row.owner ? `/workspaces/${row.id}` : undefined)}
        rowMenu={(row) => [
          ...(row.owner
            ? [{ label: t("admin.open"), icon: <Eye aria-hidden="true" />, href: `/workspaces/${row.id}` }]
            : []),
          ...(row.state === "ready" && row.owner
            ? [
                {
                  label: t("admin.pause"),
                  icon: <CirclePause aria-hidden="true" />,
                  onSelect: () => setPausing({ rows: [row], clear: () => undefined }),
                },
              ]
            : []),
          ...(row.state === "paused" && row.owner
            ? [
                {
                  label: t("admin.resume"),
                  icon: <Play aria-hidden="true" />,
                  onSelect: () => void goOn([row], () => undefined),
                },
              ]
            : []),
          {
            label: t("admin.stop"),
            icon: <Square aria-hidden="true" />,
            danger: true,
            disabled: row.state === "stopping",
            onSelect: () => setAsked({ rows: [row], clear: () => undefined }),
          },
        ]}
        bulk={(chosen, clear) => (
          <>
            {idsOf(chosen, "paused").length > 0 ? (
              <Button size="sm" busy={resume.busy} onClick={() => void goOn(chosen, clear)}>
                {t("admin.resume")}
              </Button>
            ) : null}
            {idsOf(chosen, "ready").length > 0 ? (
              <Button size="sm" onClick={() => setPausing({ rows: chosen, clear })}>
                {t("admin.pause")}
              </Button>
            ) : null}
            <Button
              size="sm"
              variant="danger"
              disabled={stoppable(chosen).length === 0}
              onClick={() => setAsked({ rows: chosen, clear })}
            >
              {t("admin.stop")}
            </Button>
          </>
        )}
        more={more}
        empty={
          <EmptyState icon={<Server aria-hidden="true" />} title={t("admin.empty")}>
            {t("admin.emptyText")}
          </EmptyState>
        }
      />
      <ConfirmDialog
        open={asked !== null}
        onOpenChange={(open) => {
          if (!open) setAsked(null);
        }}
        title={only ? t("admin.stopOne", { name: name(only) }) : t("admin.stopMany", { count: number })}
        confirm={t("admin.stopConfirm", { count: number })}
        onConfirm={async () => {
          if (!asked) return;
          const answer = await stop.run({ workspaceIds: stoppable(asked.rows).map((row) => row.id) });
          if (answer && tell(answer.data, (count) => t("admin.stopped", { count }))) asked.clear();
        }}
      >
        {t("admin.stopText")}
        {asked && stoppable(asked.rows).some((row) => row.driver === "ecs") ? (
          <p className="mt-2">{t("bar.cloud.some")}</p>
        ) : null}
      </ConfirmDialog>
      <ConfirmDialog
        open={pausing !== null}
        onOpenChange={(open) => {
          if (!open) setPausing(null);
        }}
        danger={false}
        title={
          onlyPaused
            ? t("admin.pauseOne", { name: name(onlyPaused) })
            : t("admin.pauseMany", { count: pauseCount })
        }
        confirm={t("admin.pauseConfirm", { count: pauseCount })}
        onConfirm={async () => {
          if (!pausing) return;
          const answer = await pause.run({ workspaceIds: idsOf(pausing.rows, "ready") });
          if (answer && tell(answer.data, (count) => t("admin.paused", { count }))) pausing.clear();
        }}
      >
        {t("admin.pauseText")}
        {pausing?.rows.some((row) => row.state === "ready" && row.driver === "ecs") ? (
          <p className="mt-2">{t("pause.cloud.some")}</p>
        ) : null}
      </ConfirmDialog>
    </>
  );
}
