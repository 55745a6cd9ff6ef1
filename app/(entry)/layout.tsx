import { cookies } from "next/headers";
import { getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { Mark } from "@/components/frame/mark";
import { Preferences } from "@/components/frame/preferences";
import { setLocale } from "@/lib/platform/i18n/actions";
import { chooseTheme, themeCookie } from "@/lib/platform/theme";
import { setTheme } from "@/lib/platform/theme-actions";

/** Around the pages of people who are not (wholly) in yet: one narrow column, language and appearance. */
export default async function EntryLayout({ children }: { children: ReactNode }) {
  const [t, jar] = await Promise.all([getTranslations("frame"), cookies()]);
  return (
    <div className="flex min-h-dvh flex-col">
      <header className="flex h-12 items-center gap-2 px-4">
        <span className="mr-auto flex items-center gap-2 font-semibold text-lg">
          <Mark />
          {t("product")}
        </span>
        <Preferences
          theme={chooseTheme(jar.get(themeCookie)?.value)}
          setLocale={setLocale}
          setTheme={setTheme}
        />
      </header>
      <main id="main" className="mx-auto flex w-full max-w-sm flex-1 flex-col gap-4 px-4 pt-[8vh] pb-12">
        {children}
      </main>
    </div>
  );
}
