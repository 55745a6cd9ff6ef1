import { ChevronRight } from "lucide-react";
import Link from "next/link";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";

export type Crumb = { label: ReactNode; href: string };

/** The h1 of a page, where it is, and what can be done with the whole of it. */
export function PageHeader({
  title,
  breadcrumbs = [],
  badges,
  description,
  actions,
}: {
  title: ReactNode;
  /** The way here, without the page itself. */
  breadcrumbs?: readonly Crumb[];
  badges?: ReactNode;
  description?: ReactNode;
  /** The main one last. */
  actions?: ReactNode;
}) {
  const t = useTranslations("ui");
  return (
    <header className="mb-4 flex flex-wrap items-end gap-x-4 gap-y-2">
      <div className="min-w-0 flex-1 basis-64">
        {breadcrumbs.length > 0 ? (
          <nav aria-label={t("breadcrumbs")}>
            <ol className="flex flex-wrap items-center gap-1 text-muted text-sm">
              {breadcrumbs.map((crumb, index) => (
                <li key={crumb.href} className="flex items-center gap-1">
                  {index > 0 ? <ChevronRight aria-hidden="true" className="size-3.5" /> : null}
                  <Link href={crumb.href} className="rounded-sm hover:text-text hover:underline">
                    {crumb.label}
                  </Link>
                </li>
              ))}
            </ol>
          </nav>
        ) : null}
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <h1 className="min-w-0 break-words font-semibold text-xl">{title}</h1>
          {badges}
        </div>
        {description ? <p className="text-muted text-sm">{description}</p> : null}
      </div>
      {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
    </header>
  );
}
