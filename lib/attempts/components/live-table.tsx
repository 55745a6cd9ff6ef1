"use client";

import {
  CirclePause,
  CircleStop,
  Clock,
  Download,
  Eye,
  MonitorPlay,
  Play,
  RefreshCw,
  RotateCcw,
  Square,
  TriangleAlert,
  Users,
} from "lucide-react";
import { useTranslations } from "next-intl";
import { parseAsString, useQueryState } from "nuqs";
import { useMemo, useState } from "react";
import type { Column, Filter } from "@/components/data-table/columns";
import { DataTable } from "@/components/data-table/data-table";
import { useErrorMessage } from "@/components/error-message";
import { useAction } from "@/components/form/use-action";
import { Button, buttonClass } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Countdown } from "@/components/ui/countdown";
import { EmptyState } from "@/components/ui/empty-state";
import { Menu, type MenuEntry } from "@/components/ui/menu";
import { Notice } from "@/components/ui/section";
import { StateChip, StateDot } from "@/components/ui/state-chip";
import { Time } from "@/components/ui/time";
import { toast } from "@/components/ui/toast";
import { Tooltip } from "@/components/ui/tooltip";
import { retryCollectionsAction } from "@/lib/collections/actions";
import { causeOf } from "@/lib/collections/components/cause-of";
import { pauseWorkspacesAction, resumeWorkspacesAction } from "@/lib/consoles/actions";
import { useYuan } from "@/lib/costs/components/use-yuan";
import type { EachResult, Refused } from "@/lib/workspaces";
import { restartWorkspacesAction, stopWorkspacesAction } from "@/lib/workspaces/actions";
import { WorkspaceStateChip } from "@/lib/workspaces/components/state-chip";
import { useTellEach } from "@/lib/workspaces/components/use-tell-each";
import { endAttemptsAction } from "../actions";
import type { LiveRow } from "../queries";
import { ExtendClassButton, ExtendStudents, type ExtensionAsked } from "./extend-students";
import { isRunning, type LiveGroup, liveGroupOf, liveGroups } from "./live-state";

type Verb = "stop" | "restart" | "pause" | "resume" | "end";
type Asked = { verb: Verb; rows: readonly LiveRow[]; clear: () => void };

const tones = {
  running: "ok",
  starting: "info",
  queued: "warn",
  stopped: "neutral",
  failed: "danger",
  ended: "neutral",
  none: "neutral",
} as const satisfies Record<LiveGroup, string>;

/** Which of these rows a verb can be done to. */
const suited = (verb: Verb, rows: readonly LiveRow[]): LiveRow[] =>
  rows.filter((row) => {
    if (verb === "stop" || verb === "restart") return isRunning(row);
    if (verb === "pause") return row.workspace?.state === "ready";
    if (verb === "resume") return row.workspace?.state === "paused";
    return row.attempt?.state === "open";
  });

