import type { HomeEntry } from "@/lib/workspaces";
import { nameOf } from "../schema";

export type SortKey = "name" | "size" | "modified";
export type Sort = { by: SortKey; down: boolean };

const names = new Intl.Collator(["zh-CN", "en"], { numeric: true });

/** Folders first, then as wished; equal ones by name, where 2 comes before 10. */
export function sorted(entries: readonly HomeEntry[], { by, down }: Sort): HomeEntry[] {
  const byName = (a: HomeEntry, b: HomeEntry) => names.compare(nameOf(a.path), nameOf(b.path));
  const compare = (a: HomeEntry, b: HomeEntry) =>
    by === "size"
      ? a.size - b.size
      : by === "modified"
        ? a.modifiedAt < b.modifiedAt
          ? -1
          : Number(a.modifiedAt > b.modifiedAt)
        : byName(a, b);
  return entries.toSorted(
    (a, b) =>
      Number(b.kind === "directory") - Number(a.kind === "directory") ||
      (down ? -1 : 1) * compare(a, b) ||
      byName(a, b),
  );
}
