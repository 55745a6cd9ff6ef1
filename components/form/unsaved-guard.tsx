"use client";

import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { type ReactNode, useEffect, useState } from "react";
import { onLeaving } from "../leaving";
import { ConfirmDialog } from "../ui/confirm-dialog";

/** While `active`, asks before a link, a tab of the page, a reload or closing the window loses what was typed. */
export function UnsavedGuard({
  active,
  title,
  text,
  confirm,
}: {
  active: boolean;
  /** What would be lost, where it is not what was typed. */
  title?: ReactNode;
  text?: ReactNode;
  confirm?: ReactNode;
}) {
  const t = useTranslations("ui.form");
  const router = useRouter();
  const [target, setTarget] = useState<{ go: () => void } | null>(null);

  useEffect(() => {
    if (!active) return;
    const unload = (event: BeforeUnloadEvent) => event.preventDefault();
    const click = (event: globalThis.MouseEvent) => {
      if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey)
        return;
      const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
      if (!(link instanceof HTMLAnchorElement) || link.target === "_blank" || link.hasAttribute("download"))
        return;
      const url = new URL(link.href, location.href);
      if (url.origin !== location.origin || url.pathname === location.pathname) return;
      event.preventDefault();
      event.stopPropagation();
      setTarget({ go: () => router.push(url.pathname + url.search) });
    };
    window.addEventListener("beforeunload", unload);
    // In the capture phase: Next's links listen on the element itself.
    document.addEventListener("click", click, true);
    const stopAsking = onLeaving((go) => setTarget({ go }));
    return () => {
      stopAsking();
      window.removeEventListener("beforeunload", unload);
      document.removeEventListener("click", click, true);
    };
  }, [active, router]);

  return (
    <ConfirmDialog
      open={target !== null}
      onOpenChange={(open) => {
        if (!open) setTarget(null);
      }}
      title={title ?? t("unsavedTitle")}
      confirm={confirm ?? t("leave")}
      cancel={t("stay")}
      onConfirm={() => target?.go()}
    >
      {text ?? t("unsaved")}
    </ConfirmDialog>
  );
}
