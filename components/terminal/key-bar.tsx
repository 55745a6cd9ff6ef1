"use client";

import { ArrowDown, ArrowLeft, ArrowRight, ArrowUp, ClipboardPaste } from "lucide-react";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { cn } from "../ui/class-names";

/** Keys that a phone's keyboard lacks. Ctrl stays pressed for the next one. */
export function KeyBar({
  control,
  onControl,
  onKey,
  onArrow,
  onPaste,
}: {
  control: boolean;
  onControl: () => void;
  onKey: (text: string) => void;
  onArrow: (letter: "A" | "B" | "C" | "D") => void;
  onPaste: () => void;
}) {
  const t = useTranslations("ui.terminal");
  return (
    <div
      role="toolbar"
      aria-label={t("keys")}
      className="hidden shrink-0 gap-1 overflow-x-auto border-border border-t bg-surface px-1 py-1 pointer-coarse:flex"
    >
      <Key onPress={() => onKey("\u001b")}>Esc</Key>
      <Key onPress={() => onKey("\t")}>Tab</Key>
      <Key pressed={control} onPress={onControl}>
        Ctrl
      </Key>
      <Key label={t("left")} onPress={() => onArrow("D")}>
        <ArrowLeft aria-hidden="true" />
      </Key>
      <Key label={t("up")} onPress={() => onArrow("A")}>
        <ArrowUp aria-hidden="true" />
      </Key>
      <Key label={t("down")} onPress={() => onArrow("B")}>
        <ArrowDown aria-hidden="true" />
      </Key>
      <Key label={t("right")} onPress={() => onArrow("C")}>
        <ArrowRight aria-hidden="true" />
      </Key>
      <Key label={t("paste")} onPress={onPaste}>
        <ClipboardPaste aria-hidden="true" />
      </Key>
    </div>
  );
}

const Key = ({
  label,
  pressed,
  onPress,
  children,
}: {
  label?: string;
  pressed?: boolean;
  onPress: () => void;
  children: ReactNode;
}) => (
  <button
    type="button"
    aria-label={label}
    aria-pressed={pressed}
    // The phone's keyboard stays up: focus does not leave the terminal.
    onPointerDown={(event) => event.preventDefault()}
    onClick={onPress}
    className={cn(
      "grid h-10 min-w-10 shrink-0 grow place-items-center rounded-md border border-border bg-raised px-2 text-sm [&>svg]:size-4",
      pressed && "border-accent bg-accent-soft text-accent",
    )}
  >
    {children}
  </button>
);
