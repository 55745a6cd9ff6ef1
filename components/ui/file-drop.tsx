"use client";

import { Upload } from "lucide-react";
import { useTranslations } from "next-intl";
import { type ReactNode, useId, useState } from "react";
import { cn } from "./class-names";

/** Drop files on it, or press it to choose. Hands them on; sending them is the caller's work. */
export function FileDrop({
  onFiles,
  accept,
  multiple,
  hint,
  disabled,
  label,
}: {
  onFiles: (files: File[]) => void;
  accept?: string;
  multiple?: boolean;
  hint?: ReactNode;
  disabled?: boolean;
  label?: string;
}) {
  const t = useTranslations("ui.fileDrop");
  const id = useId();
  const [over, setOver] = useState(false);
  const give = (list: FileList | null) => {
    const files = [...(list ?? [])];
    if (files.length > 0 && !disabled) onFiles(multiple ? files : files.slice(0, 1));
  };
  return (
    <div className="relative">
      <input
        id={id}
        type="file"
        accept={accept}
        multiple={multiple}
        disabled={disabled}
        className="peer sr-only"
        onChange={(event) => {
          give(event.target.files);
          event.target.value = "";
        }}
      />
      <label
        htmlFor={id}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          give(event.dataTransfer.files);
        }}
        className={cn(
          "flex min-h-20 flex-col items-center justify-center gap-1 rounded-md border border-edge border-dashed px-4 py-3 text-center text-sm transition-colors hover:bg-hover",
          "peer-focus-visible:outline-2 peer-focus-visible:outline-accent peer-focus-visible:outline-offset-2 peer-disabled:cursor-not-allowed peer-disabled:opacity-50",
          over && "border-accent bg-accent-soft",
        )}
      >
        <span className="flex items-center gap-2 font-medium">
          <Upload aria-hidden="true" className="size-4 text-muted" />
          {label ?? (multiple ? t("many") : t("one"))}
        </span>
        {hint ? <span className="text-muted text-xs">{hint}</span> : null}
      </label>
    </div>
  );
}
