"use client";

import { Download, Printer } from "lucide-react";
import { useTranslations } from "next-intl";
import { useEffect, useState } from "react";
import { createPortal } from "react-dom";
import { csvText, saveCsv } from "@/components/data-table/csv";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { CopyButton } from "@/components/ui/copy-button";
import { Notice } from "@/components/ui/section";

/** What a new student needs for the first sign-in. */
export type Slip = { name: string; username: string; password: string };

/** One-time passwords, shown once: to be downloaded or printed and cut into slips. */
export function SlipsPanel({
  slips,
  className,
  signInUrl,
  onKept,
}: {
  slips: readonly Slip[];
  className: string;
  signInUrl: string;
  /** They were downloaded or printed. */
  onKept?: () => void;
}) {
  const t = useTranslations("courses");
  const download = () => {
    saveCsv(
      t("slips.fileName", { name: className }),
      csvText(
        [t("roster.username"), t("roster.name"), t("slips.password"), t("slips.address")],
        slips.map((slip) => [slip.username, slip.name, slip.password, signInUrl]),
      ),
    );
    onKept?.();
  };
  const print = () => {
    window.print();
    onKept?.();
  };
  return (
    <div className="flex flex-col gap-3">
      <Notice
        tone="warn"
        title={t("slips.once", { count: slips.length })}
        actions={
          <>
            <Button icon={<Printer aria-hidden="true" />} onClick={print}>
              {t("slips.print")}
            </Button>
            <Button variant="primary" icon={<Download aria-hidden="true" />} onClick={download}>
              {t("slips.download")}
            </Button>
          </>
        }
      >
        {t("slips.hint")}
      </Notice>
      <ul
        className={cn(
          "grid gap-px overflow-hidden rounded-md border border-border bg-border",
          slips.length > 1 && "sm:grid-cols-2",
        )}
      >
        {slips.map((slip) => (
          <li key={slip.username} className="flex min-w-0 items-center gap-3 bg-raised px-3 py-1.5">
            <span className="min-w-0 flex-1">
              <span className="block truncate">{slip.name}</span>
              <span className="tabular block truncate text-muted text-xs">{slip.username}</span>
            </span>
            <code className="font-mono text-base">{slip.password}</code>
            <CopyButton text={slip.password} label={t("slips.copy", { name: slip.name })} />
          </li>
        ))}
        {slips.length > 1 && slips.length % 2 === 1 ? <li className="hidden bg-raised sm:block" /> : null}
      </ul>
      <PrintedSlips slips={slips} className={className} signInUrl={signInUrl} />
    </div>
  );
}

/** On paper only, two columns on A4, with lines to cut along. */
function PrintedSlips({
  slips,
  className,
  signInUrl,
}: {
  slips: readonly Slip[];
  className: string;
  signInUrl: string;
}) {
  const t = useTranslations("courses");
  const [body, setBody] = useState<HTMLElement | null>(null);
  useEffect(() => setBody(document.body), []);
  if (!body) return null;
  return createPortal(
    <div data-print="only" className="hidden text-black print:block">
      <div className="grid grid-cols-2">
        {slips.map((slip) => (
          <div key={slip.username} className="break-inside-avoid border border-[#999] border-dashed p-4">
            <p className="font-semibold text-lg">
              {slip.name}
              <span className="ml-2 font-normal text-sm">{className}</span>
            </p>
            <dl className="mt-2 grid grid-cols-[max-content_1fr] gap-x-3 gap-y-1 text-sm">
              <dt>{t("slips.address")}</dt>
              <dd className="break-all">{signInUrl}</dd>
              <dt>{t("roster.username")}</dt>
              <dd className="font-mono text-base">{slip.username}</dd>
              <dt>{t("slips.password")}</dt>
              <dd className="font-mono text-base">{slip.password}</dd>
            </dl>
            <p className="mt-2 text-xs">{t("slips.first")}</p>
          </div>
        ))}
      </div>
    </div>,
    body,
  );
}
