import type { ReactNode } from "react";

export type NavItem = {
  href: string;
  label: string;
  icon: ReactNode;
  /** Another beginning of paths that belong to this place. */
  also?: string;
};
export type NavGroup = { key: string; label: string; items: readonly NavItem[] };

/** Whether the side navigation is slim: read by the server, so the first paint has the right width. */
export const collapsedCookie = "labyard-navigation";

/** The item whose address is the longest beginning of the path. */
export function activeItem(groups: readonly NavGroup[], path: string): string | undefined {
  const within = (start: string | undefined) =>
    start !== undefined && (path === start || path.startsWith(`${start}/`));
  return groups
    .flatMap((group) => group.items)
    .filter((item) => within(item.href) || within(item.also))
    .map((item) => item.href)
    .sort((a, b) => b.length - a.length)[0];
}
