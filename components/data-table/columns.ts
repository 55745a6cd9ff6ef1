import type { ReactNode } from "react";
import type { MenuEntry } from "../ui/menu";
import type { CsvCell } from "./csv";
import type { SortValue } from "./sort-rows";

export type Column<Row> = {
  key: string;
  header: string;
  cell: (row: Row) => ReactNode;
  /** Makes the head sort by it. */
  sort?: (row: Row) => SortValue;
  /** What goes into the CSV file; default: the sort value. */
  csv?: (row: Row) => CsvCell;
  align?: "start" | "end";
  /** A class for width: `w-40`, `min-w-48`. */
  width?: string;
  /** On phones: the first line, its right end, the second line, or not at all. Default: first column title, rest meta. */
  phone?: "title" | "trail" | "meta" | "hidden";
  /** On phones: the head's words before the value, where the value does not speak for itself. */
  phoneLabel?: boolean;
  /** May be switched off under “columns”; `false` keeps it always. */
  hideable?: boolean;
  /** Off until somebody switches it on. */
  hidden?: boolean;
};

export type Filter<Row> = {
  key: string;
  label: string;
  options: readonly { value: string; label: string }[];
  /** Without it the filter is only put into the URL, for pages that filter on the server. */
  match?: (row: Row, value: string) => boolean;
};

export type DataTableProps<Row> = {
  /** What the table is, for screen readers: “学生名单”. */
  label: string;
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** The row in words, for its checkbox and menu. */
  rowName?: (row: Row) => string;
  columns: readonly Column<Row>[];
  rowHref?: (row: Row) => string | undefined;
  rowMenu?: (row: Row) => readonly MenuEntry[];
  /** What of a row is searched. `"server"`: only `?q=` is set, and the page asks again. */
  search?: ((row: Row) => string) | "server";
  searchPlaceholder?: string;
  filters?: readonly Filter<Row>[];
  defaultSort?: { key: string; direction: "asc" | "desc" };
  /** Buttons of the bar that appears on selection; switches selection on. */
  bulk?: (rows: readonly Row[], clear: () => void) => ReactNode;
  /** Keyset paging: loads what follows. `cursor` null: this is all. */
  more?: { cursor: string | null; load: (cursor: string) => Promise<{ rows: Row[]; cursor: string | null }> };
  /** How many there are in all, when `rows` is not everything. */
  total?: number;
  /** A file name switches CSV export of the shown rows on; a function does its own. */
  exportCsv?: string | (() => void);
  /** Buttons at the right of the toolbar. */
  actions?: ReactNode;
  /** Shown when there is nothing at all: an `EmptyState`. */
  empty: ReactNode;
  /** Shown in place of the rows: an `ErrorState`. */
  error?: ReactNode;
  /** Prefix of the URL parameters where a page has two tables. */
  prefix?: string;
};
