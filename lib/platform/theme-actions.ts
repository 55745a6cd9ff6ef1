"use server";

import { cookies } from "next/headers";
import { isTheme, themeCookie } from "./theme";

const year = 60 * 60 * 24 * 365;

/** Remembers light, dark or system in this browser; needs no account. */
export async function setTheme(theme: string): Promise<void> {
  if (!isTheme(theme)) return;
  (await cookies()).set(themeCookie, theme, { path: "/", maxAge: year, sameSite: "lax" });
}
