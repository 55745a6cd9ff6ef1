/** The top of an axis: the next of 1, 2, 5 × 10ⁿ, at least 1. */
export function niceTop(max: number): number {
  if (max <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(max));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= max) ?? 10;
  return step * power;
}

/** Paths through the points that are there; a gap where one is missing. x and y in 0 … 1. */
export function linePath(
  values: readonly (number | null)[],
  top: number,
  width: number,
  height: number,
): string {
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  let pen = "M";
  let path = "";
  values.forEach((value, index) => {
    if (value === null) {
      pen = "M";
      return;
    }
    const x = (index * step).toFixed(1);
    const y = (height - (Math.min(value, top) / top) * height).toFixed(1);
    // A point with gaps on both sides would be a line of no length, which nobody sees.
    const alone = pen === "M" && (values[index + 1] ?? null) === null;
    path += `${pen}${x} ${y}${alone ? (index + 1 === values.length ? "h-3" : "h3") : ""}`;
    pen = "L";
  });
  return path;
}
