"use client";

import { Toast as Base } from "@base-ui/react/toast";
import { CircleAlert, CircleCheck, Info, X } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";

type Kind = "ok" | "danger" | "info";
type ToastData = { kind: Kind };

const manager = Base.createToastManager<ToastData>();

/**
 * Says what just happened, from anywhere in the browser. With `undo` it stays 10 s and offers to take
 * it back. Errors stay until closed.
 */
export function toast({
  title,
  description,
  kind = "ok",
  undo,
}: {
  title: ReactNode;
  description?: ReactNode;
  kind?: Kind;
  undo?: { label: string; run: () => void };
}): string {
  const id = manager.add({
    title,
    description,
    data: { kind },
    priority: kind === "danger" ? "high" : "low",
    timeout: kind === "danger" ? 0 : undo ? 10_000 : 5_000,
    actionProps: undo
      ? {
          children: undo.label,
          onClick: () => {
            manager.close(id);
            undo.run();
          },
        }
      : undefined,
  });
  return id;
}

const icons: Record<Kind, ReactNode> = {
  ok: <CircleCheck aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-ok" />,
  danger: <CircleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-danger" />,
  info: <Info aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-info" />,
};

function List() {
  const t = useTranslations("ui");
  const { toasts } = Base.useToastManager<ToastData>();
  return toasts.map((item) => (
    <Base.Root
      key={item.id}
      toast={item}
      className="rounded-md border border-border bg-raised text-text shadow-overlay transition-opacity data-ending-style:opacity-0 data-limited:hidden data-starting-style:opacity-0"
    >
      <Base.Content className="flex items-start gap-2 p-3">
        {icons[item.data?.kind ?? "ok"]}
        <div className="min-w-0 flex-1">
          <Base.Title render={<p />} className="font-medium text-base" />
          <Base.Description className="text-muted text-sm" />
        </div>
        <Base.Action className="-my-1 h-8 shrink-0 rounded-md px-2 font-medium text-accent text-base hover:bg-accent-soft pointer-coarse:h-10" />
        <Base.Close
          aria-label={t("close")}
          className="-my-1 -mr-1 grid size-8 shrink-0 place-items-center rounded-md text-muted hover:bg-hover pointer-coarse:size-10"
        >
          <X aria-hidden="true" className="size-4" />
        </Base.Close>
      </Base.Content>
    </Base.Root>
  ));
}

export function Toaster() {
  return (
    <Base.Provider toastManager={manager} limit={4}>
      <Base.Portal>
        <Base.Viewport className="fixed inset-x-4 top-14 z-50 flex flex-col gap-2 sm:top-auto sm:right-4 sm:bottom-4 sm:left-auto sm:w-96">
          <List />
        </Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  );
}
