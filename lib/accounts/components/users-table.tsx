"use client";

import { KeyRound, Pencil, RotateCcw, ShieldUser, UserPlus, Users, UserX } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useMemo, useState } from "react";
import type { Column, Filter } from "@/components/data-table/columns";
import { DataTable } from "@/components/data-table/data-table";
import { useMore } from "@/components/data-table/use-more";
import { useAction } from "@/components/form/use-action";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { ConfirmDialog } from "@/components/ui/confirm-dialog";
import { EmptyState } from "@/components/ui/empty-state";
import type { MenuEntry } from "@/components/ui/menu";
import { Time } from "@/components/ui/time";
import { toast } from "@/components/ui/toast";
import type { Page } from "@/lib/platform/keyset";
import { roles } from "@/lib/platform/permissions";
import { moreUsersAction, resetPasswordAction, restoreUserAction, suspendUserAction } from "../actions";
import type { UserRow } from "../queries";
import {
  CreateUserDialog,
  EditUserDialog,
  OneTimePasswordDialog,
  RolesDialog,
  type Secret,
} from "./user-dialogs";

type Wanted = { search: string; role?: (typeof roles)[number]; status?: "active" | "suspended" };
type Open = { what: "edit" | "roles" | "reset" | "suspend"; user: UserRow };

