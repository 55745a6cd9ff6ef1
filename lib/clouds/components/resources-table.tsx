"use client";

import { CloudOff, Eye, Info, Trash2 } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useMemo, useState } from "react";
import type { Column, Filter } from "@/components/data-table/columns";
import { DataTable } from "@/components/data-table/data-table";
import { useMore } from "@/components/data-table/use-more";
import { useAction } from "@/components/form/use-action";
import { Badge } from "@/components/ui/badge";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { EmptyState } from "@/components/ui/empty-state";
import { Time } from "@/components/ui/time";
import { toast } from "@/components/ui/toast";
import { useYuan } from "@/lib/costs/components/use-yuan";
import type { Page } from "@/lib/platform/keyset";
import { stopWorkspaceAction } from "@/lib/workspaces/actions";
import { deleteResourceAction, moreResourcesAction } from "../actions";
import { resourceKinds } from "../resource-kinds";
import type { ResourceView } from "../views";
import { ResourceDialog } from "./resource-dialog";
import { ResourceState } from "./resource-state";

type Query = { q: string; kind?: ResourceView["kind"]; show: "costs" | "kept" | "trouble" | "over" | "all" };

/** What a thing costs an hour as it is now, micro-yuan. */
function hourly({ kind, state, runningPrice, restingPrice }: ResourceView): number {
  if (state === "gone" || state === "refused" || state === "intended") return 0;
  if (kind === "instance" || kind === "address") return state === "stopped" ? restingPrice : runningPrice;
  return runningPrice || restingPrice;
}

