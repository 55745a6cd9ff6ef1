"use client";

import { useTranslations } from "next-intl";
import { z } from "zod";
import { TextField } from "@/components/form/fields";
import { Form } from "@/components/form/form";
import { toast } from "@/components/ui/toast";
import { changePasswordAction } from "../actions";
import { changePasswordSchema } from "../schema";

/** A new password, typed twice; `first` in place of a one-time one, and then on to the start page. */
export function PasswordForm({ first = false }: { first?: boolean }) {
  const t = useTranslations("accounts.password");
  const schema = z
    .object({ ...changePasswordSchema.shape, again: z.string() })
    .refine(({ next, again }) => next === again, { path: ["again"], message: t("differs") });
  return (
    <Form
      schema={schema}
      defaultValues={{ current: "", next: "", again: "" }}
      submit={t("submit")}
      resetAfter
      onSubmit={async ({ current, next }) => {
        const result = await changePasswordAction({ current, next });
        if (!result.ok) return result;
        if (first) window.location.assign("/");
        else toast({ title: t("done"), description: t("othersEnded", { count: result.data.ended }) });
        return result;
      }}
    >
      <TextField
        name="current"
        label={first ? t("oneTime") : t("current")}
        type="password"
        autoComplete="current-password"
        required
      />
      <TextField
        name="next"
        label={t("next")}
        help={t("help")}
        type="password"
        autoComplete="new-password"
        required
      />
      <TextField name="again" label={t("again")} type="password" autoComplete="new-password" required />
    </Form>
  );
}
