"use client";

import { FileUp, UserMinus, UserPlus, Users } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { DataTable } from "@/components/data-table/data-table";
import { useMore } from "@/components/data-table/use-more";
import { TextField } from "@/components/form/fields";
import { Form } from "@/components/form/form";
import { useAction } from "@/components/form/use-action";
import { Badge } from "@/components/ui/badge";
import { Button, ButtonLink } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { EmptyState } from "@/components/ui/empty-state";
import { toast } from "@/components/ui/toast";
import type { Page } from "@/lib/platform/keyset";
import { addStudentAction, moreStudentsAction, removeStudentAction, restoreStudentAction } from "../actions";
import type { RosterRow } from "../roster";
import { studentFields } from "../schema";
import { type Slip, SlipsPanel } from "./slips";

/** The students of a class. */
export function RosterTable({
  classId,
  className,
  page,
  total,
  search,
  mayEdit,
  signInUrl,
}: {
  classId: string;
  className: string;
  page: Page<RosterRow>;
  total: number;
  search: string;
  mayEdit: boolean;
  signInUrl: string;
}) {
  const t = useTranslations("courses");
  const router = useRouter();
  const more = useMore(page.next, (cursor) => moreStudentsAction({ classId, search, cursor, limit: 100 }));
  const remove = useAction(removeStudentAction);
  const restore = useAction(restoreStudentAction);
  const [adding, setAdding] = useState(false);
  const [slip, setSlip] = useState<Slip | null>(null);

  const removeNow = async (row: RosterRow) => {
    const input = { classId, userId: row.userId };
    if (!(await remove.run(input))) return;
    router.refresh();
    toast({
      title: t("roster.removed", { name: row.name }),
      description: t("roster.removedHint"),
      undo: { label: t("undo"), run: () => void restore.run(input).then(() => router.refresh()) },
    });
  };
  const importLink = (
    <ButtonLink
      href={`/teach/classes/${classId}/import`}
      variant="primary"
      icon={<FileUp aria-hidden="true" />}
    >
      {t("roster.import")}
    </ButtonLink>
  );
  const addButton = (
    <Button icon={<UserPlus aria-hidden="true" />} onClick={() => setAdding(true)}>
      {t("roster.add")}
    </Button>
  );
  const nothing = page.rows.length === 0 && !search;
  return (
    <>
      <DataTable
        label={t("roster.title", { name: className })}
        rows={page.rows}
        total={total}
        rowKey={(row) => row.userId}
        rowName={(row) => row.name}
        columns={[
          {
            key: "number",
            header: t("roster.number"),
            cell: (row) => <span className="tabular">{row.number ?? row.username}</span>,
            csv: (row) => row.number ?? row.username,
          },
          {
            key: "name",
            header: t("roster.name"),
            cell: (row) => row.name,
            csv: (row) => row.name,
            phone: "title",
          },
          {
            key: "username",
            header: t("roster.username"),
            hidden: true,
            phone: "hidden",
            cell: (row) => row.username,
            csv: (row) => row.username,
          },
          {
            key: "state",
            header: t("field.state"),
            phone: "trail",
            cell: (row) =>
              row.status === "suspended" ? (
                <Badge tone="danger">{t("roster.suspended")}</Badge>
              ) : row.waiting ? (
                <Badge tone="warn">{t("roster.waiting")}</Badge>
              ) : (
                <Badge tone="ok">{t("roster.active")}</Badge>
              ),
            csv: (row) =>
              t(
                row.status === "suspended"
                  ? "roster.suspended"
                  : row.waiting
                    ? "roster.waiting"
                    : "roster.active",
              ),
          },
        ]}
        rowMenu={
          mayEdit
            ? (row) => [
                { label: t("roster.remove"), icon: <UserMinus />, onSelect: () => void removeNow(row) },
              ]
            : undefined
        }
        search="server"
        searchPlaceholder={t("roster.search")}
        exportCsv={className}
        more={more}
        actions={
          mayEdit && !nothing ? (
            <>
              {addButton}
              {importLink}
            </>
          ) : undefined
        }
        empty={
          <EmptyState
            icon={<Users />}
            title={t("roster.emptyTitle")}
            action={mayEdit ? importLink : undefined}
            guide={mayEdit ? addButton : undefined}
          >
            {t("roster.emptyHint")}
          </EmptyState>
        }
      />
      {adding ? (
        <Dialog open onOpenChange={(shown) => shown || setAdding(false)} title={t("roster.add")}>
          <Form
            schema={studentFields}
            defaultValues={{ number: "", name: "" }}
            guard={false}
            submit={t("roster.add")}
            onSubmit={async (values) => {
              const result = await addStudentAction({ classId, ...values });
              if (result.ok) {
                setAdding(false);
                router.refresh();
                const line = result.data;
                if (line.status === "created")
                  setSlip({ name: line.name, username: line.username, password: line.password });
                else toast({ title: t("roster.added", { name: values.name }) });
              }
              return result;
            }}
          >
            <TextField name="number" label={t("roster.number")} required autoFocus autoComplete="off" />
            <TextField name="name" label={t("roster.name")} required autoComplete="off" />
          </Form>
        </Dialog>
      ) : null}
      {slip ? (
        <Dialog
          open
          size="lg"
          onOpenChange={(shown) => shown || setSlip(null)}
          title={t("slips.oneTitle", { name: slip.name })}
        >
          <SlipsPanel slips={[slip]} className={className} signInUrl={signInUrl} />
        </Dialog>
      ) : null}
    </>
  );
}
