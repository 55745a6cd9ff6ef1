"use client";

import { useTranslations } from "next-intl";
import { TextField } from "@/components/form/fields";
import { Form } from "@/components/form/form";
import { Dialog } from "@/components/ui/dialog";
import { createClassAction, renameClassAction } from "../actions";
import { classFields } from "../schema";

/** Makes a class, or renames one. */
export function ClassDialog({
  named,
  onClose,
  onSaved,
}: {
  named?: { id: string; name: string };
  onClose: () => void;
  onSaved: (classId: string) => void;
}) {
  const t = useTranslations("courses");
  return (
    <Dialog
      open
      onOpenChange={(shown) => shown || onClose()}
      title={named ? t("classes.rename") : t("classes.create")}
    >
      <Form
        schema={classFields}
        defaultValues={{ name: named?.name ?? "" }}
        guard={false}
        submit={named ? t("save") : t("classes.create")}
        onSubmit={async ({ name }) => {
          if (named) {
            const result = await renameClassAction({ classId: named.id, name });
            if (result.ok) onSaved(named.id);
            return result;
          }
          const result = await createClassAction({ name });
          if (result.ok) onSaved(result.data.classId);
          return result;
        }}
      >
        <TextField
          name="name"
          label={t("classes.name")}
          placeholder={t("placeholder.class")}
          help={named ? undefined : t("classes.createHelp")}
          required
          autoFocus
        />
      </Form>
    </Dialog>
  );
}
