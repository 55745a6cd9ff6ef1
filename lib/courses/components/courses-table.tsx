"use client";

import { GraduationCap, Pencil, Plus } from "lucide-react";
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
import { archiveCourseAction, moreCoursesAction, restoreCourseAction } from "../actions";
import type { CourseRow } from "../queries";
import { CourseDialog } from "./course-dialog";

export function CoursesTable({
  page,
  search,
  archived,
  mayCreate,
  mayAny,
}: {
  page: Page<CourseRow>;
  search: string;
  archived: boolean;
  mayCreate: boolean;
  /** Acts as a teacher in every course. */
  mayAny: boolean;
}) {
  const t = useTranslations("courses");
  const router = useRouter();
  const more = useMore(page.next, (cursor) => moreCoursesAction({ search, archived, cursor }));
  const { entry } = useArchive(archiveCourseAction, restoreCourseAction);
  const [creating, setCreating] = useState(false);

  const columns: Column<CourseRow>[] = [
    { key: "name", header: t("field.name"), cell: (row) => row.name, phone: "title", width: "min-w-48" },
    { key: "code", header: t("field.code"), cell: (row) => row.code },
    { key: "term", header: t("field.term"), cell: (row) => row.term },
    {
      key: "role",
      header: t("field.myRole"),
      phone: "trail",
      cell: (row) =>
        row.role ? (
          <Badge tone={row.role === "teacher" ? "accent" : "neutral"}>{t(`role.${row.role}`)}</Badge>
        ) : null,
    },
    {
      key: "students",
      header: t("field.students"),
      align: "end",
      phoneLabel: true,
      cell: (row) => row.students,
    },
    {
      key: "experiments",
      header: t("field.experiments"),
      align: "end",
      phoneLabel: true,
      cell: (row) => t("experimentsOf", { count: row.experiments, published: row.published }),
    },
  ];
  const filters: Filter<CourseRow>[] = [
    { key: "archived", label: t("field.state"), options: [{ value: "1", label: t("archived") }] },
  ];

  const rowMenu = (row: CourseRow): MenuEntry[] => {
    if (!mayAny && row.role !== "teacher") return [];
    const thing = { input: { courseId: row.id }, name: row.name, hint: t("archivedHint") };
    const archive = entry(thing, row.archivedAt !== null);
    return row.archivedAt
      ? [archive]
      : [{ label: t("open"), icon: <Pencil />, href: `/teach/courses/${row.id}` }, "separator", archive];
  };
  const create = mayCreate ? (
    <Button variant="primary" icon={<Plus aria-hidden="true" />} onClick={() => setCreating(true)}>
      {t("create")}
    </Button>
  ) : undefined;
  const nothing = page.rows.length === 0 && !search && !archived;
  return (
    <>
      <DataTable
        label={t("title")}
        rows={page.rows}
        rowKey={(row) => row.id}
        rowName={(row) => row.name}
        rowHref={(row) => `/teach/courses/${row.id}`}
        columns={columns}
        filters={filters}
        rowMenu={rowMenu}
        search="server"
        searchPlaceholder={t("search")}
        more={more}
        actions={nothing ? undefined : create}
        empty={
          <EmptyState icon={<GraduationCap />} title={t("emptyTitle")} action={create}>
            {mayCreate ? t("emptyHint") : t("emptyAssistant")}
          </EmptyState>
        }
      />
      {creating ? (
        <CourseDialog
          onClose={() => setCreating(false)}
          onSaved={(id) => router.push(`/teach/courses/${id}`)}
        />
      ) : null}
    </>
  );
}
