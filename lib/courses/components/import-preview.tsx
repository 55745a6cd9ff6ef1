"use client";

import { useTranslations } from "next-intl";
import { useMemo, useState } from "react";
import type { Filter } from "@/components/data-table/columns";
import { DataTable } from "@/components/data-table/data-table";
import { Button } from "@/components/ui/button";
import { Checkbox } from "@/components/ui/checkbox";
import { Notice } from "@/components/ui/section";
import type { RosterVerdict } from "../judge-rows";
import { LineBadge, useLineText } from "./line-status";

const statuses = ["new", "existing", "enrolled", "duplicate", "invalid"] as const;

const rank = (line: RosterVerdict) => (line.status === "invalid" ? 0 : line.status === "duplicate" ? 1 : 2);

/** What an import would do, line by line, before anything is done. */
export function ImportPreview({
  lines,
  onImport,
}: {
  lines: readonly RosterVerdict[];
  onImport: (updateNames: boolean) => void;
}) {
  const t = useTranslations("courses");
  const text = useLineText();
  const [updateNames, setUpdateNames] = useState(false);
  const count = (status: RosterVerdict["status"]) => lines.filter((line) => line.status === status).length;
  const entering = count("new") + count("existing");
  const skipped = count("duplicate") + count("invalid");
  // What needs a look comes first; the head of the column brings the order of the file back.
  const sorted = useMemo(() => lines.toSorted((a, b) => rank(a) - rank(b)), [lines]);
  const renamed = lines.filter((line) => line.status === "enrolled" && line.systemName).length;
  const work = entering + (updateNames ? renamed : 0);
  const filters = useMemo<Filter<RosterVerdict>[]>(
    () => [
      {
        key: "status",
        label: t("import.result"),
        options: statuses
          .filter((status) => lines.some((line) => line.status === status))
          .map((status) => ({ value: status, label: t(`import.status.${status}`) })),
        match: (line, value) => line.status === value,
      },
    ],
    [lines, t],
  );
  return (
    <>
      <Notice
        tone={skipped > 0 ? "warn" : "info"}
        title={t("import.summary", { entering, fresh: count("new"), existing: count("existing") })}
        actions={
          <Button variant="primary" disabled={work === 0} onClick={() => onImport(updateNames)}>
            {work === 0
              ? t("import.nothingToDo")
              : entering > 0
                ? t("import.run", { count: entering })
                : t("import.runNames", { count: renamed })}
          </Button>
        }
      >
        <ul className="list-disc pl-4">
          {count("enrolled") > 0 ? (
            <li>{t("import.summaryEnrolled", { count: count("enrolled") })}</li>
          ) : null}
          {skipped > 0 ? <li>{t("import.summarySkipped", { count: skipped })}</li> : null}
        </ul>
        {renamed > 0 ? (
          <Checkbox
            className="mt-2"
            label={t("import.updateNames", { count: renamed })}
            help={t("import.updateNamesHelp")}
            checked={updateNames}
            onChange={(event) => setUpdateNames(event.target.checked)}
          />
        ) : null}
      </Notice>
      <DataTable
        label={t("import.previewTitle")}
        rows={sorted}
        rowKey={(line) => String(line.line)}
        search={(line) => `${line.number} ${line.name}`}
        searchPlaceholder={t("roster.search")}
        filters={filters}
        columns={[
          {
            key: "line",
            header: t("import.line"),
            align: "end",
            width: "w-16",
            cell: (line) => <span className="text-muted">{line.line}</span>,
            sort: (line) => line.line,
            phone: "hidden",
          },
          {
            key: "number",
            header: t("roster.number"),
            cell: (line) => <span className="tabular">{line.number}</span>,
            sort: (line) => line.number,
          },
          {
            key: "name",
            header: t("roster.name"),
            cell: (line) => line.name,
            sort: (line) => line.name,
            phone: "title",
          },
          {
            key: "status",
            header: t("import.result"),
            cell: (line) => <LineBadge line={line} />,
            sort: (line) => statuses.indexOf(line.status),
            phone: "trail",
          },
          {
            key: "why",
            header: t("import.why"),
            width: "min-w-64",
            cell: (line) => <span className="whitespace-normal text-muted text-sm">{text(line)}</span>,
          },
        ]}
        empty={null}
      />
    </>
  );
}
