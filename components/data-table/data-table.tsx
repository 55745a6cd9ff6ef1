"use client";

import { ArrowDown, ArrowUp, ChevronDown, Columns3, Download, MoreHorizontal, Search, X } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { parseAsString, useQueryStates } from "nuqs";
import { type MouseEvent, useCallback, useMemo, useState } from "react";
import { Button } from "../ui/button";
import { CheckboxBox } from "../ui/checkbox";
import { cn } from "../ui/class-names";
import { EmptyState } from "../ui/empty-state";
import { IconButton } from "../ui/icon-button";
import { controlClass } from "../ui/input";
import { Menu } from "../ui/menu";
import type { Column, DataTableProps, Filter } from "./columns";
import { csvText, saveCsv } from "./csv";
import { sortRows } from "./sort-rows";

/** Rows with everything people need to find and act on them; a list of two-line rows on phones. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, rowKey, columns, rowHref, rowMenu, bulk, filters = [], prefix = "", more } = props;
  const t = useTranslations("ui.table");
  const router = useRouter();
  const name = (row: Row, index: number) => props.rowName?.(row) ?? t("rowLabel", { index: index + 1 });

  const serverSide = props.search === "server" || filters.some((filter) => !filter.match);
  const keys = useMemo(
    () =>
      Object.fromEntries(
        [`${prefix}q`, `${prefix}sort`, ...filters.map((filter) => prefix + filter.key)].map((key) => [
          key,
          parseAsString.withDefault(""),
        ]),
      ),
    [prefix, filters],
  );
  const [query, setQuery] = useQueryStates(keys, {
    shallow: !serverSide,
    throttleMs: serverSide ? 300 : 50,
    history: "replace",
    clearOnDefault: true,
  });
  const q = query[`${prefix}q`] ?? "";
  const sort = query[`${prefix}sort`] || (props.defaultSort ? sortWord(props.defaultSort) : "");
  const sortKey = sort.replace(/^-/, "");
  const direction = sort.startsWith("-") ? "desc" : "asc";

  const [loaded, setLoaded] = useState<{ asked: string; rows: Row[]; cursor: string | null } | null>(null);
  const [loading, setLoading] = useState(false);
  // A live refresh keeps what was loaded, as long as the first page still ends where it did.
  const asked = `${more?.cursor ?? ""} ${serverSide ? JSON.stringify(query) : ""}`;
  const current = loaded?.asked === asked ? loaded : null;
  const all = useMemo(() => {
    if (!current) return props.rows;
    const first = new Set(props.rows.map(rowKey));
    return [...props.rows, ...current.rows.filter((row) => !first.has(rowKey(row)))];
  }, [current, props.rows, rowKey]);
  const cursor = current ? current.cursor : (more?.cursor ?? null);

  const shown = useMemo(() => {
    const words = typeof props.search === "function" ? q.toLowerCase().split(/\s+/).filter(Boolean) : [];
    const text = props.search;
    let rows = all.filter((row) => {
      if (words.length > 0 && typeof text === "function") {
        const hay = text(row).toLowerCase();
        if (!words.every((word) => hay.includes(word))) return false;
      }
      return filters.every((filter) => {
        const value = query[prefix + filter.key];
        return !value || !filter.match || filter.match(row, value);
      });
    });
    const column = columns.find((candidate) => candidate.key === sortKey);
    if (column?.sort) rows = sortRows(rows, column.sort, direction);
    return rows;
  }, [all, q, query, filters, prefix, columns, sortKey, direction, props.search]);

  const [hiddenKeys, setHiddenKeys] = useState<ReadonlySet<string>>(
    () => new Set(columns.filter((column) => column.hidden).map((column) => column.key)),
  );
  const visible = columns.filter((column) => !hiddenKeys.has(column.key));

  const [selectedKeys, setSelected] = useState<ReadonlySet<string>>(new Set());
  const selected = bulk ? shown.filter((row) => selectedKeys.has(rowKey(row))) : [];
  const clear = useCallback(() => setSelected(new Set()), []);
  const toggle = (row: Row) => {
    const next = new Set(selectedKeys);
    const key = rowKey(row);
    if (!next.delete(key)) next.add(key);
    setSelected(next);
  };

  const filtering = q !== "" || filters.some((filter) => query[prefix + filter.key]);
  const clearAll = () =>
    void setQuery(
      Object.fromEntries([`${prefix}q`, ...filters.map((f) => prefix + f.key)].map((key) => [key, null])),
    );
  const sortBy = (column: Column<Row>) => {
    const next = sortKey === column.key && direction === "asc" ? "desc" : "asc";
    void setQuery({ [`${prefix}sort`]: sortWord({ key: column.key, direction: next }) });
  };
  const exportRows = () => {
    if (typeof props.exportCsv === "function") return props.exportCsv();
    const out = columns.filter((column) => column.csv ?? column.sort);
    const rows = shown.map((row) => out.map((column) => (column.csv ?? column.sort)?.(row)));
    saveCsv(
      props.exportCsv ?? label,
      csvText(
        out.map((column) => column.header),
        rows,
      ),
    );
  };
  const loadMore = async () => {
    if (!more || cursor === null || loading) return;
    setLoading(true);
    try {
      const next = await more.load(cursor);
      setLoaded({ asked, rows: [...(current?.rows ?? []), ...next.rows], cursor: next.cursor });
    } finally {
      setLoading(false);
    }
  };
  // The row is a bigger target for its link; what is pressed inside keeps its own meaning.
  const openRow = (event: MouseEvent, href: string | undefined) => {
    if (!href || (event.target as HTMLElement).closest("a,button,input,label,[role=menuitem],[role=menu]"))
      return;
    if (window.getSelection()?.toString()) return;
    if (event.metaKey || event.ctrlKey) window.open(href, "_blank", "noopener");
    else router.push(href);
  };

  const hideable = columns.filter((column) => column.hideable !== false && column.phone !== "title").slice(1);
  const hasTools = Boolean(props.search || filters.length > 0 || props.exportCsv || props.actions);
  const nothing = all.length === 0 && !filtering;
  const selecting = selected.length > 0;
  const allSelected = selected.length > 0 && selected.length === shown.length;

  return (
    <section
      aria-label={label}
      className={cn(
        "@container flex min-w-0 flex-col gap-2",
        selecting ? "[--head-top:88px]" : "[--head-top:48px]",
      )}
    >
      {/* The bar of a selection takes the place of the tools: nothing moves. */}
      <div className={cn("grid", selecting && "sticky top-12 z-20 -my-1 bg-surface py-1")}>
        {hasTools && !(nothing && !props.actions) ? (
          <div
            className={cn("flex flex-wrap items-center gap-2 [grid-area:1/1]", selecting && "invisible")}
            data-print="hide"
          >
            {props.search && !nothing ? (
              <SearchBox
                value={q}
                placeholder={props.searchPlaceholder ?? t("search")}
                clearLabel={t("clearSearch")}
                onChange={(value) => void setQuery({ [`${prefix}q`]: value || null })}
              />
            ) : null}
            {nothing
              ? null
              : filters.map((filter) => (
                  <FilterChip
                    key={filter.key}
                    filter={filter}
                    value={query[prefix + filter.key] ?? ""}
                    onChange={(value) => void setQuery({ [prefix + filter.key]: value || null })}
                  />
                ))}
            {filtering ? (
              <Button variant="ghost" size="sm" onClick={clearAll}>
                {t("clearFilters")}
              </Button>
            ) : null}
            {/* Together, so that on a phone the action does not stand alone in a line of its own. */}
            <div className="ml-auto flex flex-wrap items-center justify-end gap-2">
              <span className="tabular text-muted text-sm" aria-live="polite">
                {nothing
                  ? ""
                  : shown.length < (props.total ?? all.length)
                    ? t("countOf", { shown: shown.length, total: props.total ?? all.length })
                    : t("count", { count: shown.length })}
              </span>
              {nothing || hideable.length === 0 ? null : (
                <div className="hidden @2xl:block">
                  <Menu
                    trigger={
                      <IconButton label={t("columns")}>
                        <Columns3 aria-hidden="true" />
                      </IconButton>
                    }
                    entries={hideable.map((column) => ({
                      key: column.key,
                      label: column.header,
                      checked: !hiddenKeys.has(column.key),
                      onSelect: () => {
                        const next = new Set(hiddenKeys);
                        if (!next.delete(column.key)) next.add(column.key);
                        setHiddenKeys(next);
                      },
                    }))}
                  />
                </div>
              )}
              {props.exportCsv && !nothing ? (
                <IconButton label={t("export")} onClick={exportRows} className="hidden @2xl:inline-flex">
                  <Download aria-hidden="true" />
                </IconButton>
              ) : null}
              {props.actions}
            </div>
          </div>
        ) : null}
        {bulk && selecting ? (
          <div className="flex min-h-8 flex-wrap items-center gap-2 self-start rounded-md bg-accent-soft pr-1 pl-3 outline outline-accent [grid-area:1/1]">
            <span className="tabular font-medium" aria-live="polite">
              {t("selected", { count: selected.length })}
            </span>
            <div className="ml-auto flex flex-wrap items-center gap-2">{bulk(selected, clear)}</div>
            <IconButton label={t("clearSelection")} onClick={clear}>
              <X aria-hidden="true" />
            </IconButton>
          </div>
        ) : null}
      </div>

      <div className="rounded-md border border-border bg-raised">
        {props.error ??
          (nothing ? (
            props.empty
          ) : shown.length === 0 ? (
            <EmptyState
              title={t("noMatch")}
              action={
                <Button size="sm" onClick={clearAll}>
                  {t("clearFilters")}
                </Button>
              }
            >
              {t("noMatchHint")}
            </EmptyState>
          ) : (
            <>
              <table className="hidden w-full border-separate border-spacing-0 text-base @2xl:table">
                <thead>
                  <tr>
                    {bulk ? (
                      <th scope="col" className={cn(headClass, "w-10 pr-0")}>
                        <CheckboxBox
                          aria-label={t("selectAll")}
                          checked={allSelected}
                          indeterminate={selected.length > 0 && !allSelected}
                          onChange={() =>
                            setSelected(allSelected ? new Set() : new Set(shown.map((row) => rowKey(row))))
                          }
                        />
                      </th>
                    ) : null}
                    {visible.map((column) => (
                      <th
                        key={column.key}
                        scope="col"
                        aria-sort={
                          sortKey === column.key
                            ? direction === "asc"
                              ? "ascending"
                              : "descending"
                            : undefined
                        }
                        className={cn(headClass, column.width, column.align === "end" && "text-right")}
                      >
                        {column.sort ? (
                          <button
                            type="button"
                            onClick={() => sortBy(column)}
                            className={cn(
                              "group -mx-1 inline-flex items-center gap-1 rounded-sm align-middle px-1 font-medium hover:text-text",
                              column.align === "end" && "flex-row-reverse",
                            )}
                          >
                            {column.header}
                            {sortKey === column.key && direction === "desc" ? (
                              <ArrowDown aria-hidden="true" className="size-3.5" />
                            ) : (
                              <ArrowUp
                                aria-hidden="true"
                                className={cn(
                                  "size-3.5",
                                  sortKey !== column.key && "opacity-0 group-hover:opacity-60",
                                )}
                              />
                            )}
                          </button>
                        ) : (
                          column.header
                        )}
                      </th>
                    ))}
                    {rowMenu ? (
                      <th scope="col" className={cn(headClass, "w-12")}>
                        <span className="sr-only">{t("rowMenu", { name: label })}</span>
                      </th>
                    ) : null}
                  </tr>
                </thead>
                <tbody>
                  {shown.map((row, index) => {
                    const href = rowHref?.(row);
                    const key = rowKey(row);
                    return (
                      <tr
                        key={key}
                        onClick={(event) => openRow(event, href)}
                        className={cn(
                          "group/row hover:bg-hover",
                          href && "cursor-pointer",
                          selectedKeys.has(key) && bulk && "bg-accent-soft hover:bg-accent-soft",
                        )}
                      >
                        {bulk ? (
                          <td className={cn(cellClass, "pr-0")}>
                            <CheckboxBox
                              aria-label={t("selectRow", { name: name(row, index) })}
                              checked={selectedKeys.has(key)}
                              onChange={() => toggle(row)}
                            />
                          </td>
                        ) : null}
                        {visible.map((column, place) => (
                          <td
                            key={column.key}
                            className={cn(
                              cellClass,
                              column.width,
                              column.align === "end" && "tabular text-right",
                            )}
                          >
                            {place === 0 && href ? (
                              <Link href={href} className="rounded-sm font-medium hover:underline">
                                {column.cell(row)}
                              </Link>
                            ) : (
                              column.cell(row)
                            )}
                          </td>
                        ))}
                        {rowMenu ? (
                          <td className={cn(cellClass, "py-0 pr-2 text-right")}>
                            <RowMenu
                              label={t("rowMenu", { name: name(row, index) })}
                              entries={rowMenu(row)}
                            />
                          </td>
                        ) : null}
                      </tr>
                    );
                  })}
                </tbody>
              </table>
              <ul className="divide-y divide-border @2xl:hidden">
                {shown.map((row, index) => (
                  <PhoneRow
                    key={rowKey(row)}
                    row={row}
                    columns={columns}
                    href={rowHref?.(row)}
                    select={
                      bulk ? (
                        <CheckboxBox
                          aria-label={t("selectRow", { name: name(row, index) })}
                          checked={selectedKeys.has(rowKey(row))}
                          onChange={() => toggle(row)}
                          className="mt-1"
                        />
                      ) : null
                    }
                    menu={
                      rowMenu ? (
                        <RowMenu label={t("rowMenu", { name: name(row, index) })} entries={rowMenu(row)} />
                      ) : null
                    }
                  />
                ))}
              </ul>
              {cursor === null ? null : (
                <div className="flex justify-center border-border border-t p-2" data-print="hide">
                  <Button variant="ghost" busy={loading} onClick={() => void loadMore()}>
                    {t("more")}
                  </Button>
                </div>
              )}
            </>
          ))}
      </div>
    </section>
  );
}