/** The class at work: who is where, since when, how long still; and what can be done for one, some or all. */
export function LiveTable({
  experimentId,
  rows,
  maxAttempts,
  costs,
}: {
  experimentId: string;
  rows: LiveRow[];
  maxAttempts: number | null;
  /** Micro-yuan by attempt, where somebody who sees costs looks at desktops that cost. */
  costs: Record<string, number>;
}) {
  const t = useTranslations("attempts.live");
  const tc = useTranslations("collections");
  const tCloud = useTranslations("workspaces.pause.cloud");
  const yuan = useYuan();
  const [asked, setAsked] = useState<Asked | null>(null);
  const [failed, setFailed] = useState<{ name: string; refused: Refused }[]>([]);
  const message = useErrorMessage();
  const stop = useAction(stopWorkspacesAction);
  const restart = useAction(restartWorkspacesAction);
  const pause = useAction(pauseWorkspacesAction);
  const resume = useAction(resumeWorkspacesAction);
  const end = useAction(endAttemptsAction);
  const [extension, setExtension] = useState<ExtensionAsked | null>(null);
  const retry = useAction(retryCollectionsAction);
  const tell = useTellEach();

  const classes = useMemo(() => {
    const found = new Map<string, string>();
    for (const row of rows) if (row.classId && row.className) found.set(row.classId, row.className);
    return [...found].map(([value, label]) => ({ value, label }));
  }, [rows]);
  const counts = useMemo(() => {
    const all = Object.fromEntries(liveGroups.map((group) => [group, 0])) as Record<LiveGroup, number>;
    for (const row of rows) all[liveGroupOf(row)]++;
    return all;
  }, [rows]);

  const run = async (one: Asked | null = asked) => {
    if (!one) return;
    const { verb, clear } = one;
    const chosen = suited(verb, one.rows);
    const workspaceIds = chosen.flatMap((row) => (row.workspace ? [row.workspace.id] : []));
    const attemptIds = chosen.flatMap((row) => (row.attempt ? [row.attempt.id] : []));
    const answer =
      verb === "stop"
        ? await stop.run({ workspaceIds })
        : verb === "restart"
          ? await restart.run({ workspaceIds })
          : verb === "pause"
            ? await pause.run({ workspaceIds })
            : verb === "resume"
              ? await resume.run({ workspaceIds })
              : await end.run({ attemptIds });
    if (!answer) return;
    const result: EachResult = answer.data;
    const count = result.done.length;
    if (count > 0) {
      const words = {
        stop: "stopped",
        restart: "restarted",
        pause: "paused",
        resume: "resumed",
        end: "ended",
      } as const;
      toast({ title: t(words[verb], { count }) });
    }
    setFailed(
      result.failed.map((refused) => ({
        name:
          chosen.find((row) => row.workspace?.id === refused.id || row.attempt?.id === refused.id)?.name ??
          refused.id,
        refused,
      })),
    );
    clear();
  };
  const saveAgain = async (row: LiveRow) => {
    const answer = await retry.run({ attemptIds: row.collected.failed });
    if (answer) tell(answer.data, () => t("savingAgain", { name: row.name }));
  };
  const ask = (verb: Verb, chosen: readonly LiveRow[], clear: () => void = () => undefined) => {
    if (suited(verb, chosen).length === 0) toast({ title: t("nothing"), kind: "info" });
    // Takes nothing from anybody: done at once.
    else if (verb === "resume") void run({ verb, rows: chosen, clear });
    else setAsked({ verb, rows: chosen, clear });
  };

  const extendFor = (chosen: readonly LiveRow[], clear?: () => void) => {
    const [first] = chosen;
    if (!first) return;
    setExtension({
      title:
        chosen.length === 1
          ? t("extendOne", { name: first.name })
          : t("extendMany", { count: chosen.length }),
      to: { userIds: chosen.map((row) => row.userId) },
      done: clear,
    });
  };

  const columns = useMemo<Column<LiveRow>[]>(
    () => [
      {
        key: "number",
        header: t("columns.number"),
        cell: (row) => <span className="tabular">{row.number ?? t("never")}</span>,
        sort: (row) => row.number,
        width: "w-32",
        phone: "meta",
      },
      {
        key: "name",
        header: t("columns.name"),
        cell: (row) => <span className="font-medium">{row.name}</span>,
        sort: (row) => row.name,
        phone: "title",
      },
      {
        key: "class",
        header: t("columns.class"),
        cell: (row) => row.className ?? <span className="text-muted">{t("noClass")}</span>,
        sort: (row) => row.className,
        hidden: classes.length < 2,
        phone: "hidden",
      },
      {
        key: "state",
        header: t("columns.state"),
        cell: (row) => <RowState row={row} />,
        sort: (row) => liveGroups.indexOf(liveGroupOf(row)),
        csv: (row) => t(`groups.${liveGroupOf(row)}`),
        width: "min-w-40",
        phone: "trail",
      },
      {
        key: "since",
        header: t("columns.since"),
        cell: (row) => {
          const at = row.attempt?.state === "ended" ? row.attempt.endedAt : row.workspace?.stateAt;
          return at ? <Time at={at} mode="relative" className="text-muted" /> : <Never />;
        },
        sort: (row) => row.workspace?.stateAt,
        phone: "hidden",
      },
      {
        key: "active",
        header: t("columns.active"),
        cell: (row) =>
          row.workspace?.activeAt ? (
            <Time at={row.workspace.activeAt} mode="relative" className="text-muted" />
          ) : (
            <Never />
          ),
        sort: (row) => row.workspace?.activeAt,
        phone: "hidden",
      },
      {
        key: "left",
        header: t("columns.left"),
        cell: (row) =>
          row.attempt?.state === "open" && row.attempt.startedAt && row.attempt.deadlineAt ? (
            <Countdown deadline={row.attempt.deadlineAt} bare />
          ) : (
            <Never />
          ),
        sort: (row) => (row.attempt?.state === "open" ? row.attempt.deadlineAt : null),
        width: "w-28",
        phone: "meta",
      },
      {
        key: "attempts",
        header: t("columns.attempts"),
        cell: (row) => (maxAttempts === null ? row.used : `${row.used} / ${maxAttempts}`),
        sort: (row) => row.used,
        align: "end",
        phone: "hidden",
      },
      ...(Object.keys(costs).length > 0
        ? [
            {
              key: "cost",
              header: t("columns.cost"),
              cell: (row: LiveRow) =>
                row.attempt && costs[row.attempt.id] ? yuan(costs[row.attempt.id] ?? 0) : <Never />,
              sort: (row: LiveRow) => (row.attempt ? (costs[row.attempt.id] ?? 0) : 0),
              csv: (row: LiveRow) => (row.attempt ? (costs[row.attempt.id] ?? 0) / 1_000_000 : 0),
              align: "end" as const,
              phone: "hidden" as const,
            },
          ]
        : []),
      {
        key: "files",
        header: t("columns.files"),
        cell: (row) =>
          row.collected.failed.length > 0 ? (
            <Tooltip text={tc(`causes.${causeOf(row.collected.cause)}`)}>
              <span className="inline-flex items-center gap-1 text-danger">
                <TriangleAlert aria-hidden="true" className="size-4" />
                {t("filesFailed")}
                <span className="sr-only">{tc(`causes.${causeOf(row.collected.cause)}`)}</span>
              </span>
            </Tooltip>
          ) : row.collected.files > 0 ? (
            t("files", { count: row.collected.files })
          ) : (
            <Never />
          ),
        sort: (row) => row.collected.files,
        align: "end",
        phone: "meta",
      },
    ],
    [t, tc, classes.length, maxAttempts, costs, yuan],
  );
  const filters = useMemo<Filter<LiveRow>[]>(
    () => [
      {
        key: "state",
        label: t("filterState"),
        options: liveGroups.map((value) => ({ value, label: t(`groups.${value}`) })),
        match: (row, value) => liveGroupOf(row) === value,
      },
      ...(classes.length > 1
        ? [
            {
              key: "class",
              label: t("filterClass"),
              options: classes,
              match: (row: LiveRow, value: string) => row.classId === value,
            },
          ]
        : []),
    ],
    [t, classes],
  );
  const menu = (row: LiveRow): MenuEntry[] => {
    const can = (verb: Verb) => suited(verb, [row]).length > 0;
    return [
      ...(row.workspace && (isRunning(row) || row.workspace.state === "failed")
        ? [{ label: t("open"), icon: <Eye aria-hidden="true" />, href: `/workspaces/${row.workspace.id}` }]
        : []),
      ...(row.attempt && row.recordings > 0
        ? [
            {
              label: t("recordings", { count: row.recordings }),
              icon: <MonitorPlay aria-hidden="true" />,
              href: `/attempts/${row.attempt.id}/recordings`,
            },
          ]
        : []),
      {
        label: t("download"),
        icon: <Download aria-hidden="true" />,
        disabled: row.collected.files === 0,
        onSelect: () =>
          save(`/api/experiments/${experimentId}/collected?student=${encodeURIComponent(row.userId)}`),
      },
      ...(row.collected.failed.length > 0
        ? [
            {
              label: t("saveAgain"),
              icon: <RefreshCw aria-hidden="true" />,
              onSelect: () => void saveAgain(row),
            },
          ]
        : []),
      "separator",
      {
        label: t("extend"),
        icon: <Clock aria-hidden="true" />,
        onSelect: () => extendFor([row]),
      },
      {
        label: t("restart"),
        icon: <RotateCcw aria-hidden="true" />,
        disabled: !can("restart"),
        onSelect: () => ask("restart", [row]),
      },
      can("resume")
        ? {
            label: t("resume"),
            icon: <Play aria-hidden="true" />,
            onSelect: () => ask("resume", [row]),
          }
        : {
            label: t("pause"),
            icon: <CirclePause aria-hidden="true" />,
            disabled: !can("pause"),
            onSelect: () => ask("pause", [row]),
          },
      {
        label: t("stop"),
        icon: <Square aria-hidden="true" />,
        disabled: !can("stop"),
        onSelect: () => ask("stop", [row]),
      },
      {
        label: t("end"),
        icon: <CircleStop aria-hidden="true" />,
        danger: true,
        disabled: !can("end"),
        onSelect: () => ask("end", [row]),
      },
    ];
  };

  const number = asked ? suited(asked.verb, asked.rows).length : 0;
  const single = asked?.rows.length === 1 ? asked.rows[0]?.name : undefined;
  const title = (verb: Exclude<Verb, "resume">) =>
    single === undefined ? t(`${verb}Many`, { count: number }) : t(`${verb}One`, { name: single });
  const anyCollected = rows.some((row) => row.collected.files > 0);
  return (
    <div className="flex flex-col gap-3">
      <Counts counts={counts} total={rows.length} />
      {failed.length > 0 ? (
        <Notice
          tone="danger"
          role="alert"
          title={t("partly", { count: failed.length })}
          actions={
            <Button size="sm" onClick={() => setFailed([])}>
              {t("dismiss")}
            </Button>
          }
        >
          <ul>
            {failed.slice(0, 10).map(({ name, refused }) => (
              <li key={refused.id}>
                {name}: {message(refused)}
              </li>
            ))}
          </ul>
        </Notice>
      ) : null}
      <DataTable
        label={t("label")}
        rows={rows}
        rowKey={(row) => row.userId}
        rowName={(row) => row.name}
        columns={columns}
        filters={filters}
        search={(row) => `${row.number ?? ""} ${row.name}`}
        searchPlaceholder={t("search")}
        defaultSort={{ key: "number", direction: "asc" }}
        rowMenu={menu}
        bulk={(chosen, clear) => (
          <>
            <Button size="sm" onClick={() => extendFor(chosen, clear)}>
              {t("extend")}
            </Button>
            <Button size="sm" onClick={() => ask("restart", chosen, clear)}>
              {t("restart")}
            </Button>
            {suited("resume", chosen).length > 0 ? (
              <Button size="sm" onClick={() => ask("resume", chosen, clear)}>
                {t("resume")}
              </Button>
            ) : null}
            {suited("pause", chosen).length > 0 ? (
              <Button size="sm" onClick={() => ask("pause", chosen, clear)}>
                {t("pause")}
              </Button>
            ) : null}
            <Button size="sm" onClick={() => ask("stop", chosen, clear)}>
              {t("stop")}
            </Button>
            <Button size="sm" variant="danger" onClick={() => ask("end", chosen, clear)}>
              {t("end")}
            </Button>
          </>
        )}
        exportCsv={t("title")}
        actions={
          <>
            <ExtendClassButton classes={classes} onAsk={setExtension} />
            <Downloads experimentId={experimentId} classes={classes} disabled={!anyCollected} />
          </>
        }
        empty={
          <EmptyState icon={<Users aria-hidden="true" />} title={t("empty")}>
            {t("emptyText")}
          </EmptyState>
        }
      />
      {(["stop", "restart", "pause", "end"] as const).map((verb) => (
        <ConfirmDialog
          key={verb}
          open={asked?.verb === verb}
          onOpenChange={(open) => {
            if (!open) setAsked(null);
          }}
          title={asked?.verb === verb ? title(verb) : ""}
          confirm={t(`${verb}Confirm`, { count: number })}
          onConfirm={() => run()}
        >
          {asked && suited(verb, asked.rows).every(({ workspace }) => workspace?.cloud)
            ? verb === "pause"
              ? tCloud("staff")
              : t(`cloud.${verb}Text`)
            : t(`${verb}Text`)}
        </ConfirmDialog>
      ))}
      <ExtendStudents experimentId={experimentId} asked={extension} onClose={() => setExtension(null)} />
    </div>
  );
}

