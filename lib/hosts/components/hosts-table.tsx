"use client";

import { Server } from "lucide-react";
import { useTranslations } from "next-intl";
import { useMemo, useState } from "react";
import type { Column } from "@/components/data-table/columns";
import { DataTable } from "@/components/data-table/data-table";
import { useAction } from "@/components/form/use-action";
import type { Tone } from "@/components/ui/badge";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { EmptyState } from "@/components/ui/empty-state";
import { ProgressBar } from "@/components/ui/progress";
import { StateChip } from "@/components/ui/state-chip";
import { Time } from "@/components/ui/time";
import { toast } from "@/components/ui/toast";
import { setHostStatusAction } from "../actions";

export type HostRow = {
  id: string;
  name: string;
  endpoint: string;
  status: "enabled" | "draining" | "disabled";
  health: "ok" | "unreachable";
  unreachableSince: Date | null;
  cpus: number;
  memoryMb: number;
  memoryReservedMb: number;
  memoryFreeMb: number;
  diskMb: number;
  diskReservedMb: number;
  diskFreeMb: number;
  load: number;
  seenAt: Date | null;
  workspaces: number;
  homes: number;
};

const gigabytes = (mb: number) =>
  mb >= 10_240 ? `${Math.round(mb / 1024)} GB` : mb >= 1024 ? `${(mb / 1024).toFixed(1)} GB` : `${mb} MB`;

const toneOf = (used: number, all: number): "accent" | "warn" | "danger" =>
  all > 0 && used / all > 0.95 ? "danger" : all > 0 && used / all > 0.8 ? "warn" : "accent";

/** Where workspaces run: how full, how busy, how well; and taking one out of use and back. */
export function HostsTable({ hosts }: { hosts: HostRow[] }) {
  const t = useTranslations("hosts");
  const [asked, setAsked] = useState<{ host: HostRow; status: "draining" | "disabled" } | null>(null);
  const { run } = useAction(setHostStatusAction);
  const set = async (host: HostRow, status: HostRow["status"]) => {
    const done = await run({ hostId: host.id, status });
    if (done) toast({ title: t("changed", { name: host.name, status: t(`status.${status}`) }) });
  };
  const columns = useMemo<Column<HostRow>[]>(
    () => [
      {
        key: "name",
        header: t("columns.name"),
        cell: (row) => (
          <span>
            <span className="font-medium">{row.name}</span>
            <span className="ml-2 hidden font-mono font-normal text-muted text-xs 2xl:inline">
              {row.endpoint}
            </span>
          </span>
        ),
        sort: (row) => row.name,
        phone: "title",
      },
      {
        key: "status",
        header: t("columns.status"),
        cell: (row) => <HostState host={row} />,
        sort: (row) => `${row.health} ${row.status}`,
        phone: "trail",
      },
      {
        key: "load",
        header: t("columns.load"),
        cell: (row) => (
          <span
            className={row.load / 100 > row.cpus * 1.5 ? "whitespace-nowrap text-warn" : "whitespace-nowrap"}
          >
            {t("loadText", { load: (row.load / 100).toFixed(2), cpus: row.cpus })}
          </span>
        ),
        sort: (row) => row.load / Math.max(1, row.cpus),
        phone: "meta",
      },
      {
        key: "memory",
        header: t("columns.memory"),
        cell: (row) => <Reserved host={row} what="memory" />,
        sort: (row) => row.memoryReservedMb / Math.max(1, row.memoryMb),
        width: "w-52",
        phone: "meta",
      },
      {
        key: "disk",
        header: t("columns.disk"),
        cell: (row) => <Reserved host={row} what="disk" />,
        sort: (row) => row.diskReservedMb / Math.max(1, row.diskMb),
        width: "w-52",
        phone: "hidden",
      },
      {
        key: "workspaces",
        header: t("columns.workspaces"),
        cell: (row) => row.workspaces,
        sort: (row) => row.workspaces,
        align: "end",
        phone: "hidden",
      },
      {
        key: "homes",
        header: t("columns.homes"),
        cell: (row) => row.homes,
        sort: (row) => row.homes,
        align: "end",
        phone: "hidden",
      },
      {
        key: "seen",
        header: t("columns.seen"),
        cell: (row) =>
          row.seenAt ? (
            <Time at={row.seenAt} mode="relative" className="text-muted" />
          ) : (
            <span className="text-muted">{t("never")}</span>
          ),
        sort: (row) => row.seenAt,
        phone: "hidden",
      },
    ],
    [t],
  );
  return (
    <>
      <DataTable
        label={t("label")}
        rows={hosts}
        rowKey={(row) => row.id}
        rowName={(row) => row.name}
        columns={columns}
        rowMenu={(row) => [
          {
            label: t("enable"),
            disabled: row.status === "enabled",
            onSelect: () => void set(row, "enabled"),
          },
          {
            label: t("drain"),
            disabled: row.status === "draining",
            onSelect: () => setAsked({ host: row, status: "draining" }),
          },
          {
            label: t("disable"),
            danger: true,
            disabled: row.status === "disabled",
            onSelect: () => setAsked({ host: row, status: "disabled" }),
          },
        ]}
        empty={
          <EmptyState icon={<Server aria-hidden="true" />} title={t("empty")}>
            {t("emptyText")}
          </EmptyState>
        }
      />
      {(["draining", "disabled"] as const).map((status) => {
        const verb = status === "draining" ? "drain" : "disable";
        const host = asked?.status === status ? asked.host : null;
        return (
          <ConfirmDialog
            key={status}
            open={host !== null}
            onOpenChange={(open) => {
              if (!open) setAsked(null);
            }}
            danger={status === "disabled"}
            title={t(`${verb}Title`, { name: host?.name ?? "" })}
            confirm={t(verb)}
            onConfirm={async () => {
              if (host) await set(host, status);
            }}
          >
            {t(`${verb}Text`, { count: host?.workspaces ?? 0 })}
          </ConfirmDialog>
        );
      })}
    </>
  );
}

function HostState({ host }: { host: HostRow }) {
  const t = useTranslations("hosts");
  if (host.health === "unreachable") {
    return (
      <StateChip
        tone="danger"
        since={
          host.unreachableSince
            ? t.rich("unreachableSince", {
                at: () => <Time at={host.unreachableSince ?? 0} mode="relative" />,
              })
            : undefined
        }
      >
        {t("health.unreachable")}
      </StateChip>
    );
  }
  const tones: Record<HostRow["status"], Tone> = { enabled: "ok", draining: "warn", disabled: "neutral" };
  return <StateChip tone={tones[host.status]}>{t(`status.${host.status}`)}</StateChip>;
}

function Reserved({ host, what }: { host: HostRow; what: "memory" | "disk" }) {
  const t = useTranslations("hosts");
  const [used, all, free] = [host[`${what}ReservedMb`], host[`${what}Mb`], host[`${what}FreeMb`]];
  return (
    <div className="min-w-32" title={t.markup("free", { size: () => gigabytes(free) })}>
      <ProgressBar
        label={t(`columns.${what}`)}
        value={used}
        max={all}
        tone={toneOf(used, all)}
        text={t.markup("of", { used: () => gigabytes(used), all: () => gigabytes(all) })}
      />
    </div>
  );
}
