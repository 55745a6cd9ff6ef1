"use client";

import { FileUp, Pencil, Plus, Users } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { Column, Filter } from "@/components/data-table/columns";
import { DataTable } from "@/components/data-table/data-table";
import { useMore } from "@/components/data-table/use-more";
import { useArchive } from "@/components/form/use-archive";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import type { MenuEntry } from "@/components/ui/menu";
import type { Page } from "@/lib/platform/keyset";
import { archiveClassAction, moreClassesAction, restoreClassAction } from "../actions";
import type { ClassRow } from "../queries";
import { ClassDialog } from "./class-dialog";

export function ClassesTable({
  page,
  search,
  archived,
  mayCreate,
}: {
  page: Page<ClassRow>;
  search: string;
  archived: boolean;
  mayCreate: boolean;
}) {
  const t = useTranslations("courses");
  const router = useRouter();
  const more = useMore(page.next, (cursor) => moreClassesAction({ search, archived, cursor }));
  const { entry } = useArchive(archiveClassAction, restoreClassAction);
  const [open, setOpen] = useState<"create" | ClassRow | null>(null);

  const columns: Column<ClassRow>[] = [
    { key: "name", header: t("classes.name"), cell: (row) => row.name, phone: "title", width: "min-w-40" },
    {
      key: "students",
      header: t("field.students"),
      align: "end",
      width: "w-28",
      phoneLabel: true,
      cell: (row) => row.students,
    },
    {
      key: "courses",
      header: t("classes.courses"),
      cell: (row) => (
        <span className="flex flex-wrap gap-1">
          {row.courses.map((name) => (
            <Badge key={name}>{name}</Badge>
          ))}
        </span>
      ),
    },
  ];
  const filters: Filter<ClassRow>[] = [
    { key: "archived", label: t("field.state"), options: [{ value: "1", label: t("archived") }] },
  ];
  const rowMenu = (row: ClassRow): MenuEntry[] => {
    const archive = entry({ input: { classId: row.id }, name: row.name }, row.archivedAt !== null);
    if (row.archivedAt || !row.may.edit) return row.may.archive ? [archive] : [];
    return [
      { label: t("roster.import"), icon: <FileUp />, href: `/teach/classes/${row.id}/import` },
      { label: t("classes.rename"), icon: <Pencil />, onSelect: () => setOpen(row) },
      ...(row.may.archive ? (["separator", archive] satisfies MenuEntry[]) : []),
    ];
  };
  const create = mayCreate ? (
    <Button variant="primary" icon={<Plus aria-hidden="true" />} onClick={() => setOpen("create")}>
      {t("classes.create")}
    </Button>
  ) : undefined;
  const nothing = page.rows.length === 0 && !search && !archived;
  return (
    <>
      <DataTable
        label={t("classes.title")}
        rows={page.rows}
        rowKey={(row) => row.id}
        rowName={(row) => row.name}
        rowHref={(row) => `/teach/classes/${row.id}`}
        columns={columns}
        filters={filters}
        rowMenu={rowMenu}
        search="server"
        searchPlaceholder={t("classes.search")}
        more={more}
        actions={nothing ? undefined : create}
        empty={
          <EmptyState icon={<Users />} title={t("classes.listEmptyTitle")} action={create}>
            {t("classes.listEmptyHint")}
          </EmptyState>
        }
      />
      {open ? (
        <ClassDialog
          named={open === "create" ? undefined : open}
          onClose={() => setOpen(null)}
          onSaved={(classId) => {
            setOpen(null);
            if (open === "create") router.push(`/teach/classes/${classId}/import`);
            else router.refresh();
          }}
        />
      ) : null}
    </>
  );
}
