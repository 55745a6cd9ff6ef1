"use client";

import { Unlock } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { NumberField, TextField } from "@/components/form/fields";
import { Form } from "@/components/form/form";
import { useAction } from "@/components/form/use-action";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { toast } from "@/components/ui/toast";
import { allowOverBudgetAction, endAllowanceAction } from "../actions";
import { allowFields } from "../schema";

/** A teacher lets starts go on past the budget for some hours, or takes that back. */
export function AllowButton({
  courseId,
  allowed,
  size = "sm",
}: {
  courseId: string;
  allowed: boolean;
  size?: "sm" | "md";
}) {
  const t = useTranslations("costs.allow");
  const router = useRouter();
  const [open, setOpen] = useState(false);
  const end = useAction(endAllowanceAction);
  const done = (title: string) => {
    setOpen(false);
    toast({ title });
    router.refresh();
  };
  if (allowed) {
    const takeBack = async () => {
      if (await end.run({ courseId })) done(t("ended"));
    };
    return (
      <Button size="sm" busy={end.busy} onClick={() => void takeBack()}>
        {t("end")}
      </Button>
    );
  }
  return (
    <Dialog
      open={open}
      onOpenChange={setOpen}
      title={t("title")}
      description={t("text")}
      trigger={
        <Button size={size} icon={<Unlock aria-hidden="true" />}>
          {t("button")}
        </Button>
      }
    >
      <Form
        schema={allowFields}
        defaultValues={{ hours: 2, reason: "" }}
        submit={t("submit")}
        onSubmit={(values) => allowOverBudgetAction({ ...values, courseId })}
        onDone={() => done(t("done"))}
      >
        <NumberField name="hours" label={t("hours")} unit={t("hoursUnit")} required autoFocus />
        <TextField name="reason" label={t("reason")} placeholder={t("reasonPlaceholder")} required />
      </Form>
    </Dialog>
  );
}
