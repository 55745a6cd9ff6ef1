"use client";

import { useTranslations } from "next-intl";
import { DataTable } from "@/components/data-table/data-table";
import { Button, ButtonLink } from "@/components/ui/button";
import { Notice } from "@/components/ui/section";
import type { ImportedLine } from "../import-roster";
import { LineBadge, useLineText } from "./line-status";
import { SlipsPanel } from "./slips";

/** What became of every line, and the one-time passwords of the new accounts. */
export function ImportResult({
  results,
  stopped,
  classId,
  className,
  signInUrl,
  onKept,
  onAgain,
}: {
  results: readonly ImportedLine[];
  /** Something failed on the way; what is here was done. */
  stopped: boolean;
  classId: string;
  className: string;
  signInUrl: string;
  onKept: () => void;
  onAgain: () => void;
}) {
  const t = useTranslations("courses");
  const text = useLineText();
  const count = (...statuses: ImportedLine["status"][]) =>
    results.filter((line) => statuses.includes(line.status)).length;
  const slips = results.flatMap((line) =>
    line.status === "created" ? [{ name: line.name, username: line.username, password: line.password }] : [],
  );
  const rest = results.filter((line) => line.status === "invalid" || line.status === "duplicate");
  return (
    <div className="flex flex-col gap-4">
      <Notice
        tone={stopped ? "danger" : "ok"}
        role="status"
        title={stopped ? t("import.stopped") : t("import.done", { count: count("created", "added") })}
        actions={
          <>
            <Button onClick={onAgain}>{stopped ? t("import.again") : t("import.more")}</Button>
            <ButtonLink
              href={`/teach/classes/${classId}`}
              variant={slips.length > 0 ? "secondary" : "primary"}
            >
              {t("import.toClass")}
            </ButtonLink>
          </>
        }
      >
        {t("import.doneDetail", {
          created: count("created"),
          added: count("added"),
          renamed: count("renamed"),
          enrolled: count("enrolled"),
          skipped: rest.length,
        })}
      </Notice>
      {slips.length > 0 ? (
        <SlipsPanel slips={slips} className={className} signInUrl={signInUrl} onKept={onKept} />
      ) : null}
      {rest.length > 0 ? (
        <section className="flex flex-col gap-2">
          <h2 className="font-semibold text-base">{t("import.skippedTitle", { count: rest.length })}</h2>
          <DataTable
            label={t("import.skippedTitle", { count: rest.length })}
            rows={rest}
            rowKey={(line) => String(line.line)}
            exportCsv={t("import.skippedFile", { name: className })}
            columns={[
              {
                key: "line",
                header: t("import.line"),
                align: "end",
                width: "w-16",
                cell: (line) => line.line,
                csv: (line) => line.line,
                phone: "hidden",
              },
              {
                key: "number",
                header: t("roster.number"),
                cell: (line) => line.number,
                csv: (line) => line.number,
              },
              {
                key: "name",
                header: t("roster.name"),
                cell: (line) => line.name,
                csv: (line) => line.name,
                phone: "title",
              },
              {
                key: "status",
                header: t("import.result"),
                cell: (line) => <LineBadge line={line} />,
                phone: "trail",
              },
              { key: "why", header: t("import.why"), cell: text, csv: text },
            ]}
            empty={null}
          />
        </section>
      ) : null}
    </div>
  );
}
