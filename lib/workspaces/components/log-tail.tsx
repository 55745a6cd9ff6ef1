"use client";

import { ChevronRight } from "lucide-react";
import { useTranslations } from "next-intl";
import { CopyButton } from "@/components/ui/copy-button";

/** The last lines that a workspace printed, closed until somebody looks for the cause. */
export function LogTail({ text }: { text: string }) {
  const t = useTranslations("workspaces.logs");
  if (!text.trim()) return null;
  return (
    <details className="group rounded-md border border-border bg-raised text-left">
      <summary className="flex min-h-9 list-none items-center gap-1 px-2 text-sm hover:bg-hover pointer-coarse:min-h-10 [&::-webkit-details-marker]:hidden">
        <ChevronRight
          aria-hidden="true"
          className="size-4 text-muted transition-transform group-open:rotate-90"
        />
        {t("title")}
      </summary>
      <div className="relative border-border border-t">
        <div className="absolute top-1 right-1">
          <CopyButton text={text} label={t("copy")} />
        </div>
        <pre
          // biome-ignore lint/a11y/noNoninteractiveTabindex: long text must be scrollable by keyboard
          tabIndex={0}
          className="max-h-72 overflow-auto whitespace-pre-wrap break-all px-3 py-2 pr-10 font-mono text-xs"
        >
          {text}
        </pre>
      </div>
    </details>
  );
}