/** Everything that there is in the clouds: for whom, in what state, and what it costs. */
export function ResourcesTable({ page, query }: { page: Page<ResourceView>; query: Query }) {
  const t = useTranslations("clouds.resource");
  const yuan = useYuan("price");
  const router = useRouter();
  const more = useMore(page.next, (cursor) => moreResourcesAction({ ...query, cursor }));
  const remove = useAction(deleteResourceAction);
  const stop = useAction(stopWorkspaceAction);
  const [asked, setAsked] = useState<ResourceView | null>(null);
  const [shown, setShown] = useState<ResourceView | null>(null);
  const name = (row: ResourceView) => row.externalId ?? t("notYet");
  const columns = useMemo<Column<ResourceView>[]>(
    () => [
      {
        key: "what",
        header: t("columns.what"),
        phone: "title",
        cell: (row) => (
          <span className="flex min-w-0 flex-col">
            <span className="flex items-center gap-2">
              {t(`kind.${row.kind}`)}
              {row.keptFor ? (
                <Badge tone={row.keptFor === "unsaved" ? "warn" : "info"}>{keptWord(row.keptFor, t)}</Badge>
              ) : null}
              {row.spot ? <Badge>{t("spot")}</Badge> : null}
            </span>
            <code className="truncate font-mono font-normal text-muted text-xs">
              {row.externalId ?? t("notYet")}
            </code>
          </span>
        ),
      },
      {
        key: "state",
        header: t("columns.state"),
        phone: "trail",
        cell: (row) => <ResourceState resource={row} />,
      },
      {
        key: "for",
        header: t("columns.for"),
        phone: "meta",
        cell: (row) => <ForWhom row={row} />,
      },
      {
        key: "type",
        header: t("columns.type"),
        phone: "hidden",
        cell: (row) => (
          <span className="flex flex-col text-sm">
            <span className="whitespace-nowrap font-mono">
              {row.instanceType ?? (row.sizeGb === null ? "—" : `${row.sizeGb} GB`)}
            </span>
            <span className="text-muted text-xs">{row.zoneId ?? row.regionId}</span>
          </span>
        ),
      },
      {
        key: "age",
        header: t("columns.age"),
        phone: "hidden",
        cell: (row) => <Time at={row.createdAt} mode="relative" className="whitespace-nowrap text-muted" />,
      },
      {
        key: "hour",
        header: t("columns.hour"),
        align: "end",
        phone: "hidden",
        cell: (row) => yuan(hourly(row)),
        csv: (row) => hourly(row) / 1_000_000,
      },
      {
        key: "spent",
        header: t("columns.spent"),
        align: "end",
        phone: "meta",
        phoneLabel: true,
        cell: (row) => yuan(row.spent),
        csv: (row) => row.spent / 1_000_000,
      },
      {
        key: "guard",
        header: t("columns.guard"),
        phone: "hidden",
        cell: (row) =>
          row.guardAt && row.state !== "gone" ? (
            <Time at={row.guardAt} mode="time" className="text-muted" />
          ) : (
            <span className="text-muted">—</span>
          ),
      },
    ],
    [t, yuan],
  );
  const filters = useMemo<Filter<ResourceView>[]>(
    () => [
      {
        key: "show",
        label: t("filterShow"),
        options: (["kept", "trouble", "over", "all"] as const).map((value) => ({
          value,
          label: t(`show.${value}`),
        })),
      },
      {
        key: "kind",
        label: t("filterKind"),
        options: resourceKinds.map((value) => ({ value, label: t(`kind.${value}`) })),
      },
    ],
    [t],
  );
  /** What is kept can be deleted; an instance is ended as its environment, so that files are fetched first; an address follows it. */
  const removable = (row: ResourceView) =>
    row.desired === "present" &&
    row.state !== "gone" &&
    row.state !== "refused" &&
    row.kind !== "address" &&
    (row.keptFor !== null || row.workspaceId !== null);
  const end = ({ id: resourceId, keptFor, workspaceId }: ResourceView) =>
    keptFor || !workspaceId ? remove.run({ resourceId }) : stop.run({ workspaceId });
  const isKept = (row: ResourceView | null) => row?.keptFor !== null;
  return (
    <>
      <DataTable
        label={t("label")}
        rows={page.rows}
        rowKey={(row) => row.id}
        rowName={name}
        columns={columns}
        filters={filters}
        search="server"
        searchPlaceholder={t("search")}
        more={more}
        exportCsv={t("label")}
        rowMenu={(row) => [
          { label: t("details"), icon: <Info aria-hidden="true" />, onSelect: () => setShown(row) },
          ...(row.workspaceId && row.attemptId
            ? [
                {
                  label: t("openWorkspace"),
                  icon: <Eye aria-hidden="true" />,
                  href: `/workspaces/${row.workspaceId}`,
                },
              ]
            : []),
          {
            label: row.keptFor ? t("delete") : t("stop"),
            icon: <Trash2 aria-hidden="true" />,
            danger: true,
            disabled: !removable(row),
            onSelect: () => setAsked(row),
          },
        ]}
        empty={
          <EmptyState icon={<CloudOff aria-hidden="true" />} title={t("emptyTitle")}>
            {t("emptyText")}
          </EmptyState>
        }
      />
      {shown ? <ResourceDialog resource={shown} onClose={() => setShown(null)} /> : null}
      <ConfirmDialog
        open={asked !== null}
        onOpenChange={(open) => open || setAsked(null)}
        title={
          isKept(asked)
            ? t("deleteTitle", { kind: t(`kind.${asked?.kind ?? "snapshot"}`) })
            : t("stopTitle", { name: asked?.owner?.name ?? (asked ? name(asked) : "") })
        }
        confirm={isKept(asked) ? t("delete") : t("stop")}
        typeToConfirm={asked?.keptFor === "unsaved" ? (asked.owner?.name ?? undefined) : undefined}
        onConfirm={async () => {
          if (!asked || !(await end(asked))) return;
          toast({ title: isKept(asked) ? t("deleting") : t("stopping") });
          router.refresh();
        }}
      >
        {asked?.keptFor === "unsaved"
          ? t("deleteUnsaved", { name: asked.owner?.name ?? "" })
          : asked?.keptFor === "classImage"
            ? t("deleteImage")
            : asked?.owner
              ? t("stopText")
              : t("stopOther")}
      </ConfirmDialog>
    </>
  );
}

const keptWord = (keptFor: string, t: ReturnType<typeof useTranslations<"clouds.resource">>): string =>
  keptFor === "unsaved" || keptFor === "classImage" ? t(`kept.${keptFor}`) : keptFor;

function ForWhom({ row }: { row: ResourceView }) {
  const t = useTranslations("clouds.resource");
  if (!row.owner) {
    const purpose = row.purpose === "warm" || row.purpose === "trial" ? row.purpose : "none";
    return <span className="text-muted">{t(`purpose.${purpose}`)}</span>;
  }
  const words = (
    <>
      {row.owner.name}
      {row.owner.number ? <span className="tabular ml-2 text-muted text-sm">{row.owner.number}</span> : null}
    </>
  );
  return (
    <span className="flex min-w-0 flex-col">
      {row.workspaceId && row.attemptId ? (
        <Link href={`/workspaces/${row.workspaceId}`} className="hover:underline">
          {words}
        </Link>
      ) : (
        <span>{words}</span>
      )}
      {row.experiment ? (
        <span className="max-w-56 truncate text-muted text-xs" title={row.experiment.title}>
          {row.experiment.title}
        </span>
      ) : null}
    </span>
  );
}
