"use client";

import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactElement, ReactNode } from "react";
import { cn } from "./class-names";

export type DialogProps = {
  title: ReactNode;
  description?: ReactNode;
  /** A button that opens it; or control it by `open`. */
  trigger?: ReactElement<Record<string, unknown>>;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  size?: "sm" | "md" | "lg";
  /** Buttons at the foot, the main one last. */
  footer?: ReactNode;
  children?: ReactNode;
};

const widths = { sm: "sm:max-w-sm", md: "sm:max-w-lg", lg: "sm:max-w-3xl" };

export const veilClass =
  "fixed inset-0 z-40 bg-veil transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0";

export const dialogClass = (size: keyof typeof widths) =>
  cn(
    "fixed inset-x-0 bottom-0 z-40 flex max-h-[92dvh] w-full flex-col rounded-t-md border border-border bg-raised text-text shadow-overlay outline-none transition-[opacity,transform] data-ending-style:opacity-0 data-starting-style:opacity-0",
    "sm:inset-x-auto sm:top-[12dvh] sm:bottom-auto sm:left-1/2 sm:max-h-[80dvh] sm:-translate-x-1/2 sm:rounded-md sm:data-ending-style:scale-[0.98] sm:data-starting-style:scale-[0.98]",
    widths[size],
  );

/** A sheet at the bottom on phones, a window elsewhere. Esc closes it and gives focus back. */
export function Dialog({
  title,
  description,
  trigger,
  open,
  onOpenChange,
  size = "md",
  footer,
  children,
}: DialogProps) {
  const t = useTranslations("ui");
  return (
    <Base.Root open={open} onOpenChange={onOpenChange}>
      {trigger ? <Base.Trigger render={trigger} /> : null}
      <Base.Portal>
        <Base.Backdrop className={veilClass} />
        <Base.Popup className={dialogClass(size)}>
          <header className="flex items-start gap-3 pt-3 pr-12 pb-2 pl-4">
            <div className="min-w-0 flex-1">
              <Base.Title className="font-semibold text-lg">{title}</Base.Title>
              {description ? (
                <Base.Description className="mt-0.5 text-muted text-sm">{description}</Base.Description>
              ) : null}
            </div>
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-4 pt-1 pb-4">{children}</div>
          {footer ? (
            <footer className="flex flex-wrap justify-end gap-2 border-border border-t px-4 py-3">
              {footer}
            </footer>
          ) : null}
          {/* Last, so that focus starts in the content. */}
          <Base.Close
            aria-label={t("close")}
            className="absolute top-2 right-2 grid size-8 place-items-center rounded-md text-muted hover:bg-hover pointer-coarse:size-10"
          >
            <X aria-hidden="true" className="size-4" />
          </Base.Close>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
