"use client";

import { Dialog } from "@base-ui/react/dialog";
import { Search } from "lucide-react";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { type KeyboardEvent as ReactKey, useEffect, useId, useState } from "react";
import { leaving } from "../leaving";
import { cn } from "../ui/class-names";
import { veilClass } from "../ui/dialog";
import { Kbd } from "../ui/kbd";
import type { NavGroup } from "./navigation";

/** Ctrl or ⌘ K: type where to go, Enter opens it. */
export function GoTo({ groups }: { groups: readonly NavGroup[] }) {
  const t = useTranslations("frame");
  const router = useRouter();
  const id = useId();
  const [open, setOpen] = useState(false);
  const [query, setQuery] = useState("");
  const [place, setPlace] = useState(0);

  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setOpen(true);
      }
    };
    window.addEventListener("keydown", keys);
    return () => window.removeEventListener("keydown", keys);
  }, []);

  const words = query.trim().toLowerCase();
  const found = groups
    .flatMap((group) => group.items.map((item) => ({ ...item, group: group.label })))
    .filter((item) => `${item.label} ${item.group} ${item.href}`.toLowerCase().includes(words));
  const at = Math.min(place, found.length - 1);
  const show = (next: boolean) => {
    setOpen(next);
    setQuery("");
    setPlace(0);
  };
  const go = (href: string | undefined) => {
    if (!href) return;
    show(false);
    leaving(() => router.push(href));
  };
  const keys = (event: ReactKey) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setPlace((at + step + found.length) % Math.max(1, found.length));
    }
    if (event.key === "Enter") {
      event.preventDefault();
      go(found[at]?.href);
    }
  };

  return (
    <Dialog.Root open={open} onOpenChange={show}>
      <Dialog.Trigger
        aria-label={t("search")}
        className="flex h-8 items-center gap-2 rounded-md px-2 text-muted hover:bg-hover sm:w-64 sm:border sm:border-border sm:bg-surface pointer-coarse:h-10 pointer-coarse:px-3"
      >
        <Search aria-hidden="true" className="size-4" />
        <span className="hidden flex-1 text-left text-sm sm:block">{t("search")}</span>
        <span className="hidden items-center gap-0.5 sm:flex pointer-coarse:hidden">
          <Kbd>Ctrl</Kbd>
          <Kbd>K</Kbd>
        </span>
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Backdrop className={veilClass} />
        <Dialog.Popup className="fixed top-[12dvh] left-1/2 z-40 w-[calc(100vw-2rem)] max-w-lg -translate-x-1/2 overflow-hidden rounded-md border border-border bg-raised text-text shadow-overlay outline-none transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0">
          <Dialog.Title className="sr-only">{t("search")}</Dialog.Title>
          <div className="flex items-center gap-2 border-border border-b px-3">
            <Search aria-hidden="true" className="size-4 text-muted" />
            <input
              role="combobox"
              aria-expanded="true"
              aria-controls={`${id}-list`}
              aria-activedescendant={found[at] ? `${id}-${at}` : undefined}
              aria-label={t("searchPlaceholder")}
              placeholder={t("searchPlaceholder")}
              autoComplete="off"
              value={query}
              onChange={(event) => {
                setQuery(event.target.value);
                setPlace(0);
              }}
              onKeyDown={keys}
              className="h-12 min-w-0 flex-1 bg-transparent text-lg outline-none"
            />
          </div>
          <div
            id={`${id}-list`}
            role="listbox"
            aria-label={t("search")}
            className="max-h-80 overflow-y-auto p-1"
          >
            {found.map((item, index) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are handled in the input, which keeps focus
              <div
                key={item.href}
                id={`${id}-${index}`}
                role="option"
                tabIndex={-1}
                aria-selected={index === at}
                onClick={() => go(item.href)}
                onPointerMove={() => setPlace(index)}
                className={cn(
                  "flex h-9 cursor-pointer items-center gap-2.5 rounded-sm px-2.5 pointer-coarse:h-11 [&>svg]:size-4 [&>svg]:text-muted",
                  index === at && "bg-hover",
                )}
              >
                {item.icon}
                <span className="flex-1">{item.label}</span>
                <span className="text-muted text-xs">{item.group}</span>
              </div>
            ))}
          </div>
          <p className="border-border border-t px-3 py-1.5 text-muted text-xs" aria-live="polite">
            {found.length === 0 ? t("searchEmpty", { query }) : t("searchHint")}
          </p>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
