"use client";

import { NextIntlClientProvider } from "next-intl";
import type { ReactNode } from "react";
import { defaultLocale, isLocale } from "./locale";
import { messages } from "./messages";

type Props = { locale: string; timeZone: string; now: Date; children: ReactNode };

/** What client components say. Their texts lie in a script that browsers keep, instead of in every page. */
export function Texts({ locale, children, ...rest }: Props) {
  const spoken = messages[isLocale(locale) ? locale : defaultLocale];
  return (
    <NextIntlClientProvider locale={locale} messages={spoken} {...rest}>
      {children}
    </NextIntlClientProvider>
  );
}
