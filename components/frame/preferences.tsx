"use client";

import { Languages, Monitor, Moon, Sun } from "lucide-react";
import { useRouter } from "next/navigation";
import { useLocale, useTranslations } from "next-intl";
import { useState, useTransition } from "react";
import { IconButton } from "../ui/icon-button";
import { Menu } from "../ui/menu";

export type Theme = "light" | "dark" | "system";

export type PreferencesProps = {
  theme: Theme;
  setLocale: (locale: string) => Promise<unknown>;
  setTheme: (theme: string) => Promise<unknown>;
};

/** Language and appearance, for the frame and for pages outside it (sign-in). */
export function Preferences({ theme: initial, setLocale, setTheme }: PreferencesProps) {
  const t = useTranslations("frame");
  const locale = useLocale();
  const router = useRouter();
  const [theme, showTheme] = useState(initial);
  const [, startTransition] = useTransition();

  const chooseTheme = (next: Theme) => {
    showTheme(next);
    document.documentElement.classList.remove("light", "dark", "system");
    document.documentElement.classList.add(next);
    void setTheme(next);
  };
  const chooseLocale = (next: string) =>
    startTransition(async () => {
      await setLocale(next);
      router.refresh();
    });
  const icon = { light: Sun, dark: Moon, system: Monitor }[theme];
  const Icon = icon;
  return (
    <>
      <Menu
        trigger={
          <IconButton label={t("language")}>
            <Languages aria-hidden="true" />
          </IconButton>
        }
        entries={[
          {
            label: <span lang="zh-CN">简体中文</span>,
            checked: locale === "zh-CN",
            onSelect: () => chooseLocale("zh-CN"),
          },
          {
            label: <span lang="en">English</span>,
            checked: locale === "en",
            onSelect: () => chooseLocale("en"),
          },
        ]}
      />
      <Menu
        trigger={
          <IconButton label={t("theme")}>
            <Icon aria-hidden="true" />
          </IconButton>
        }
        entries={[
          {
            label: t("themeLight"),
            icon: <Sun />,
            checked: theme === "light",
            onSelect: () => chooseTheme("light"),
          },
          {
            label: t("themeDark"),
            icon: <Moon />,
            checked: theme === "dark",
            onSelect: () => chooseTheme("dark"),
          },
          {
            label: t("themeSystem"),
            icon: <Monitor />,
            checked: theme === "system",
            onSelect: () => chooseTheme("system"),
          },
        ]}
      />
    </>
  );
}