const headClass =
  "sticky top-(--head-top) z-10 h-9 border-border border-b bg-raised px-3 text-left align-middle font-medium text-muted text-sm whitespace-nowrap first:rounded-tl-md first:pl-4 last:rounded-tr-md last:pr-4";
const cellClass =
  "h-10 border-border border-b px-3 py-1.5 align-middle group-last/row:border-b-0 first:pl-4 last:pr-4";

const sortWord = (sort: { key: string; direction: "asc" | "desc" }) =>
  sort.direction === "desc" ? `-${sort.key}` : sort.key;

function RowMenu({ label, entries }: { label: string; entries: Parameters<typeof Menu>[0]["entries"] }) {
  if (entries.length === 0) return null;
  return (
    <Menu
      trigger={
        <IconButton label={label} size="sm">
          <MoreHorizontal aria-hidden="true" />
        </IconButton>
      }
      entries={entries}
    />
  );
}

function PhoneRow<Row>({
  row,
  columns,
  href,
  select,
  menu,
}: {
  row: Row;
  columns: readonly Column<Row>[];
  href: string | undefined;
  select: React.ReactNode;
  menu: React.ReactNode;
}) {
  const title = columns.find((column) => column.phone === "title") ?? columns[0];
  const trail = columns.filter((column) => column.phone === "trail");
  const meta = columns.filter(
    (column) => column !== title && (column.phone === "meta" || column.phone === undefined) && !column.hidden,
  );
  return (
    <li className="relative flex min-h-14 items-start gap-3 px-3 py-2">
      {select ? <span className="relative z-10">{select}</span> : null}
      <div className="min-w-0 flex-1">
        <div className="flex items-baseline gap-2">
          <div className="min-w-0 flex-1 truncate font-medium">
            {href ? (
              <Link href={href} className="after:absolute after:inset-0">
                {title?.cell(row)}
              </Link>
            ) : (
              title?.cell(row)
            )}
          </div>
          {trail.map((column) => (
            <div key={column.key} className="shrink-0">
              {column.cell(row)}
            </div>
          ))}
        </div>
        {meta.length > 0 ? (
          <div className="mt-0.5 flex flex-wrap items-baseline gap-x-3 text-muted text-sm">
            {meta.map((column) => (
              <div key={column.key} className="min-w-0 max-w-full truncate empty:hidden">
                {column.phoneLabel ? `${column.header} ` : null}
                {column.cell(row)}
              </div>
            ))}
          </div>
        ) : null}
      </div>
      {menu ? <div className="relative z-10 -mr-1">{menu}</div> : null}
    </li>
  );
}

