import { getLocale, getTranslations } from "next-intl/server";
import { Badge } from "@/components/ui/badge";
import { PageHeader } from "@/components/ui/page-header";
import { Facts, Section } from "@/components/ui/section";
import { ownAccount, ownSessions, pageUser } from "@/lib/accounts";
import { LanguageChoice } from "@/lib/accounts/components/language-choice";
import { PasswordForm } from "@/lib/accounts/components/password-form";
import { SessionList } from "@/lib/accounts/components/session-list";

export async function generateMetadata() {
  const t = await getTranslations("accounts.own");
  return { title: t("title") };
}

export default async function AccountPage() {
  const ctx = await pageUser();
  const [t, roleName, locale, account, sessions] = await Promise.all([
    getTranslations("accounts"),
    getTranslations("frame.roles"),
    getLocale(),
    ownAccount({ ctx }),
    ownSessions({ ctx }),
  ]);
  const roles = account.roles.map((role) => <Badge key={role}>{roleName(role)}</Badge>);
  return (
    <>
      <PageHeader title={t("own.title")} />
      <div className="flex max-w-3xl flex-col gap-4">
        <Section title={t("own.person")} description={t("own.personHint")}>
          <Facts
            items={[
              { label: t("field.name"), value: account.name },
              { label: t("field.username"), value: account.username },
              { label: t("field.number"), value: account.number ?? "—" },
              { label: t("field.email"), value: account.email ?? "—" },
              { label: t("field.roles"), value: <span className="flex flex-wrap gap-1">{roles}</span> },
            ]}
          />
          <LanguageChoice locale={locale} />
        </Section>
        <Section title={t("password.title")} description={t("password.titleHint")}>
          <PasswordForm />
        </Section>
        <Section title={t("sessions.title")} description={t("sessions.hint")} flush>
          <SessionList sessions={sessions} />
        </Section>
      </div>
    </>
  );
}