const Never = () => {
  const t = useTranslations("attempts.live");
  return <span className="hidden text-muted md:inline">{t("never")}</span>;
};

/** A download without leaving the page, from a menu that has no link. */
function save(href: string): void {
  const link = document.createElement("a");
  link.href = href;
  link.download = "";
  link.click();
}

function RowState({ row }: { row: LiveRow }) {
  const t = useTranslations("attempts.live");
  if (!row.attempt) return <span className="text-muted">{t("noAttempt")}</span>;
  if (row.attempt.state === "ended") return <StateChip tone="neutral">{t("groups.ended")}</StateChip>;
  if (!row.workspace) return <StateChip tone="neutral">{t("groups.stopped")}</StateChip>;
  return <WorkspaceStateChip workspace={row.workspace} />;
}

/** How many are where; a press shows only them. */
function Counts({ counts, total }: { counts: Record<LiveGroup, number>; total: number }) {
  const t = useTranslations("attempts.live");
  const [state, setState] = useQueryState("state", parseAsString.withDefault(""));
  const items = [
    { key: "", label: t("total"), count: total, tone: null },
    ...liveGroups.map((key) => ({
      key: key as string,
      label: t(`groups.${key}`),
      count: counts[key],
      tone: tones[key],
    })),
  ];
  return (
    <fieldset className="grid grid-cols-4 gap-px overflow-hidden rounded-md border border-border bg-border sm:grid-cols-8">
      <legend className="sr-only">{t("filterState")}</legend>
      {items.map(({ key, label, count, tone }) => (
        <button
          key={key}
          type="button"
          aria-pressed={state === key}
          onClick={() => void setState(key === state ? null : key || null)}
          className={cn(
            "flex min-h-14 flex-col items-start justify-center px-2 py-1.5 text-left sm:px-3 focus-visible:outline-offset-[-2px]",
            state === key ? "bg-accent-soft" : "bg-raised hover:bg-hover",
          )}
        >
          <span className={cn("tabular font-semibold text-lg", count === 0 && "text-muted")}>{count}</span>
          <span className="flex items-center gap-1.5 text-muted text-xs">
            {tone ? <StateDot tone={tone} /> : null}
            {label}
          </span>
        </button>
      ))}
    </fieldset>
  );
}