function SearchBox({
  value,
  placeholder,
  clearLabel,
  onChange,
}: {
  value: string;
  placeholder: string;
  clearLabel: string;
  onChange: (value: string) => void;
}) {
  return (
    <div className="relative min-w-0 flex-1 basis-40 sm:max-w-72">
      <Search
        aria-hidden="true"
        className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-muted"
      />
      <input
        type="search"
        aria-label={placeholder}
        placeholder={placeholder}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape" && value) {
            event.stopPropagation();
            onChange("");
          }
        }}
        className={cn(
          controlClass,
          "h-8 pl-8 pointer-coarse:h-10 [&::-webkit-search-cancel-button]:hidden",
          value ? "pr-8 pointer-coarse:pr-10" : "pr-2.5",
        )}
        data-search=""
      />
      {value ? (
        <button
          type="button"
          aria-label={clearLabel}
          onClick={() => onChange("")}
          className="absolute top-1/2 right-1 grid size-6 -translate-y-1/2 place-items-center rounded-sm text-muted hover:bg-hover pointer-coarse:right-0 pointer-coarse:size-10"
        >
          <X aria-hidden="true" className="size-3.5" />
        </button>
      ) : null}
    </div>
  );
}

function FilterChip<Row>({
  filter,
  value,
  onChange,
}: {
  filter: Filter<Row>;
  value: string;
  onChange: (value: string) => void;
}) {
  const t = useTranslations("ui.table");
  const chosen = filter.options.find((option) => option.value === value);
  return (
    <Menu
      align="start"
      trigger={
        <Button
          className={cn(
            "border-edge border-dashed",
            chosen && "border-accent border-solid bg-accent-soft hover:bg-accent-soft",
          )}
        >
          <span className={chosen ? undefined : "text-muted"}>{filter.label}</span>
          {chosen ? <span className="font-medium">{chosen.label}</span> : null}
          <ChevronDown aria-hidden="true" className="-mr-1 text-muted" />
        </Button>
      }
      entries={[
        {
          key: "",
          label: t("filterAll", { label: filter.label }),
          checked: !chosen,
          onSelect: () => onChange(""),
        },
        ...filter.options.map((option) => ({
          key: option.value,
          label: option.label,
          checked: option.value === value,
          onSelect: () => onChange(option.value === value ? "" : option.value),
        })),
      ]}
    />
  );
}
