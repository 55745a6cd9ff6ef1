"use server";

import { cookies } from "next/headers";
import { isLocale, localeCookie } from "./locale";

const year = 60 * 60 * 24 * 365;

/** Remembers the language in this browser; needs no account. */
export async function setLocale(locale: string): Promise<void> {
  if (!isLocale(locale)) return;
  (await cookies()).set(localeCookie, locale, { path: "/", maxAge: year, sameSite: "lax" });
}
