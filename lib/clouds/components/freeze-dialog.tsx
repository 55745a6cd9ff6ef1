"use client";

import { useTranslations } from "next-intl";
import { TextField } from "@/components/form/fields";
import { Form } from "@/components/form/form";
import { Dialog } from "@/components/ui/dialog";
import { toast } from "@/components/ui/toast";
import { freezeImageAction } from "../actions";
import { freezeImageInput } from "../schema";

const input = freezeImageInput.pick({ name: true });

/** Keeps the instance of a workspace as an image for templates. */
export function FreezeDialog({
  workspaceId,
  open,
  onOpenChange,
}: {
  workspaceId: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}) {
  const t = useTranslations("clouds.freeze");
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={t("title")} description={t("text")}>
      <Form
        schema={input}
        defaultValues={{ name: "" }}
        submit={t("confirm")}
        guard={false}
        onSubmit={async ({ name }) => {
          const result = await freezeImageAction({ workspaceId, name });
          if (result.ok) {
            toast({ title: t("begun", { name }), description: t("begunText") });
            onOpenChange(false);
          }
          return result;
        }}
      >
        <TextField name="name" label={t("name")} help={t("nameHelp")} required maxLength={128} />
      </Form>
    </Dialog>
  );
}
