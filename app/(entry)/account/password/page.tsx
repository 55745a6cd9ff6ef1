import { redirect } from "next/navigation";
import { getTranslations } from "next-intl/server";
import { Button } from "@/components/ui/button";
import { mustChangePassword, pageUser } from "@/lib/accounts";
import { signOutAction } from "@/lib/accounts/actions";
import { PasswordForm } from "@/lib/accounts/components/password-form";

export async function generateMetadata() {
  const t = await getTranslations("accounts.password");
  return { title: t("firstTitle") };
}

/** Where a one-time password leads, and nothing else does. */
export default async function FirstPasswordPage() {
  const [t, { actor }] = await Promise.all([
    getTranslations("accounts.password"),
    pageUser({ passwordPage: true }),
  ]);
  if (!(await mustChangePassword())) redirect("/account");
  return (
    <>
      <div>
        <h1 className="font-semibold text-xl">{t("firstTitle")}</h1>
        <p className="text-muted text-sm">{t("firstHint", { name: actor.name })}</p>
      </div>
      <PasswordForm first />
      <form action={signOutAction}>
        <Button type="submit" variant="ghost" className="-ml-3">
          {t("leave")}
        </Button>
      </form>
    </>
  );
}
