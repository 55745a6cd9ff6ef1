import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { type Result, results } from "./results";

const file = "docs/reliability.md";

/** Adds a line a row to the table of the documents, after a long run, or when RECORD is set. */
export default function record(): void {
  if (!process.env.LONG && !process.env.RECORD) return;
  const rows = new Map<string, Result[]>();
  for (const result of results()) rows.set(result.row, [...(rows.get(result.row) ?? []), result]);
  const date = new Date().toISOString().slice(0, 16).replace("T", " ");
  const lines = [...rows].map(([row, all]) => {
    const passed = all.filter((one) => one.passed).length;
    const slowest = Math.max(...all.map((one) => one.seconds ?? 0));
    const seeds = [...new Set(all.map((one) => one.seed))].join(" ");
    const cells = [
      date,
      commit(),
      row,
      `${all[0]?.title}${process.env.CLASS ? ` (class of ${process.env.CLASS})` : ""}`,
      `${passed} of ${all.length}`,
      `${slowest.toFixed(1)}`,
      seeds,
    ];
    return `| ${cells.join(" | ")} |\n`;
  });
  writeFileSync(
    file,
    readFileSync(file, "utf8")
      .trimEnd()
      .concat("\n", ...lines),
  );
}

function commit(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  } catch {
    return process.env.COMMIT ?? "none";
  }
}
