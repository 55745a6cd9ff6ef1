const themes = ["light", "dark", "system"] as const;
export type Theme = (typeof themes)[number];

export const themeCookie = "labyard-theme";

export const isTheme = (value: unknown): value is Theme => themes.some((theme) => theme === value);

/** The class on `<html>`: tokens in globals.css hang on it, so the first paint is already right. */
export const chooseTheme = (cookie: string | undefined): Theme => (isTheme(cookie) ? cookie : "system");