export function UsersTable({
  page,
  total,
  input,
  selfId,
  appoints,
}: {
  page: Page<UserRow>;
  total: number;
  input: Wanted;
  selfId: string;
  /** May give and take the administrators' roles. */
  appoints: boolean;
}) {
  const t = useTranslations("accounts");
  const roleName = useTranslations("frame.roles");
  const router = useRouter();
  const [creating, setCreating] = useState(false);
  const [open, setOpen] = useState<Open | null>(null);
  const [secret, setSecret] = useState<Secret | null>(null);
  const more = useMore(page.next, (after) => moreUsersAction({ ...input, after }));
  const suspend = useAction(suspendUserAction);
  const restore = useAction(restoreUserAction);
  const reset = useAction(resetPasswordAction);
  const close = () => setOpen(null);

  const columns: Column<UserRow>[] = [
    { key: "name", header: t("field.name"), cell: (user) => user.name, phone: "title" },
    {
      key: "username",
      header: t("field.username"),
      cell: (user) => user.username,
      csv: (user) => user.username,
    },
    {
      key: "number",
      phone: "hidden",
      header: t("field.number"),
      cell: (user) => user.number ?? "",
      csv: (user) => user.number ?? "",
    },
    {
      key: "email",
      header: t("field.email"),
      cell: (user) => user.email ?? "",
      phone: "hidden",
      hidden: true,
    },
    {
      key: "roles",
      header: t("field.roles"),
      cell: (user) => (
        <span className="flex flex-wrap gap-1">
          {user.roles.map((role) => (
            <Badge key={role} tone={role === "admin" || role === "superadmin" ? "accent" : "neutral"}>
              {roleName(role)}
            </Badge>
          ))}
        </span>
      ),
    },
    {
      key: "status",
      header: t("field.status"),
      phone: "trail",
      cell: (user) => (
        <span className="flex flex-wrap gap-1">
          <Badge tone={user.status === "active" ? "ok" : "danger"}>{t(`status.${user.status}`)}</Badge>
          {user.mustChangePassword ? <Badge tone="warn">{t("status.oneTime")}</Badge> : null}
          {user.demo ? <Badge>{t("status.demo")}</Badge> : null}
        </span>
      ),
    },
    {
      key: "created",
      header: t("field.created"),
      cell: (user) => <Time at={user.createdAt} mode="date" />,
      phone: "hidden",
      hidden: true,
    },
  ];
  const filters = useMemo<Filter<UserRow>[]>(
    () => [
      {
        key: "role",
        label: t("field.roles"),
        options: roles.map((role) => ({ value: role, label: roleName(role) })),
      },
      {
        key: "status",
        label: t("field.status"),
        options: (["active", "suspended"] as const).map((value) => ({ value, label: t(`status.${value}`) })),
      },
    ],
    [t, roleName],
  );

  const suspendNow = async (user: UserRow) => {
    if (!(await suspend.run({ userId: user.id }))) return;
    router.refresh();
    toast({
      title: t("users.suspended", { name: user.name }),
      undo: { label: t("users.undo"), run: () => void restoreNow(user) },
    });
  };
  const restoreNow = async (user: UserRow) => {
    if (!(await restore.run({ userId: user.id }))) return;
    router.refresh();
    toast({ title: t("users.restored", { name: user.name }) });
  };
  const resetNow = async (user: UserRow) => {
    const result = await reset.run({ userId: user.id });
    if (!result) return;
    setSecret(result.data);
    router.refresh();
  };

  const rowMenu = (user: UserRow): MenuEntry[] => {
    const above = appoints || !user.roles.some((role) => role === "admin" || role === "superadmin");
    const other = user.id !== selfId;
    return [
      {
        label: t("users.edit"),
        icon: <Pencil />,
        disabled: !above && other,
        onSelect: () => setOpen({ what: "edit", user }),
      },
      {
        label: t("users.roles"),
        icon: <ShieldUser />,
        disabled: !above,
        onSelect: () => setOpen({ what: "roles", user }),
      },
      {
        label: t("users.reset"),
        icon: <KeyRound />,
        disabled: !above || !other,
        onSelect: () => setOpen({ what: "reset", user }),
      },
      "separator",
      user.status === "active"
        ? {
            label: t("users.suspend"),
            icon: <UserX />,
            danger: true,
            disabled: !above || !other,
            onSelect: () => setOpen({ what: "suspend", user }),
          }
        : {
            label: t("users.restore"),
            icon: <RotateCcw />,
            disabled: !above,
            onSelect: () => void restoreNow(user),
          },
    ];
  };

  return (
    <>
      <DataTable
        label={t("users.title")}
        rows={page.rows}
        total={total}
        rowKey={(user) => user.id}
        rowName={(user) => user.name}
        columns={columns}
        filters={filters}
        rowMenu={rowMenu}
        search="server"
        searchPlaceholder={t("users.search")}
        more={more}
        actions={
          <Button variant="primary" icon={<UserPlus />} onClick={() => setCreating(true)}>
            {t("users.create")}
          </Button>
        }
        empty={
          <EmptyState icon={<Users />} title={t("users.emptyTitle")}>
            {t("users.emptyHint")}
          </EmptyState>
        }
      />
      <CreateUserDialog
        open={creating}
        appoints={appoints}
        onClose={() => setCreating(false)}
        onCreated={(made) => {
          setCreating(false);
          setSecret(made);
          router.refresh();
        }}
      />
      {open?.what === "edit" ? <EditUserDialog user={open.user} onClose={close} /> : null}
      {open?.what === "roles" ? <RolesDialog user={open.user} appoints={appoints} onClose={close} /> : null}
      <ConfirmDialog
        open={open?.what === "reset"}
        onOpenChange={(shown) => shown || close()}
        title={t("users.resetTitle", { name: open?.user.name ?? "" })}
        confirm={t("users.reset")}
        danger={false}
        onConfirm={() => open && resetNow(open.user)}
      >
        {t("users.resetHint")}
      </ConfirmDialog>
      <ConfirmDialog
        open={open?.what === "suspend"}
        onOpenChange={(shown) => shown || close()}
        title={t("users.suspendTitle", { name: open?.user.name ?? "" })}
        confirm={t("users.suspend")}
        onConfirm={() => open && suspendNow(open.user)}
      >
        {t("users.suspendHint")}
      </ConfirmDialog>
      <OneTimePasswordDialog secret={secret} onClose={() => setSecret(null)} />
    </>
  );
}