function Downloads({
  experimentId,
  classes,
  disabled,
}: {
  experimentId: string;
  classes: readonly { value: string; label: string }[];
  disabled: boolean;
}) {
  const t = useTranslations("attempts.live");
  const href = `/api/experiments/${experimentId}/collected`;
  if (disabled) {
    return (
      <Button disabled title={t("downloadEmpty")} icon={<Download aria-hidden="true" />}>
        {t("downloadAll")}
      </Button>
    );
  }
  if (classes.length < 2) {
    return (
      <>
        <a href={href} download className={buttonClass()}>
          <Download aria-hidden="true" />
          {t("downloadAll")}
        </a>
        <a href={`${href}?only=changed`} download className={buttonClass({ variant: "ghost" })}>
          {t("downloadChanged")}
        </a>
      </>
    );
  }
  return (
    <Menu
      trigger={<Button icon={<Download aria-hidden="true" />}>{t("downloadAll")}</Button>}
      entries={[
        { label: t("downloadAll"), onSelect: () => save(href) },
        { label: t("downloadChanged"), onSelect: () => save(`${href}?only=changed`) },
        "separator",
        ...classes.map(({ value, label }) => ({
          key: value,
          label: t("downloadClass", { name: label }),
          onSelect: () => save(`${href}?class=${value}`),
        })),
      ]}
    />
  );
}
