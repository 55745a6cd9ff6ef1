type Row = {
  id: string;
  locale: string;
  templateVersionId: string;
  since: Date;
  frozen: boolean;
  /** False: made from an image that was built anew since. */
  imageIsCurrent: boolean;
};

export type Why = "unwanted" | "version" | "image" | "age";

/**
 * What a plan's warm workspaces should become: who goes and why, and how many of each language are missing.
 * Of the merely old ones one goes at a time, so that a pool is never empty for its age.
 */
export function balance(
  rows: readonly Row[],
  wanted: ReadonlyMap<string, number>,
  now: { templateVersionId: string; bornAfter: Date },
): { stop: { id: string; why: Why }[]; missing: Map<string, number> } {
  const stop: { id: string; why: Why }[] = [];
  const kept = rows.filter((row) => {
    const why =
      row.templateVersionId !== now.templateVersionId ? "version" : row.imageIsCurrent ? null : "image";
    if (why) stop.push({ id: row.id, why });
    return !why;
  });
  const missing = new Map<string, number>();
  for (const locale of new Set([...kept.map((row) => row.locale), ...wanted.keys()])) {
    const count = wanted.get(locale) ?? 0;
    // Those that are ready stay, and of those the longest ready: the others still cost a boot.
    const best = kept
      .filter((row) => row.locale === locale)
      .sort((a, b) => Number(b.frozen) - Number(a.frozen) || a.since.getTime() - b.since.getTime());
    for (const { id } of best.slice(count)) stop.push({ id, why: "unwanted" });
    if (best.length < count) missing.set(locale, count - best.length);
  }
  const old = kept.find(
    (row) => row.frozen && row.since < now.bornAfter && !stop.some(({ id }) => id === row.id),
  );
  if (old) {
    stop.push({ id: old.id, why: "age" });
    missing.set(old.locale, (missing.get(old.locale) ?? 0) + 1);
  }
  return { stop, missing };
}

/** Shares a count out as the students' languages are, by largest remainder; `fallback` where nobody is known. */
export function splitByLocale(
  count: number,
  students: ReadonlyMap<string, number>,
  fallback: string,
): Map<string, number> {
  const all = [...students.values()].reduce((sum, n) => sum + n, 0);
  if (all === 0) return new Map([[fallback, count]]);
  const shares = [...students]
    .map(([locale, n]) => ({ locale, whole: Math.floor((count * n) / all), rest: (count * n) % all }))
    .sort((a, b) => b.rest - a.rest || a.locale.localeCompare(b.locale));
  let left = count - shares.reduce((sum, { whole }) => sum + whole, 0);
  return new Map(shares.map(({ locale, whole }): [string, number] => [locale, whole + (left-- > 0 ? 1 : 0)]));
}
