"use client";

import { UserMinus, UserPlus, Users } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { DataTable } from "@/components/data-table/data-table";
import { SelectField, TextField } from "@/components/form/fields";
import { Form } from "@/components/form/form";
import { useAction } from "@/components/form/use-action";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { EmptyState } from "@/components/ui/empty-state";
import type { MenuEntry } from "@/components/ui/menu";
import { toast } from "@/components/ui/toast";
import { addMemberAction, removeMemberAction } from "../actions";
import type { CourseRole } from "../policy";
import { addMemberInput, courseMemberRoles } from "../schema";

type Row = { userId: string; name: string; username: string; number: string | null; role: CourseRole };

const tones = { teacher: "accent", assistant: "info", student: "neutral" } as const;

/** Teachers, assistants and single students of the course. */
export function CourseMembers({
  courseId,
  members,
  mayEdit,
}: {
  courseId: string;
  members: readonly Row[];
  mayEdit: boolean;
}) {
  const t = useTranslations("courses");
  const router = useRouter();
  const add = useAction(addMemberAction);
  const remove = useAction(removeMemberAction);
  const [adding, setAdding] = useState(false);

  const setRole = async (row: Row, role: CourseRole) => {
    if (!(await add.run({ courseId, person: row.username, role }))) return;
    router.refresh();
    toast({ title: t("members.roleSet", { name: row.name, role: t(`role.${role}`) }) });
  };
  const removeNow = async (row: Row) => {
    const result = await remove.run({ courseId, userId: row.userId });
    if (!result) return;
    router.refresh();
    toast({
      title: t("members.removed", { name: row.name }),
      undo: { label: t("undo"), run: () => void setRole(row, result.data.role) },
    });
  };
  const rowMenu = (row: Row): MenuEntry[] => [
    ...courseMemberRoles
      .filter((role) => role !== row.role)
      .map((role) => ({
        key: role,
        label: t("members.makeRole", { role: t(`role.${role}`) }),
        onSelect: () => void setRole(row, role),
      })),
    "separator",
    { label: t("members.remove"), icon: <UserMinus />, danger: true, onSelect: () => void removeNow(row) },
  ];
  return (
    <>
      <DataTable
        label={t("tab.members")}
        prefix="m-"
        rows={members}
        rowKey={(row) => row.userId}
        rowName={(row) => row.name}
        columns={[
          { key: "name", header: t("members.name"), cell: (row) => row.name, phone: "title" },
          { key: "username", header: t("members.username"), cell: (row) => row.username },
          {
            key: "role",
            header: t("members.role"),
            phone: "trail",
            cell: (row) => <Badge tone={tones[row.role]}>{t(`role.${row.role}`)}</Badge>,
          },
        ]}
        rowMenu={mayEdit ? rowMenu : undefined}
        actions={
          mayEdit ? (
            <Button variant="primary" icon={<UserPlus aria-hidden="true" />} onClick={() => setAdding(true)}>
              {t("members.add")}
            </Button>
          ) : undefined
        }
        empty={
          <EmptyState icon={<Users />} title={t("members.emptyTitle")}>
            {t("members.hint")}
          </EmptyState>
        }
      />
      {adding ? (
        <Dialog
          open
          onOpenChange={(shown) => shown || setAdding(false)}
          title={t("members.add")}
          description={t("members.hint")}
        >
          <Form
            schema={addMemberInput.omit({ courseId: true })}
            defaultValues={{ person: "", role: "assistant" }}
            guard={false}
            submit={t("members.add")}
            onSubmit={async (values) => {
              const result = await addMemberAction({ courseId, ...values });
              if (result.ok) {
                setAdding(false);
                router.refresh();
                toast({
                  title: t("members.added", { name: result.data.name, role: t(`role.${values.role}`) }),
                });
              }
              return result;
            }}
          >
            <TextField
              name="person"
              label={t("members.person")}
              help={t("members.personHelp")}
              required
              autoFocus
              autoComplete="off"
              autoCapitalize="none"
            />
            <SelectField
              name="role"
              label={t("members.role")}
              options={courseMemberRoles.map((role) => ({ value: role, label: t(`roleLong.${role}`) }))}
            />
          </Form>
        </Dialog>
      ) : null}
    </>
  );
}
