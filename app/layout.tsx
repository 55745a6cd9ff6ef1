import type { Metadata, Viewport } from "next";
import { cookies } from "next/headers";
import { getLocale, getNow, getTimeZone, getTranslations } from "next-intl/server";
import type { ReactNode } from "react";
import { Providers } from "@/components/providers";
import { Texts } from "@/lib/platform/i18n/texts";
import { chooseTheme, themeCookie } from "@/lib/platform/theme";
import "./globals.css";

export async function generateMetadata(): Promise<Metadata> {
  const t = await getTranslations("frame");
  return {
    title: { default: t("product"), template: `%s · ${t("product")}` },
    description: t("description"),
    robots: { index: false, follow: false },
    referrer: "strict-origin",
  };
}

export const viewport: Viewport = { width: "device-width", initialScale: 1, viewportFit: "cover" };

export default async function RootLayout({ children }: { children: ReactNode }) {
  const [locale, timeZone, now, jar] = await Promise.all([getLocale(), getTimeZone(), getNow(), cookies()]);
  return (
    <html lang={locale} className={chooseTheme(jar.get(themeCookie)?.value)}>
      <body>
        <Texts locale={locale} timeZone={timeZone} now={now}>
          <Providers now={now.getTime()}>{children}</Providers>
        </Texts>
      </body>
    </html>
  );
}
