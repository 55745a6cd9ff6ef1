"use client";

import { useTranslations } from "next-intl";
import { z } from "zod";
import { TextField } from "@/components/form/fields";
import { Form, type SubmitResult } from "@/components/form/form";

const schema = z.object({
  username: z.string().trim().min(1).max(200),
  password: z.string().min(1).max(1000),
});
type Credentials = z.output<typeof schema>;

const failed = z.object({
  error: z.object({
    code: z.string(),
    key: z.string(),
    params: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
    requestId: z.string().optional(),
  }),
});
const entered = z.object({ mustChangePassword: z.boolean() });

/** next-auth's own two calls: a CSRF token, then the credentials. */
async function enter(credentials: Credentials, back: string): Promise<SubmitResult> {
  const given = await fetch("/api/auth/csrf", { cache: "no-store" });
  const { csrfToken = "" } = given.ok ? z.object({ csrfToken: z.string() }).parse(await given.json()) : {};
  const answer = await fetch("/api/auth/callback/credentials", {
    method: "POST",
    body: new URLSearchParams({ ...credentials, csrfToken, json: "true" }),
  });
  const body: unknown = await answer.json().catch(() => null);
  if (!answer.ok) {
    const refused = failed.safeParse(body);
    return {
      ok: false,
      error: refused.success ? refused.data.error : { code: "unavailable", key: "unavailable" },
    };
  }
  // A whole new page: nothing that was drawn for nobody may stay.
  window.location.assign(entered.parse(body).mustChangePassword ? "/account/password" : back);
  return { ok: true };
}

export function SignInForm({ back }: { back: string }) {
  const t = useTranslations("accounts.signIn");
  return (
    <Form
      schema={schema}
      defaultValues={{ username: "", password: "" }}
      guard={false}
      submit={t("submit")}
      onSubmit={(credentials) => enter(credentials, back)}
    >
      <TextField
        name="username"
        label={t("username")}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        autoFocus
        required
      />
      <TextField
        name="password"
        label={t("password")}
        type="password"
        autoComplete="current-password"
        required
      />
    </Form>
  );
}
