"use client";

import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { Dialog } from "../ui/dialog";
import { Kbd } from "../ui/kbd";

export type Shortcut = { keys: readonly string[]; label: string };

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** `?` lists the shortcuts, `/` goes to the search of the list on the page. */
export function Shortcuts({ more = [] }: { more?: readonly Shortcut[] }) {
  const t = useTranslations("frame");
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target))
        return;
      if (event.key === "?") {
        event.preventDefault();
        setOpen(true);
      }
      if (event.key === "/") {
        const box = document.querySelector<HTMLInputElement>("[data-search]");
        if (!box) return;
        event.preventDefault();
        box.focus();
      }
    };
    window.addEventListener("keydown", keys);
    return () => window.removeEventListener("keydown", keys);
  }, []);
  const list: Shortcut[] = [
    { keys: ["Ctrl", "K"], label: t("shortcutSearch") },
    { keys: ["/"], label: t("shortcutTable") },
    { keys: ["Ctrl", "Enter"], label: t("shortcutSubmit") },
    { keys: ["Esc"], label: t("shortcutClose") },
    { keys: ["?"], label: t("shortcutHelp") },
    ...more,
  ];
  return (
    <Dialog title={t("shortcuts")} open={open} onOpenChange={setOpen} size="sm">
      <dl className="flex flex-col">
        {list.map((item) => (
          <div key={item.label} className="flex min-h-9 items-center justify-between gap-4">
            <dt>{item.label}</dt>
            <dd className="flex items-center gap-1">
              {item.keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
