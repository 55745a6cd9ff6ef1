"use client";

import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { CheckboxListField, TextField } from "@/components/form/fields";
import { Form } from "@/components/form/form";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { Dialog } from "@/components/ui/dialog";
import { Facts } from "@/components/ui/section";
import { toast } from "@/components/ui/toast";
import { type Role, roles } from "@/lib/platform/permissions";
import { createUserAction, setRolesAction, updateUserAction } from "../actions";
import type { UserRow } from "../queries";
import { createUserSchema, setRolesSchema, updateUserSchema } from "../schema";

/** A one-time password on its way to its owner: shown once. */
export type Secret = { username: string; initialPassword: string };

const privileged = (role: Role) => role === "admin" || role === "superadmin";

function RoleBoxes({ appoints }: { appoints: boolean }) {
  const t = useTranslations("accounts");
  const roleName = useTranslations("frame.roles");
  return (
    <CheckboxListField
      name="roles"
      label={t("field.roles")}
      help={appoints ? undefined : t("users.rolesHelp")}
      options={roles.map((role) => ({
        value: role,
        label: roleName(role),
        help: t(`roleHelp.${role}`),
        disabled: privileged(role) && !appoints,
      }))}
    />
  );
}

function PersonFields() {
  const t = useTranslations("accounts.field");
  return (
    <>
      <TextField name="name" label={t("name")} autoComplete="off" required />
      <TextField name="number" label={t("number")} help={t("numberHelp")} autoComplete="off" optional />
      <TextField name="email" label={t("email")} type="email" autoComplete="off" optional />
    </>
  );
}

export function CreateUserDialog({
  open,
  appoints,
  onClose,
  onCreated,
}: {
  open: boolean;
  appoints: boolean;
  onClose: () => void;
  onCreated: (secret: Secret) => void;
}) {
  const t = useTranslations("accounts");
  return (
    <Dialog open={open} onOpenChange={(shown) => shown || onClose()} title={t("users.create")}>
      <Form
        schema={createUserSchema}
        defaultValues={{ username: "", name: "", number: "", email: "", roles: ["student"] }}
        submit={t("users.create")}
        onSubmit={async (values) => {
          const result = await createUserAction(values);
          if (result.ok) onCreated(result.data);
          return result;
        }}
      >
        <TextField
          name="username"
          label={t("field.username")}
          help={t("field.usernameHelp")}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          required
        />
        <PersonFields />
        <RoleBoxes appoints={appoints} />
      </Form>
    </Dialog>
  );
}

export function EditUserDialog({ user, onClose }: { user: UserRow; onClose: () => void }) {
  const t = useTranslations("accounts.users");
  const router = useRouter();
  return (
    <Dialog open onOpenChange={(shown) => shown || onClose()} title={t("editTitle", { name: user.username })}>
      <Form
        schema={updateUserSchema}
        defaultValues={{
          userId: user.id,
          name: user.name,
          number: user.number ?? "",
          email: user.email ?? "",
        }}
        submit={t("save")}
        onSubmit={updateUserAction}
        onDone={() => {
          toast({ title: t("saved") });
          onClose();
          router.refresh();
        }}
      >
        <PersonFields />
      </Form>
    </Dialog>
  );
}

export function RolesDialog({
  user,
  appoints,
  onClose,
}: {
  user: UserRow;
  appoints: boolean;
  onClose: () => void;
}) {
  const t = useTranslations("accounts.users");
  const router = useRouter();
  return (
    <Dialog
      open
      onOpenChange={(shown) => shown || onClose()}
      title={t("rolesTitle", { name: user.name })}
      description={t("rolesHint")}
    >
      <Form
        schema={setRolesSchema}
        defaultValues={{ userId: user.id, roles: user.roles }}
        submit={t("saveRoles")}
        onSubmit={setRolesAction}
        onDone={() => {
          toast({ title: t("rolesSaved") });
          onClose();
          router.refresh();
        }}
      >
        <RoleBoxes appoints={appoints} />
      </Form>
    </Dialog>
  );
}

export function OneTimePasswordDialog({ secret, onClose }: { secret: Secret | null; onClose: () => void }) {
  const t = useTranslations("accounts");
  return (
    <Dialog
      open={secret !== null}
      onOpenChange={(shown) => shown || onClose()}
      size="sm"
      title={t("users.secretTitle")}
      description={t("users.secretHint")}
      footer={
        <>
          <CopyButton text={`${secret?.username ?? ""} ${secret?.initialPassword ?? ""}`}>
            {t("users.copy")}
          </CopyButton>
          <Button variant="primary" onClick={onClose}>
            {t("users.noted")}
          </Button>
        </>
      }
    >
      <Facts
        items={[
          { label: t("field.username"), value: <code className="font-mono">{secret?.username}</code> },
          {
            label: t("password.oneTime"),
            value: <code className="font-mono text-lg">{secret?.initialPassword}</code>,
          },
        ]}
      />
    </Dialog>
  );
}
