"use client";

import { Boxes, Copy, Pencil, Plus } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { Column, Filter } from "@/components/data-table/columns";
import { DataTable } from "@/components/data-table/data-table";
import { useMore } from "@/components/data-table/use-more";
import { useArchive } from "@/components/form/use-archive";
import { Badge } from "@/components/ui/badge";
import { ButtonLink } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import type { MenuEntry } from "@/components/ui/menu";
import { Time } from "@/components/ui/time";
import type { Page } from "@/lib/platform/keyset";
import { archiveTemplateAction, moreTemplatesAction, restoreTemplateAction } from "../actions";
import { kindOf } from "../presets";
import type { TemplateRow as Row } from "../queries";
import { DuplicateTemplateDialog } from "./duplicate-dialog";
import { SpecWords } from "./spec-words";

export function TemplatesTable({
  page,
  search,
  archived,
}: {
  page: Page<Row>;
  search: string;
  archived: boolean;
}) {
  const t = useTranslations("templates");
  const more = useMore(page.next, (cursor) => moreTemplatesAction({ search, archived, cursor }));
  const { entry } = useArchive(archiveTemplateAction, restoreTemplateAction);
  const [copying, setCopying] = useState<Row | null>(null);

  const columns: Column<Row>[] = [
    {
      key: "name",
      header: t("field.name"),
      cell: (row) => (
        <span className="flex flex-col">
          {row.name}
          <span className="font-normal text-muted text-xs">{t(`protocol.${kindOf(row.spec)}`)}</span>
        </span>
      ),
      csv: (row) => row.name,
      phone: "title",
      width: "min-w-40",
    },
    {
      key: "visibility",
      header: t("field.visibility"),
      phone: "trail",
      cell: (row) => (
        <Badge tone={row.visibility === "shared" ? "info" : "neutral"}>
          {t(`visibility.${row.visibility}`)}
        </Badge>
      ),
    },
    {
      key: "image",
      header: t("field.image"),
      cell: (row) => (
        <code className="block max-w-56 truncate font-mono text-sm" title={row.spec.image}>
          {row.spec.image}
        </code>
      ),
    },
    { key: "spec", header: t("field.resources"), cell: (row) => <SpecWords spec={row.spec} /> },
    {
      key: "network",
      header: t("field.network"),
      cell: (row) => (row.spec.driver === "docker" ? t(`network.${row.spec.network}`) : "—"),
      phone: "hidden",
      hidden: true,
    },
    {
      key: "inUse",
      header: t("field.inUse"),
      align: "end",
      phone: "hidden",
      cell: (row) => row.inUse,
    },
    {
      key: "version",
      header: t("field.version"),
      align: "end",
      cell: (row) => t("versionNumber", { number: row.version }),
    },
    {
      key: "updated",
      header: t("field.updated"),
      cell: (row) => <Time at={row.updatedAt} mode="date" className="whitespace-nowrap text-muted" />,
      phone: "hidden",
    },
  ];
  const filters: Filter<Row>[] = [
    { key: "archived", label: t("field.state"), options: [{ value: "1", label: t("archived") }] },
  ];

  const rowMenu = (row: Row): MenuEntry[] => [
    { label: row.editable ? t("edit") : t("open"), icon: <Pencil />, href: `/teach/templates/${row.id}` },
    { label: t("duplicate"), icon: <Copy />, onSelect: () => setCopying(row) },
    ...(row.editable
      ? ([
          "separator",
          entry(
            {
              input: { templateId: row.id },
              name: row.name,
              hint: row.inUse > 0 ? t("archivedInUse", { count: row.inUse }) : undefined,
            },
            row.archivedAt !== null,
          ),
        ] satisfies MenuEntry[])
      : []),
  ];
  const create = (
    <ButtonLink href="/teach/templates/new" variant="primary" icon={<Plus aria-hidden="true" />}>
      {t("create")}
    </ButtonLink>
  );
  const nothing = page.rows.length === 0 && !search && !archived;
  return (
    <>
      <DataTable
        label={t("title")}
        rows={page.rows}
        rowKey={(row) => row.id}
        rowName={(row) => row.name}
        rowHref={(row) => `/teach/templates/${row.id}`}
        columns={columns}
        filters={filters}
        rowMenu={rowMenu}
        search="server"
        searchPlaceholder={t("search")}
        more={more}
        actions={nothing ? undefined : create}
        empty={
          <EmptyState icon={<Boxes />} title={t("emptyTitle")} action={create}>
            {t("emptyHint")}
          </EmptyState>
        }
      />
      {copying ? (
        <DuplicateTemplateDialog
          templateId={copying.id}
          name={copying.name}
          onClose={() => setCopying(null)}
        />
      ) : null}
    </>
  );
}
