"use client";

import { Menu as Base } from "@base-ui/react/menu";
import { Check } from "lucide-react";
import Link from "next/link";
import { type ReactElement, type ReactNode, type Ref, type RefObject, useRef } from "react";
import { cn } from "./class-names";

export type MenuEntry =
  | "separator"
  | {
      key?: string;
      label: ReactNode;
      icon?: ReactNode;
      /** On the right: a shortcut or a value. */
      hint?: ReactNode;
      onSelect?: () => void;
      href?: string;
      danger?: boolean;
      disabled?: boolean;
      /** Shows a tick: one of several choices. */
      checked?: boolean;
    };

type PopupProps = {
  anchor?: HTMLElement;
  entries: readonly MenuEntry[];
  header?: ReactNode;
  align?: "start" | "center" | "end";
  side?: "top" | "bottom" | "left" | "right";
  /** Where the focus goes when it closes; as a rule back to the trigger. */
  finalFocus?: RefObject<HTMLElement | null>;
};

export type MenuProps = Omit<PopupProps, "anchor"> & { trigger: ReactElement<Record<string, unknown>> };

const itemClass = (danger?: boolean) =>
  cn(
    "mx-1 flex min-h-8 cursor-default select-none items-center gap-2 rounded-sm px-2 text-base outline-none pointer-coarse:min-h-10 [&>svg]:size-4 [&>svg]:shrink-0",
    "data-highlighted:bg-hover data-disabled:opacity-50",
    danger ? "text-danger data-highlighted:bg-danger-soft" : "text-text [&>svg]:text-muted",
  );

export function Menu({ trigger, ...popup }: MenuProps) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Popup {...popup} />
    </Base.Root>
  );
}

/** A menu at any element, for many that share one. Who opens it says so on the element: `aria-haspopup`. */
export function MenuAt({
  open,
  onOpenChange,
  byKey,
  ...popup
}: PopupProps & {
  anchor: HTMLElement;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** Opened from the keyboard: the first entry has the focus. */
  byKey: boolean;
}) {
  const list = useRef<HTMLDivElement>(null);
  return (
    <Base.Root
      open={open}
      onOpenChange={onOpenChange}
      onOpenChangeComplete={(shown) => {
        if (shown && byKey) list.current?.querySelector<HTMLElement>("[role=menuitem]")?.focus();
      }}
    >
      <Popup {...popup} list={list} />
    </Base.Root>
  );
}

function Popup({
  anchor,
  list,
  entries,
  header,
  align = "end",
  side = "bottom",
  finalFocus,
}: PopupProps & { list?: Ref<HTMLDivElement> }) {
  const choices = entries.some((entry) => entry !== "separator" && entry.checked !== undefined);
  return (
    <Base.Portal>
      <Base.Positioner anchor={anchor} sideOffset={4} align={align} side={side} className="z-50 outline-none">
        <Base.Popup
          ref={list}
          finalFocus={anchor ? { current: anchor } : finalFocus}
          className="max-h-[var(--available-height)] min-w-44 max-w-80 overflow-y-auto rounded-md border border-border bg-raised py-1 text-text shadow-overlay outline-none transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0"
        >
          {header ? <div className="border-border border-b px-3 pt-1 pb-2">{header}</div> : null}
          {entries.map((entry, index) => {
            if (entry === "separator")
              // biome-ignore lint/suspicious/noArrayIndexKey: separators have no identity of their own
              return <Base.Separator key={index} className="my-1 h-px bg-border" />;
            const content = (
              <>
                {entry.icon}
                <span className="min-w-0 flex-1 truncate">{entry.label}</span>
                {entry.hint ? <span className="text-muted text-xs">{entry.hint}</span> : null}
                {choices ? (
                  <Check aria-hidden="true" className={entry.checked ? "opacity-100" : "opacity-0"} />
                ) : null}
              </>
            );
            const key = entry.key ?? index;
            if (entry.href && !entry.disabled) {
              return (
                <Base.LinkItem
                  key={key}
                  closeOnClick
                  render={<Link href={entry.href} />}
                  className={itemClass(entry.danger)}
                >
                  {content}
                </Base.LinkItem>
              );
            }
            return (
              <Base.Item
                key={key}
                disabled={entry.disabled}
                onClick={entry.onSelect}
                className={itemClass(entry.danger)}
                aria-current={entry.checked ? true : undefined}
              >
                {content}
              </Base.Item>
            );
          })}
        </Base.Popup>
      </Base.Positioner>
    </Base.Portal>
  );
}
