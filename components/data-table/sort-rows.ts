export type SortValue = string | number | Date | null | undefined;

const collator = new Intl.Collator("zh-CN", { numeric: true });

/** Sorts by a value; what has none comes last in either direction. Does not change its input. */
export function sortRows<Row>(
  rows: readonly Row[],
  value: (row: Row) => SortValue,
  direction: "asc" | "desc",
): Row[] {
  const sign = direction === "asc" ? 1 : -1;
  return [...rows].sort((left, right) => {
    const [a, b] = [value(left), value(right)];
    const [noA, noB] = [a === null || a === undefined || a === "", b === null || b === undefined || b === ""];
    if (noA || noB) return noA === noB ? 0 : noA ? 1 : -1;
    if (typeof a === "string" && typeof b === "string") return sign * collator.compare(a, b);
    return sign * (Number(a) - Number(b));
  });
}
