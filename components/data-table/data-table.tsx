"use client";

import { ArrowDown, ArrowUp, ChevronDown, Columns3, Download, MoreHorizontal, Search, X } from "lucide-react";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useTranslations } from "next-intl";
import { parseAsString, useQueryStates } from "nuqs";
import { type MouseEvent, useCallback, useMemo, useState } from "react";
import { leaving } from "../leaving";
import { Button, buttonClass } from "../ui/button";
import { CheckboxBox } from "../ui/checkbox";
import { cn } from "../ui/class-names";
import { EmptyState } from "../ui/empty-state";
import { IconButton } from "../ui/icon-button";
import { controlClass } from "../ui/input";
import { Menu, MenuAt } from "../ui/menu";
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
  const title = columns.find((column) => column.phone === "title") ?? columns[0];
  const cells = columns
    .filter((column) => !hiddenKeys.has(column.key))
    .map((column) => ({
      column,
      className: cn(
        phoneClass[column === title ? "title" : (column.phone ?? "meta")],
        column.align === "end" && "tabular @2xl:text-right",
      ),
    }));

  const [selectedKeys, setSelected] = useState<ReadonlySet<string>>(new Set());
  const selected = bulk ? shown.filter((row) => selectedKeys.has(rowKey(row))) : [];
  const clear = useCallback(() => setSelected(new Set()), []);
  const toggle = (row: Row) => {
    const next = new Set(selectedKeys);
    const key = rowKey(row);
    if (!next.delete(key)) next.add(key);
    setSelected(next);
  };

  // One menu for all rows: a hundred of them cost more than the rows.
  const [menu, setMenu] = useState<{
    key: string;
    anchor: HTMLElement;
    open: boolean;
    byKey: boolean;
  } | null>(null);
  const menuRow = menu && shown.find((row) => rowKey(row) === menu.key);

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
  const openRow = (event: MouseEvent, href: string) => {
    if ((event.target as HTMLElement).closest("a,button,input,label,[role=menuitem],[role=menu]")) return;
    if (window.getSelection()?.toString()) return;
    if (event.metaKey || event.ctrlKey) window.open(href, "_blank", "noopener");
    else leaving(() => router.push(href));
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
              {/* One markup for desk and phone: a row there is a list of cells in two lines. */}
              <table className="block w-full border-separate border-spacing-0 text-base @2xl:table">
                <thead className="hidden @2xl:table-header-group">
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
                    {cells.map(({ column }) => (
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
                <tbody className={rowsClass}>
                  {shown.map((row, index) => {
                    const href = rowHref?.(row);
                    const key = rowKey(row);
                    return (
                      <tr
                        key={key}
                        onClick={href ? (event) => openRow(event, href) : undefined}
                        className={cn(
                          rowClass,
                          bulk && "@max-2xl:pl-10",
                          rowMenu && "@max-2xl:pr-13",
                          href && "cursor-pointer",
                          selectedKeys.has(key) && bulk && "bg-accent-soft hover:bg-accent-soft",
                        )}
                      >
                        {bulk ? (
                          <td className="@max-2xl:absolute @max-2xl:top-3.5 @max-2xl:left-3 @max-2xl:z-10 @2xl:pr-0!">
                            <CheckboxBox
                              aria-label={t("selectRow", { name: name(row, index) })}
                              checked={selectedKeys.has(key)}
                              onChange={() => toggle(row)}
                            />
                          </td>
                        ) : null}
                        {cells.map(({ column, className }) => (
                          <td key={column.key} className={className}>
                            {column.phoneLabel ? <span className="@2xl:hidden">{column.header} </span> : null}
                            {column === title && href ? (
                              <Link href={href} className={linkClass}>
                                {column.cell(row)}
                              </Link>
                            ) : (
                              column.cell(row)
                            )}
                          </td>
                        ))}
                        {rowMenu ? (
                          <td className="@max-2xl:absolute @max-2xl:top-2 @max-2xl:right-2 @max-2xl:z-10 @2xl:py-0! @2xl:pr-2! @2xl:text-right">
                            {rowMenu(row).length === 0 ? null : (
                              <button
                                type="button"
                                aria-label={t("rowMenu", { name: name(row, index) })}
                                aria-haspopup="menu"
                                aria-expanded={menu?.open === true && menu.key === key}
                                onClick={({ currentTarget, detail }) =>
                                  setMenu({ key, anchor: currentTarget, open: true, byKey: detail === 0 })
                                }
                                className={menuButtonClass}
                              >
                                <MoreHorizontal aria-hidden="true" />
                              </button>
                            )}
                          </td>
                        ) : null}
                      </tr>
                    );
                  })}
                </tbody>
              </table>
              {menu && rowMenu && menuRow ? (
                <MenuAt
                  anchor={menu.anchor}
                  byKey={menu.byKey}
                  open={menu.open}
                  onOpenChange={(open) => setMenu({ ...menu, open })}
                  entries={rowMenu(menuRow)}
                />
              ) : null}
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
const rowsClass = cn(
  "block divide-y divide-border @2xl:table-row-group @2xl:divide-y-0",
  "@2xl:[&_td]:h-10 @2xl:[&_td]:border-border @2xl:[&_td]:border-b @2xl:[&_td]:px-3 @2xl:[&_td]:py-1.5 @2xl:[&_td]:align-middle",
  "@2xl:[&_td:first-child]:pl-4 @2xl:[&_td:last-child]:pr-4 @2xl:[&_tr:last-child>td]:border-b-0",
);
// The pseudo element is the end of the first line.
const rowClass =
  "relative flex min-h-14 flex-wrap content-start items-baseline gap-x-3 gap-y-px px-3 py-2 before:order-2 before:basis-full hover:bg-hover @2xl:static @2xl:table-row @2xl:before:hidden";
const linkClass =
  "rounded-sm font-medium after:absolute after:inset-0 @2xl:after:hidden @2xl:hover:underline";
const phoneClass = {
  title: "@max-2xl:min-w-0 @max-2xl:flex-1 @max-2xl:truncate @max-2xl:font-medium",
  trail: "@max-2xl:order-1 @max-2xl:shrink-0",
  meta: "@max-2xl:order-3 @max-2xl:min-w-0 @max-2xl:max-w-full @max-2xl:truncate @max-2xl:text-muted @max-2xl:text-sm @max-2xl:empty:hidden",
  hidden: "@max-2xl:hidden",
};
const menuButtonClass = buttonClass(
  { variant: "ghost", size: "sm" },
  "w-7 px-0 pointer-coarse:w-10 pointer-coarse:px-0",
);

const sortWord = (sort: { key: string; direction: "asc" | "desc" }) =>
  sort.direction === "desc" ? `-${sort.key}` : sort.key;

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
