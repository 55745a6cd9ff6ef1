"use client";

import { Ellipsis, KeyRound, LogOut, PanelLeftClose, PanelLeftOpen } from "lucide-react";
import Link from "next/link";
import { usePathname } from "next/navigation";
import { useTranslations } from "next-intl";
import { type ReactNode, useState } from "react";
import { cn } from "../ui/class-names";
import { Menu } from "../ui/menu";
import { Tooltip } from "../ui/tooltip";
import { GoTo } from "./go-to";
import { Mark } from "./mark";
import { activeItem, collapsedCookie, type NavGroup, type NavItem } from "./navigation";
import { Preferences, type PreferencesProps } from "./preferences";
import { Shortcuts } from "./shortcuts";

export type FrameProps = PreferencesProps & {
  groups: readonly NavGroup[];
  person: { name: string; detail: string };
  accountHref: string;
  signOut: () => Promise<unknown>;
  homeHref: string;
  collapsed: boolean;
  children: ReactNode;
};

/** Navigation, top line and main part around every page of a signed-in person. */
export function Frame({ groups, person, accountHref, signOut, homeHref, children, ...rest }: FrameProps) {
  const t = useTranslations("frame");
  const path = usePathname();
  const active = activeItem(groups, path);
  const [collapsed, setCollapsed] = useState(rest.collapsed);
  const toggle = () => {
    setCollapsed(!collapsed);
    // biome-ignore lint/suspicious/noDocumentCookie: the server draws the next page with the right width
    document.cookie = `${collapsedCookie}=${collapsed ? "open" : "collapsed"}; path=/; max-age=31536000; samesite=lax`;
  };
  const items = groups.flatMap((group) => group.items);
  const Toggle = collapsed ? PanelLeftOpen : PanelLeftClose;
  return (
    <div
      className={cn(
        "min-h-dvh md:grid",
        collapsed ? "md:grid-cols-[56px_minmax(0,1fr)]" : "md:grid-cols-[200px_minmax(0,1fr)]",
      )}
    >
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-accent focus:px-3 focus:py-1.5 focus:text-on-accent"
      >
        {t("skip")}
      </a>
      <aside
        className="sticky top-0 hidden h-dvh flex-col border-border border-r bg-surface md:flex"
        data-print="hide"
      >
        <Link
          href={homeHref}
          aria-label={t("product")}
          className="flex h-12 shrink-0 items-center gap-2 px-4 font-semibold text-lg focus-visible:outline-offset-[-2px]"
        >
          <Mark />
          {collapsed ? null : <span>{t("product")}</span>}
        </Link>
        <nav
          aria-label={t("navigation")}
          className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto px-2 py-2"
        >
          {groups.map((group) => (
            <div key={group.key}>
              {collapsed || groups.length < 2 ? null : (
                <p className="px-2 pb-1 text-muted text-xs">{group.label}</p>
              )}
              <ul className="flex flex-col gap-0.5">
                {group.items.map((item) => (
                  <li key={item.href}>
                    <SideLink item={item} active={item.href === active} collapsed={collapsed} />
                  </li>
                ))}
              </ul>
            </div>
          ))}
        </nav>
        <button
          type="button"
          onClick={toggle}
          aria-label={collapsed ? t("expand") : t("collapse")}
          className="m-2 flex h-8 items-center gap-2 rounded-md px-2.5 text-muted text-sm hover:bg-hover"
        >
          <Toggle aria-hidden="true" className="size-4 shrink-0" />
          {collapsed ? null : t("collapse")}
        </button>
      </aside>

      <div className="flex min-w-0 flex-col">
        <header
          className="sticky top-0 z-30 flex h-12 items-center gap-1 border-border border-b bg-surface px-3 md:px-6"
          data-print="hide"
        >
          <Link
            href={homeHref}
            aria-label={t("product")}
            className="mr-auto flex items-center gap-2 font-semibold md:hidden"
          >
            <Mark />
            {t("product")}
          </Link>
          <div className="md:mr-auto">
            <GoTo groups={groups} />
          </div>
          <Preferences theme={rest.theme} setLocale={rest.setLocale} setTheme={rest.setTheme} />
          <Menu
            trigger={
              <button
                type="button"
                aria-label={`${t("person")}: ${person.name}`}
                className="ml-1 flex h-8 max-w-48 items-center gap-2 rounded-md pr-1 pl-1 hover:bg-hover md:pr-2 pointer-coarse:h-10"
              >
                <span
                  aria-hidden="true"
                  className="grid size-6 shrink-0 place-items-center rounded-full bg-accent-soft font-semibold text-accent text-xs"
                >
                  {[...person.name].at(/\p{Script=Han}/u.test(person.name) ? -1 : 0)?.toUpperCase()}
                </span>
                <span className="hidden truncate text-sm md:block">{person.name}</span>
              </button>
            }
            header={
              <div className="min-w-0">
                <p className="truncate font-medium">{person.name}</p>
                <p className="truncate text-muted text-xs">{person.detail}</p>
              </div>
            }
            entries={[
              { label: t("account"), icon: <KeyRound aria-hidden="true" />, href: accountHref },
              "separator",
              { label: t("signOut"), icon: <LogOut aria-hidden="true" />, onSelect: () => void signOut() },
            ]}
          />
        </header>
        <main
          id="main"
          tabIndex={-1}
          className="mx-auto w-full max-w-[1280px] flex-1 px-4 pt-4 pb-24 outline-none md:px-6 md:pb-10"
        >
          {children}
        </main>
      </div>

      {items.length < 2 ? null : (
        <nav
          aria-label={t("navigation")}
          className="fixed inset-x-0 bottom-0 z-30 flex border-border border-t bg-surface pb-[env(safe-area-inset-bottom)] md:hidden"
          data-print="hide"
        >
          {(items.length > 4 ? items.slice(0, 3) : items).map((item) => (
            <Link
              key={item.href}
              href={item.href}
              aria-current={item.href === active ? "page" : undefined}
              className={cn(placeClass, item.href === active && "text-accent")}
            >
              {item.icon}
              <span className="max-w-full truncate">{item.label}</span>
            </Link>
          ))}
          {items.length > 4 ? (
            <Menu
              side="top"
              trigger={
                <button
                  type="button"
                  className={cn(
                    placeClass,
                    items.slice(3).some((item) => item.href === active) && "text-accent",
                  )}
                >
                  <Ellipsis aria-hidden="true" />
                  <span>{t("more")}</span>
                </button>
              }
              entries={items.slice(3).map((item) => ({ key: item.href, ...item }))}
            />
          ) : null}
        </nav>
      )}
      <Shortcuts />
    </div>
  );
}

const placeClass =
  "flex h-14 min-w-0 flex-1 flex-col items-center justify-center gap-0.5 px-1 text-muted text-xs focus-visible:outline-offset-[-2px] [&>svg]:size-5";

function SideLink({ item, active, collapsed }: { item: NavItem; active: boolean; collapsed: boolean }) {
  const link = (
    <Link
      href={item.href}
      aria-current={active ? "page" : undefined}
      aria-label={collapsed ? item.label : undefined}
      className={cn(
        "flex h-8 items-center gap-2.5 rounded-md px-2.5 text-base [&>svg]:size-4 [&>svg]:shrink-0",
        active ? "bg-sunken font-medium text-text" : "text-muted hover:bg-hover hover:text-text",
      )}
    >
      {item.icon}
      {collapsed ? null : <span className="truncate">{item.label}</span>}
    </Link>
  );
  return collapsed ? (
    <Tooltip text={item.label} side="right">
      {link}
    </Tooltip>
  ) : (
    link
  );
}
