"use client";

import { Check, Copy } from "lucide-react";
import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { Button } from "./button";
import { IconButton } from "./icon-button";

/** Copies a text; with `children` a button with words, else an icon. */
export function CopyButton({
  text,
  label,
  children,
}: {
  text: string;
  label?: string;
  children?: React.ReactNode;
}) {
  const t = useTranslations("ui");
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2_000);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    await writeClipboard(text);
    setCopied(true);
  };
  const icon = copied ? <Check aria-hidden="true" className="text-ok" /> : <Copy aria-hidden="true" />;
  return (
    <>
      {children ? (
        <Button icon={icon} onClick={copy}>
          {children}
        </Button>
      ) : (
        <IconButton size="sm" label={copied ? t("copied") : (label ?? t("copy"))} onClick={copy}>
          {icon}
        </IconButton>
      )}
      <span role="status" className="sr-only">
        {copied ? t("copied") : ""}
      </span>
    </>
  );
}

// Campus servers are often reached over plain HTTP, where navigator.clipboard does not exist.
async function writeClipboard(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
