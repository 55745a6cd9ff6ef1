import { redirect } from "next/navigation";
import { getTranslations } from "next-intl/server";
import { currentCtx, isSetUpOpen } from "@/lib/accounts";
import { SetUpForm } from "@/lib/accounts/components/set-up-form";

export async function generateMetadata() {
  const t = await getTranslations("accounts.setUp");
  return { title: t("title") };
}

export default async function SetUpPage() {
  const [t, ctx] = await Promise.all([getTranslations("accounts.setUp"), currentCtx()]);
  if (!(await isSetUpOpen({ ctx }))) redirect("/sign-in");
  return (
    <>
      <div>
        <h1 className="font-semibold text-xl">{t("title")}</h1>
        <p className="text-muted text-sm">{t("hint")}</p>
      </div>
      <SetUpForm />
    </>
  );
}
