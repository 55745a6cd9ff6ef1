"use client";

import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useErrorMessage } from "@/components/error-message";
import { Button, buttonClass } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { EmptyState } from "@/components/ui/empty-state";
import { Skeleton } from "@/components/ui/skeleton";
import { useBytes } from "@/lib/workspaces/components/bytes";
import { nameOf, type Preview } from "../schema";
import { download, fileUrl, previewOf, Refusal, viewUrl } from "./api";
import { csvHead } from "./csv-head";

const pictureBytes = 20 * 1024 ** 2;
const headOf = { rows: 100, columns: 30 };
const chosen = "aria-pressed:border-edge aria-pressed:bg-hover";

/** Looks into a file without running anything of it: text as text, pictures as pictures, the rest by its name. */
export function PreviewDialog({
  attemptId,
  path,
  onClose,
}: {
  attemptId: string;
  path: string;
  onClose: () => void;
}) {
  const t = useTranslations("homefiles");
  const message = useErrorMessage();
  const { data, error } = useQuery({
    queryKey: ["home-preview", attemptId, path],
    queryFn: ({ signal }) => previewOf(attemptId, path, signal),
    staleTime: 0,
    gcTime: 0,
    retry: false,
  });
  const save = () => download(fileUrl(attemptId, path));
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      size="lg"
      title={<span className="break-all">{nameOf(path)}</span>}
      footer={
        <Button icon={<Download aria-hidden="true" />} onClick={save}>
          {t("download")}
        </Button>
      }
    >
      {error ? (
        <EmptyState title={t("previewOf.failed")}>
          {message(error instanceof Refusal ? error.shown : { code: "unavailable", key: "unavailable" })}
        </EmptyState>
      ) : data ? (
        <Content preview={data} attemptId={attemptId} path={path} />
      ) : (
        <div aria-busy="true" className="flex flex-col gap-3">
          <span className="sr-only">{t("previewOf.loading")}</span>
          <Skeleton className="w-2/3" />
          <Skeleton className="w-1/2" />
          <Skeleton className="w-3/5" />
        </div>
      )}
    </Dialog>
  );
}

function Content({ preview, attemptId, path }: { preview: Preview; attemptId: string; path: string }) {
  const t = useTranslations("homefiles.previewOf");
  if (preview.kind === "text") return <TextPreview preview={preview} path={path} />;
  if (preview.kind === "picture" && preview.size <= pictureBytes)
    return (
      // biome-ignore lint/performance/noImgElement: bytes of a student, as they are.
      <img
        src={viewUrl(attemptId, path)}
        alt={nameOf(path)}
        className="mx-auto max-h-[60dvh] max-w-full object-contain"
      />
    );
  if (preview.kind === "pdf")
    return (
      <EmptyState
        title={t("pdf")}
        action={
          <a
            href={viewUrl(attemptId, path)}
            target="_blank"
            rel="noreferrer"
            className={buttonClass({ variant: "primary" })}
          >
            {t("openTab")}
          </a>
        }
      />
    );
  const why = preview.kind === "picture" ? "tooLarge" : preview.kind;
  return <EmptyState title={t(why)} />;
}

function TextPreview({ preview, path }: { preview: Extract<Preview, { kind: "text" }>; path: string }) {
  const t = useTranslations("homefiles.previewOf");
  const bytes = useBytes();
  const separator = /\.csv$/i.test(path) ? "," : /\.tsv$/i.test(path) ? "\t" : null;
  const [asTable, setAsTable] = useState(true);
  if (preview.size === 0) return <EmptyState title={t("empty")} />;
  const table =
    separator && asTable ? csvHead(preview.text, separator, { ...headOf, cut: preview.cut }) : null;
  return (
    <div className="flex flex-col gap-2">
      {separator ? (
        <fieldset className="flex gap-1">
          <legend className="sr-only">{t("view")}</legend>
          <Button size="sm" className={chosen} aria-pressed={asTable} onClick={() => setAsTable(true)}>
            {t("asTable")}
          </Button>
          <Button size="sm" className={chosen} aria-pressed={!asTable} onClick={() => setAsTable(false)}>
            {t("asText")}
          </Button>
        </fieldset>
      ) : null}
      <section
        aria-label={nameOf(path)}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached by keyboard.
        tabIndex={0}
        className="max-h-[56dvh] overflow-auto rounded-md border border-border bg-surface"
      >
        {table ? (
          <table className="tabular text-sm">
            <tbody>
              {table.cells.map((row, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: rows of a file have no other name.
                <tr key={index} className="border-border border-b">
                  {row.map((cell, column) => (
                    <td
                      // biome-ignore lint/suspicious/noArrayIndexKey: nor have its columns.
                      key={column}
                      className="max-w-60 truncate whitespace-pre border-border border-r px-2 py-1"
                    >
                      {cell}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        ) : (
          <pre className="whitespace-pre-wrap break-words p-3 font-mono text-sm">{preview.text}</pre>
        )}
      </section>
      <p className="text-muted text-xs">
        {[
          table?.more ? t("rows", headOf) : null,
          !table && preview.cut ? t("cut", { size: bytes(256 * 1024), total: bytes(preview.size) }) : null,
          preview.encoding === "utf-8" ? null : t("encoding", { encoding: preview.encoding.toUpperCase() }),
        ]
          .filter(Boolean)
          .join(" ")}
      </p>
    </div>
  );
}
