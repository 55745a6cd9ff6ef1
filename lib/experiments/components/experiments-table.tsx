"use client";

import { Copy, FlaskConical, MonitorPlay, Pencil, Plus } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import type { Column, Filter } from "@/components/data-table/columns";
import { DataTable } from "@/components/data-table/data-table";
import { useMore } from "@/components/data-table/use-more";
import { TextField } from "@/components/form/fields";
import { Form } from "@/components/form/form";
import { useArchive } from "@/components/form/use-archive";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { Dialog } from "@/components/ui/dialog";
import { EmptyState } from "@/components/ui/empty-state";
import type { MenuEntry } from "@/components/ui/menu";
import { StateDot } from "@/components/ui/state-chip";
import type { Page } from "@/lib/platform/keyset";
import {
  archiveExperimentAction,
  createExperimentAction,
  duplicateExperimentAction,
  moreExperimentsAction,
  restoreExperimentAction,
} from "../actions";
import type { ExperimentRow } from "../queries";
import { createExperimentInput } from "../schema";
import { ExperimentState } from "./experiment-state";
import { WindowWords } from "./window-words";

/** The experiments of a course. */
export function ExperimentsTable({
  courseId,
  page,
  archived,
  mayEdit,
}: {
  courseId: string;
  page: Page<ExperimentRow>;
  archived: boolean;
  mayEdit: boolean;
}) {
  const t = useTranslations("experiments");
  const router = useRouter();
  const more = useMore(page.next, (cursor) => moreExperimentsAction({ courseId, archived, cursor }));
  const { archive, entry } = useArchive(archiveExperimentAction, restoreExperimentAction);
  const [open, setOpen] = useState<
    { what: "create" } | { what: "copy" | "archive"; row: ExperimentRow } | null
  >(null);

  const columns: Column<ExperimentRow>[] = [
    { key: "title", header: t("field.title"), cell: (row) => row.title, phone: "title", width: "min-w-48" },
    {
      key: "state",
      header: t("field.state"),
      phone: "trail",
      cell: (row) => <ExperimentState experiment={row} />,
    },
    { key: "window", header: t("field.window"), cell: (row) => <WindowWords window={row} /> },
    {
      key: "template",
      header: t("field.template"),
      phone: "hidden",
      cell: (row) => row.templateName ?? <span className="text-muted">{t("noTemplate")}</span>,
    },
    {
      key: "running",
      header: t("field.running"),
      align: "end",
      cell: (row) =>
        row.running > 0 ? (
          <span className="inline-flex items-center gap-1.5">
            <StateDot tone="ok" />
            {t("running", { count: row.running })}
          </span>
        ) : null,
    },
  ];
  const filters: Filter<ExperimentRow>[] = [
    { key: "archived", label: t("field.state"), options: [{ value: "1", label: t("state.archived") }] },
  ];
  const thingOf = (row: ExperimentRow) => ({ input: { experimentId: row.id }, name: row.title });
  const rowMenu = (row: ExperimentRow): MenuEntry[] => [
    { label: t("live"), icon: <MonitorPlay />, href: `/teach/experiments/${row.id}/live` },
    {
      label: mayEdit ? t("edit") : t("open"),
      icon: <Pencil />,
      href: `/teach/experiments/${row.id}`,
    },
    ...(mayEdit
      ? ([
          { label: t("duplicate"), icon: <Copy />, onSelect: () => setOpen({ what: "copy", row }) },
          "separator",
          entry(
            thingOf(row),
            row.archivedAt !== null,
            row.running > 0 ? () => setOpen({ what: "archive", row }) : undefined,
          ),
        ] satisfies MenuEntry[])
      : []),
  ];
  const create = mayEdit ? (
    <Button variant="primary" icon={<Plus aria-hidden="true" />} onClick={() => setOpen({ what: "create" })}>
      {t("create")}
    </Button>
  ) : undefined;
  const nothing = page.rows.length === 0 && !archived;
  return (
    <>
      <DataTable
        label={t("title")}
        rows={page.rows}
        rowKey={(row) => row.id}
        rowName={(row) => row.title}
        rowHref={(row) => `/teach/experiments/${row.id}`}
        columns={columns}
        filters={filters}
        rowMenu={rowMenu}
        search={(row) => row.title}
        searchPlaceholder={t("search")}
        more={more}
        actions={nothing ? undefined : create}
        empty={
          <EmptyState icon={<FlaskConical />} title={t("emptyTitle")} action={create}>
            {t("emptyHint")}
          </EmptyState>
        }
      />
      {open?.what === "create" || open?.what === "copy" ? (
        <TitleDialog
          courseId={courseId}
          from={open.what === "copy" ? open.row : undefined}
          onClose={() => setOpen(null)}
          onDone={(id) => router.push(`/teach/experiments/${id}`)}
        />
      ) : null}
      <ConfirmDialog
        open={open?.what === "archive"}
        onOpenChange={(shown) => shown || setOpen(null)}
        danger={false}
        title={t("archiveRunning", { count: open?.what === "archive" ? open.row.running : 0 })}
        confirm={t("archive")}
        onConfirm={() => (open?.what === "archive" ? archive(thingOf(open.row)) : undefined)}
      >
        {t("archiveRunningHint")}
      </ConfirmDialog>
    </>
  );
}

function TitleDialog({
  courseId,
  from,
  onClose,
  onDone,
}: {
  courseId: string;
  from?: ExperimentRow;
  onClose: () => void;
  onDone: (experimentId: string) => void;
}) {
  const t = useTranslations("experiments");
  return (
    <Dialog
      open
      onOpenChange={(shown) => shown || onClose()}
      title={from ? t("duplicateTitle", { title: from.title }) : t("create")}
      description={from ? t("duplicateHint") : t("createHint")}
    >
      <Form
        schema={createExperimentInput.pick({ title: true })}
        defaultValues={{ title: from ? t("copyName", { title: from.title }) : "" }}
        guard={false}
        submit={from ? t("duplicate") : t("create")}
        onSubmit={async ({ title }) => {
          const result = from
            ? await duplicateExperimentAction({ experimentId: from.id, courseId, title })
            : await createExperimentAction({ courseId, title });
          if (result.ok) onDone(result.data.experimentId);
          return result;
        }}
      >
        <TextField
          name="title"
          label={t("field.title")}
          placeholder={t("placeholder.title")}
          required
          autoFocus
        />
      </Form>
    </Dialog>
  );
}
