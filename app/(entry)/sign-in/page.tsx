import { headers } from "next/headers";
import Link from "next/link";
import { redirect } from "next/navigation";
import { getTranslations } from "next-intl/server";
import { Notice } from "@/components/ui/section";
import { currentCtx, isSetUpOpen, mustChangePassword, safeReturnPath } from "@/lib/accounts";
import { SignInForm } from "@/lib/accounts/components/sign-in-form";

export async function generateMetadata() {
  const t = await getTranslations("accounts.signIn");
  return { title: t("title") };
}

type Search = Promise<{ next?: string | string[] }>;

export default async function SignInPage({ searchParams }: { searchParams: Search }) {
  const [t, ctx, { next }] = await Promise.all([
    getTranslations("accounts.signIn"),
    currentCtx(),
    searchParams,
  ]);
  const back = safeReturnPath(typeof next === "string" ? next : null);
  if (ctx.actor.type === "user") redirect(back);
  if (await mustChangePassword()) redirect("/account/password");
  // A link of another site (a workspace, a mail) comes without the session's cookie, which is SameSite=Strict. A page
  // of our own that goes to the same place comes with it.
  const from = (await headers()).get("sec-fetch-site");
  if (from === "cross-site" || from === "same-site") {
    return <meta httpEquiv="refresh" content={`0;url=/sign-in?next=${encodeURIComponent(back)}`} />;
  }
  return (
    <>
      <div>
        <h1 className="font-semibold text-xl">{t("title")}</h1>
        <p className="text-muted text-sm">{t("hint")}</p>
      </div>
      {(await isSetUpOpen({ ctx })) ? (
        <Notice title={t("notSetUp")}>
          <Link href="/setup" className="text-accent underline">
            {t("toSetUp")}
          </Link>
        </Notice>
      ) : null}
      <SignInForm back={back} />
      <p className="text-muted text-sm">{t("forgotten")}</p>
    </>
  );
}
