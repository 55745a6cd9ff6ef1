"use client";

import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { TextField } from "@/components/form/fields";
import { Form } from "@/components/form/form";
import { Dialog } from "@/components/ui/dialog";
import { toast } from "@/components/ui/toast";
import { addAccountAction, editAccountAction } from "../actions";
import { accountFields } from "../schema";
import type { AccountView } from "../views";

/** Adds a cloud account, or changes one: an empty secret keeps the one that is there. */
export function AccountDialog({ account, onClose }: { account?: AccountView; onClose: () => void }) {
  const t = useTranslations("clouds.account");
  const router = useRouter();
  return (
    <Dialog
      open
      onOpenChange={(shown) => shown || onClose()}
      title={account ? t("editTitle", { name: account.name }) : t("add")}
      description={t("dialogHint")}
    >
      <Form
        schema={accountFields}
        defaultValues={{
          name: account?.name ?? "",
          accessKeyId: account?.accessKeyId ?? "",
          accessKeySecret: "",
          endpoint: account?.endpoint ?? "",
        }}
        submit={account ? t("save") : t("add")}
        onSubmit={async (fields) => {
          const result = account
            ? await editAccountAction({ accountId: account.id, ...fields })
            : await addAccountAction(fields);
          if (result.ok) {
            toast({
              title: t("saved", { name: fields.name }),
              description: account ? undefined : t("savedHint"),
            });
            onClose();
            router.refresh();
          }
          return result;
        }}
      >
        <TextField name="name" label={t("name")} help={t("nameHelp")} required maxLength={80} />
        <TextField
          name="accessKeyId"
          label="AccessKey ID"
          help={t("keyHelp")}
          required
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          className="[&_input]:font-mono"
        />
        <TextField
          name="accessKeySecret"
          label="AccessKey Secret"
          help={account ? t("secretKeep") : t("secretHelp")}
          type="password"
          autoComplete="off"
          required={!account}
          className="[&_input]:font-mono"
        />
        <details open={Boolean(account?.endpoint)}>
          <summary className="cursor-pointer font-medium text-sm">{t("advanced")}</summary>
          <TextField
            className="mt-3 [&_input]:font-mono"
            name="endpoint"
            label={t("endpoint")}
            help={t("endpointHelp")}
            placeholder="127.0.0.1:8080"
            autoComplete="off"
            spellCheck={false}
            optional
          />
        </details>
      </Form>
    </Dialog>
  );
}
