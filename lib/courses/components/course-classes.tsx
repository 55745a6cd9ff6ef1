"use client";

import { LogOut, Plus, Users } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { DataTable } from "@/components/data-table/data-table";
import { SelectField, TextField } from "@/components/form/fields";
import { Form } from "@/components/form/form";
import { useAction } from "@/components/form/use-action";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { EmptyState } from "@/components/ui/empty-state";
import { toast } from "@/components/ui/toast";
import { createClassAction, enrolClassAction, withdrawClassAction } from "../actions";
import { classFields, courseClassInput } from "../schema";

type Row = { id: string; name: string; students: number };

/** The classes that take the course: add one that exists, or make one; take one out with undo. */
export function CourseClasses({
  courseId,
  classes,
  enrollable,
  mayEdit,
  mayCreate,
}: {
  courseId: string;
  classes: readonly Row[];
  enrollable: readonly Row[];
  mayEdit: boolean;
  mayCreate: boolean;
}) {
  const t = useTranslations("courses");
  const router = useRouter();
  const enrol = useAction(enrolClassAction);
  const withdraw = useAction(withdrawClassAction);
  const [adding, setAdding] = useState(false);

  const withdrawNow = async (row: Row) => {
    const input = { courseId, classId: row.id };
    if (!(await withdraw.run(input))) return;
    router.refresh();
    toast({
      title: t("classes.withdrawn", { name: row.name }),
      description: t("classes.withdrawnHint"),
      undo: {
        label: t("undo"),
        run: () => void enrol.run(input).then(() => router.refresh()),
      },
    });
  };
  const add = mayEdit ? (
    <Button variant="primary" icon={<Plus aria-hidden="true" />} onClick={() => setAdding(true)}>
      {t("classes.add")}
    </Button>
  ) : undefined;
  return (
    <>
      <DataTable
        label={t("tab.classes")}
        prefix="c-"
        rows={classes}
        rowKey={(row) => row.id}
        rowName={(row) => row.name}
        rowHref={(row) => `/teach/classes/${row.id}`}
        columns={[
          {
            key: "name",
            header: t("classes.name"),
            cell: (row) => row.name,
            sort: (row) => row.name,
            phone: "title",
          },
          {
            key: "students",
            header: t("field.students"),
            align: "end",
            phoneLabel: true,
            cell: (row) => row.students,
            sort: (row) => row.students,
          },
        ]}
        rowMenu={
          mayEdit
            ? (row) => [
                { label: t("classes.withdraw"), icon: <LogOut />, onSelect: () => void withdrawNow(row) },
              ]
            : undefined
        }
        actions={classes.length > 0 ? add : undefined}
        empty={
          <EmptyState icon={<Users />} title={t("classes.emptyTitle")} action={add}>
            {t("classes.emptyHint")}
          </EmptyState>
        }
      />
      {adding ? (
        <AddClassDialog
          courseId={courseId}
          enrollable={enrollable}
          mayCreate={mayCreate}
          onClose={() => setAdding(false)}
        />
      ) : null}
    </>
  );
}

function AddClassDialog({
  courseId,
  enrollable,
  mayCreate,
  onClose,
}: {
  courseId: string;
  enrollable: readonly Row[];
  mayCreate: boolean;
  onClose: () => void;
}) {
  const t = useTranslations("courses");
  const router = useRouter();
  const [making, setMaking] = useState(enrollable.length === 0);
  const done = () => {
    onClose();
    router.refresh();
  };
  return (
    <Dialog open onOpenChange={(shown) => shown || onClose()} title={t("classes.add")}>
      {making ? (
        <Form
          key="new"
          schema={classFields}
          defaultValues={{ name: "" }}
          guard={false}
          submit={t("classes.createAndEnrol")}
          actions={
            enrollable.length > 0 ? (
              <Button variant="ghost" onClick={() => setMaking(false)}>
                {t("classes.chooseExisting")}
              </Button>
            ) : undefined
          }
          onSubmit={async (values) => {
            const result = await createClassAction({ ...values, courseId });
            if (result.ok) router.push(`/teach/classes/${result.data.classId}/import`);
            return result;
          }}
        >
          <TextField
            name="name"
            label={t("classes.name")}
            placeholder={t("placeholder.class")}
            help={t("classes.createHelp")}
            required
            autoFocus
          />
        </Form>
      ) : (
        <Form
          key="existing"
          schema={courseClassInput.omit({ courseId: true })}
          defaultValues={{ classId: enrollable[0]?.id ?? "" }}
          guard={false}
          submit={t("classes.enrol")}
          actions={
            mayCreate ? (
              <Button variant="ghost" onClick={() => setMaking(true)}>
                {t("classes.createInstead")}
              </Button>
            ) : undefined
          }
          onSubmit={async ({ classId }) => {
            const result = await enrolClassAction({ courseId, classId });
            if (result.ok) done();
            return result;
          }}
        >
          <SelectField
            name="classId"
            label={t("classes.choose")}
            options={enrollable.map((row) => ({
              value: row.id,
              label: t("classes.option", { name: row.name, count: row.students }),
            }))}
          />
        </Form>
      )}
    </Dialog>
  );
}
