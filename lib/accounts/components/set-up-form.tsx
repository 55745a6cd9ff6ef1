"use client";

import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { TextField } from "@/components/form/fields";
import { Form } from "@/components/form/form";
import { toast } from "@/components/ui/toast";
import { completeSetUpAction } from "../actions";
import { setUpSchema } from "../schema";

export function SetUpForm() {
  const t = useTranslations("accounts");
  const router = useRouter();
  return (
    <Form
      schema={setUpSchema}
      defaultValues={{ token: "", username: "", name: "", password: "" }}
      submit={t("setUp.submit")}
      onSubmit={completeSetUpAction}
      onDone={() => {
        toast({ title: t("setUp.done") });
        router.push("/sign-in");
      }}
    >
      <TextField
        name="token"
        label={t("setUp.token")}
        help={t("setUp.tokenHelp")}
        autoComplete="one-time-code"
        spellCheck={false}
        required
      />
      <TextField
        name="username"
        label={t("field.username")}
        help={t("field.usernameHelp")}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
      />
      <TextField name="name" label={t("field.name")} autoComplete="name" required />
      <TextField
        name="password"
        label={t("password.next")}
        help={t("password.help")}
        type="password"
        autoComplete="new-password"
        required
      />
    </Form>
  );
}
