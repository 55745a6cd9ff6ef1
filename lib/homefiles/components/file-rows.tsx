"use client";

import {
  ArrowDown,
  ArrowUp,
  Download,
  File,
  FileCode,
  FileImage,
  FileSpreadsheet,
  FileText,
  Folder,
  FolderInput,
  MoreHorizontal,
  Pencil,
  Trash2,
} from "lucide-react";
import { useTranslations } from "next-intl";
import { type KeyboardEvent, type MouseEvent, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { CheckboxBox } from "@/components/ui/checkbox";
import { cn } from "@/components/ui/class-names";
import { IconButton } from "@/components/ui/icon-button";
import { Menu, type MenuEntry } from "@/components/ui/menu";
import { Time } from "@/components/ui/time";
import type { HomeEntry } from "@/lib/workspaces";
import { Bytes } from "@/lib/workspaces/components/bytes";
import { nameOf } from "../schema";
import type { Sort, SortKey } from "./sorted";

export type RowAct = "open" | "download" | "rename" | "move" | "delete";

const icons: [RegExp, typeof File][] = [
  [/\.(png|jpe?g|gif|webp|bmp|svg|tiff?)$/i, FileImage],
  [/\.(csv|tsv|xlsx?|parquet)$/i, FileSpreadsheet],
  [/\.(py|ipynb|js|ts|c|cc|cpp|h|java|sh|r|sql|json|html?|css|ya?ml|toml)$/i, FileCode],
  [/\.(txt|md|pdf|docx?|log|tex)$/i, FileText],
];

function KindIcon({ entry }: { entry: HomeEntry }) {
  if (entry.kind === "directory")
    return <Folder aria-hidden="true" className="size-4 shrink-0 text-accent" />;
  const Icon = icons.find(([ending]) => ending.test(entry.path))?.[1] ?? File;
  return <Icon aria-hidden="true" className="size-4 shrink-0 text-muted" />;
}

/** More rows come when they are asked for: a folder may hold thousands. */
const drawnAtFirst = 300;

/**
 * One folder as a grid: arrows walk, Space marks, Shift and Ctrl do what people know, Enter opens, F2 renames,
 * Delete deletes. Only the row that has the keyboard is in the order of Tab.
 */
export function FileRows({
  entries,
  selected,
  onSelect,
  sort,
  onSort,
  onAct,
  writable,
}: {
  entries: readonly HomeEntry[];
  selected: ReadonlySet<string>;
  onSelect: (selected: ReadonlySet<string>) => void;
  sort: Sort;
  onSort: (sort: Sort) => void;
  /** On one entry, or on everything that is marked when it is one of them. */
  onAct: (act: RowAct, entry: HomeEntry) => void;
  writable: boolean;
}) {
  const t = useTranslations("homefiles");
  const body = useRef<HTMLTableSectionElement>(null);
  const [at, setAt] = useState(0);
  const [anchor, setAnchor] = useState(0);
  const [drawn, setDrawn] = useState(drawnAtFirst);
  const active = Math.min(at, entries.length - 1);

  const go = (index: number) => {
    const to = Math.max(0, Math.min(entries.length - 1, index));
    if (to >= drawn) setDrawn(to + drawnAtFirst);
    setAt(to);
    // A row further down is drawn first.
    requestAnimationFrame(() => body.current?.querySelectorAll<HTMLElement>("tr")[to]?.focus());
    return to;
  };
  const range = (from: number, to: number) =>
    new Set(entries.slice(Math.min(from, to), Math.max(from, to) + 1).map(({ path }) => path));
  const toggle = (path: string) => {
    const next = new Set(selected);
    if (!next.delete(path)) next.add(path);
    onSelect(next);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const entry = entries[active];
    // Keys of the controls inside a row are theirs.
    if (!entry || event.defaultPrevented || !(event.target instanceof HTMLTableRowElement)) return;
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12 };
    const step = steps[event.key];
    const command = event.ctrlKey || event.metaKey;
    if (step !== undefined || event.key === "Home" || event.key === "End") {
      const to = go(step === undefined ? (event.key === "Home" ? 0 : entries.length - 1) : active + step);
      if (event.shiftKey) onSelect(range(anchor, to));
      else setAnchor(to);
    } else if (event.key === " ") {
      toggle(entry.path);
      setAnchor(active);
    } else if (event.key === "Enter") onAct("open", entry);
    else if (command && event.key.toLowerCase() === "a") onSelect(range(0, entries.length - 1));
    else if (event.key === "F2" && writable) onAct("rename", entry);
    else if (event.key === "Delete" && writable) onAct("delete", entry);
    else if (event.key === "Escape" && selected.size > 0) onSelect(new Set());
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const onRowClick = (event: MouseEvent, index: number, path: string) => {
    if ((event.target as HTMLElement).closest("button, a, input, [role=menu]")) return;
    setAt(index);
    if (event.shiftKey) onSelect(range(anchor, index));
    else {
      toggle(path);
      setAnchor(index);
    }
  };

  const head = (by: SortKey, label: string, className: string) => (
    <th
      scope="col"
      aria-sort={sort.by === by ? (sort.down ? "descending" : "ascending") : "none"}
      className={cn("p-0 text-left font-normal", className)}
    >
      <button
        type="button"
        onClick={() => onSort({ by, down: sort.by === by ? !sort.down : by !== "name" })}
        className="inline-flex min-h-8 items-center gap-0.5 rounded-sm px-1 text-muted text-xs hover:text-text pointer-coarse:min-h-10"
      >
        <span className="sr-only">{t("sortBy", { what: label })}</span>
        <span aria-hidden="true">{label}</span>
        {sort.by !== by ? null : sort.down ? (
          <ArrowDown aria-hidden="true" className="size-3" />
        ) : (
          <ArrowUp aria-hidden="true" className="size-3" />
        )}
      </button>
    </th>
  );
  const all = selected.size > 0 && selected.size === entries.length;
  return (
    <>
      <table
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: the grid pattern on the elements of a table.
        role="grid"
        aria-label={t("list")}
        aria-multiselectable="true"
        aria-rowcount={entries.length + 1}
        className="w-full table-fixed text-sm"
      >
        <thead>
          <tr className="border-border border-b">
            <th scope="col" className="w-9 pl-3">
              <CheckboxBox
                aria-label={t("selectAll")}
                checked={all}
                indeterminate={selected.size > 0 && !all}
                onChange={() => onSelect(all ? new Set() : range(0, entries.length - 1))}
              />
            </th>
            {head("name", t("name"), "")}
            {head("size", t("size"), "w-18")}
            {head("modified", t("modified"), "hidden w-26 sm:table-cell")}
            <th scope="col" className="w-9">
              <span className="sr-only">{t("actions", { name: "" })}</span>
            </th>
          </tr>
        </thead>
        <tbody ref={body} onKeyDown={onKeyDown}>
          {entries.slice(0, drawn).map((entry, index) => {
            const name = nameOf(entry.path);
            const isSelected = selected.has(entry.path);
            const tabIndex = index === active ? 0 : -1;
            const acts: MenuEntry[] = [
              ...(entry.kind === "file"
                ? [
                    {
                      label: t("preview"),
                      icon: <FileText aria-hidden="true" />,
                      onSelect: () => onAct("open", entry),
                    },
                  ]
                : []),
              {
                label: t(entry.kind === "file" ? "download" : "downloadZip"),
                icon: <Download aria-hidden="true" />,
                onSelect: () => onAct("download", entry),
              },
              ...(writable
                ? ([
                    {
                      label: t("rename"),
                      icon: <Pencil aria-hidden="true" />,
                      hint: "F2",
                      onSelect: () => onAct("rename", entry),
                    },
                    {
                      label: t("move"),
                      icon: <FolderInput aria-hidden="true" />,
                      onSelect: () => onAct("move", entry),
                    },
                    "separator",
                    {
                      label: t("delete"),
                      icon: <Trash2 aria-hidden="true" />,
                      hint: "Delete",
                      danger: true,
                      onSelect: () => onAct("delete", entry),
                    },
                  ] satisfies MenuEntry[])
                : []),
            ];
            return (
              <tr
                key={entry.path}
                aria-selected={isSelected}
                aria-rowindex={index + 2}
                tabIndex={tabIndex}
                onFocus={(event) => event.target === event.currentTarget && setAt(index)}
                onClick={(event) => onRowClick(event, index, entry.path)}
                className={cn(
                  "h-9 outline-none hover:bg-hover focus-visible:outline-2 focus-visible:outline-accent focus-visible:-outline-offset-2 pointer-coarse:h-11",
                  isSelected && "bg-accent-soft hover:bg-accent-soft",
                )}
              >
                <td className="pl-3">
                  <CheckboxBox
                    tabIndex={tabIndex}
                    aria-label={t("select", { name })}
                    checked={isSelected}
                    onChange={() => {
                      toggle(entry.path);
                      setAnchor(index);
                    }}
                  />
                </td>
                <td className="min-w-0">
                  <button
                    type="button"
                    tabIndex={tabIndex}
                    title={name}
                    onClick={() => onAct("open", entry)}
                    className="flex min-h-8 max-w-full items-center gap-2 rounded-sm px-1 text-left hover:underline pointer-coarse:min-h-11"
                  >
                    <KindIcon entry={entry} />
                    <span className="min-w-0 truncate">{name}</span>
                  </button>
                </td>
                <td className="px-1 text-muted text-xs">
                  {entry.kind === "file" ? <Bytes value={entry.size} /> : null}
                </td>
                <td className="hidden truncate px-1 text-muted text-xs sm:table-cell">
                  <Time at={entry.modifiedAt} />
                </td>
                <td>
                  <Menu
                    trigger={
                      <IconButton size="sm" tabIndex={tabIndex} label={t("actions", { name })}>
                        <MoreHorizontal aria-hidden="true" />
                      </IconButton>
                    }
                    entries={acts}
                  />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {entries.length > drawn ? (
        <div className="p-2 text-center">
          <Button size="sm" variant="ghost" onClick={() => setDrawn(drawn + drawnAtFirst)}>
            {t("showMore", { count: entries.length - drawn })}
          </Button>
        </div>
      ) : null}
    </>
  );
}
