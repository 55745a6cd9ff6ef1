"use client";

import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { TextField } from "@/components/form/fields";
import { Form } from "@/components/form/form";
import { Dialog } from "@/components/ui/dialog";
import { duplicateTemplateAction } from "../actions";
import { duplicateTemplateInput } from "../schema";

const input = duplicateTemplateInput.omit({ templateId: true });

export function DuplicateTemplateDialog({
  templateId,
  name,
  onClose,
}: {
  templateId: string;
  name: string;
  onClose: () => void;
}) {
  const t = useTranslations("templates");
  const router = useRouter();
  return (
    <Dialog
      open
      onOpenChange={(shown) => shown || onClose()}
      title={t("duplicateTitle", { name })}
      description={t("duplicateHint")}
    >
      <Form
        schema={input}
        defaultValues={{ name: t("copyName", { name }) }}
        submit={t("duplicate")}
        guard={false}
        onSubmit={async (values) => {
          const result = await duplicateTemplateAction({ templateId, ...values });
          if (result.ok) router.push(`/teach/templates/${result.data.templateId}`);
          return result;
        }}
      >
        <TextField name="name" label={t("field.name")} required />
      </Form>
    </Dialog>
  );
}
