"use client";

import { ChevronRight } from "lucide-react";
import { useTranslations } from "next-intl";

/** The way from the home to a folder; each step goes there. */
export function FolderPath({ path, onGo }: { path: string; onGo: (path: string) => void }) {
  const t = useTranslations("homefiles");
  const parts = path.split("/").filter(Boolean);
  return (
    <nav aria-label={t("path")} className="min-w-0">
      <ol className="flex flex-wrap items-center gap-0.5 text-sm">
        {["", ...parts].map((part, depth) => {
          const target = parts.slice(0, depth).join("/");
          return (
            <li key={target} className="flex min-w-0 items-center gap-0.5">
              {depth > 0 ? (
                <ChevronRight aria-hidden="true" className="size-3.5 shrink-0 text-muted" />
              ) : null}
              <button
                type="button"
                aria-current={depth === parts.length ? "location" : undefined}
                onClick={() => onGo(target)}
                className="min-w-0 truncate rounded-sm px-1 hover:bg-hover pointer-coarse:min-h-10"
              >
                {depth === 0 ? t("home") : part}
              </button>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
