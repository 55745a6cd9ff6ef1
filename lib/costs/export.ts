import { Readable } from "node:stream";
import { type CellValue, writeXlsx } from "hucre/xlsx";
import { z } from "zod";
import { csvText } from "@/components/data-table/csv";
import type { Ctx } from "@/lib/platform/context";
import { limit } from "@/lib/platform/errors";
import { parsed } from "@/lib/platform/parsed";
import { loadCosts, requireSeeAll } from "./load";
import { dailySpending, readSpending } from "./report";
import { poolKey, scopeInput } from "./schema";
import { yuanOf } from "./yuan";

/** Beyond, nobody reads a sheet: a shorter period, or one course. */
const mostRows = 20_000;

const exportInput = scopeInput.extend({ format: z.enum(["xlsx", "csv"]) });

/** The texts of `costs` in the person's language. */
type Words = (
  key: "noCourse" | "noClass" | "pool" | "export.file" | ExportKey,
  values?: Record<string, string>,
) => string;
type ExportKey = `export.${(typeof heads)[number] | "all" | "attempts" | "days" | "day" | "total"}`;
const heads = ["course", "class", "number", "student", "experiment", "attempt", "hours", "amount"] as const;

export type CostsFile = { name: string; type: string; content: Readable };

/**
 * A report as a file: every attempt with what it cost, in a workbook also every day. In CSV amounts are in yuan to the
 * cent; in the workbook they are exact and shown to the cent, so that its sums are right. No cell is a formula.
 */
export async function exportCosts({
  ctx,
  input,
  words,
}: {
  ctx: Ctx;
  input: Record<string, unknown>;
  words: Words;
}): Promise<CostsFile> {
  const { format, ...scope } = parsed(exportInput, input);
  const course = scope.courseId ? await loadCosts(ctx, scope.courseId, "see") : null;
  if (!course) requireSeeAll(ctx);
  const rows = await attemptRows(ctx, scope, words);
  const name = words("export.file", { course: course?.name ?? words("export.all") });
  const head = heads.map((key) => words(`export.${key}`));
  if (format === "csv") {
    const cells = rows.map(({ text, hours, amount }) => [
      ...text,
      Math.round(hours * 100) / 100,
      yuanOf(amount),
    ]);
    return {
      name: `${name}.csv`,
      type: "text/csv; charset=utf-8",
      content: Readable.from([csvText(head, cells)]),
    };
  }
  const attempts = rows.map(({ text, hours, amount }): CellValue[] => [...text, hours, amount / 1_000_000]);
  const days = await dayRows(ctx, scope, words);
  const bytes = await writeXlsx({
    sheets: [
      sheet(words("export.attempts"), head, attempts, 6),
      sheet(words("export.days"), days.head, days.rows, 1),
    ],
  });
  return {
    name: `${name}.xlsx`,
    type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    content: Readable.from([Buffer.from(bytes)]),
  };
}

type Scope = z.output<typeof scopeInput>;

async function attemptRows(ctx: Ctx, scope: Scope, words: Words) {
  const found = await readSpending(ctx, scope, "attempt", mostRows + 1);
  if (found.length > mostRows) throw limit("costs.exportTooLarge", { max: mostRows });
  return found.map((row) => ({
    text: [
      row.id === poolKey ? words("pool") : row.id ? (row.course ?? "") : words("noCourse"),
      row.className ?? "",
      row.number ?? "",
      row.name ?? "",
      row.experiment ?? "",
      row.attempt ?? "",
    ],
    hours: row.hours,
    amount: row.amount,
  }));
}

async function dayRows(ctx: Ctx, scope: Scope, words: Words) {
  const { period, series } = await dailySpending({ ctx, input: scope });
  const none = words(scope.courseId ? "noClass" : "noCourse");
  const names = series.map(({ key, name }) => (key === poolKey ? words("pool") : (name ?? none)));
  const head = [words("export.day"), ...names, words("export.total")];
  const rows = period.days.map((day, index): CellValue[] => {
    const amounts = series.map(({ days }) => days[index] ?? 0);
    const sum = amounts.reduce((total, one) => total + one, 0);
    return [day, ...[...amounts, sum].map((micro) => micro / 1_000_000)];
  });
  return { head, rows };
}

/** From column `figures` on there are amounts, or hours. */
const sheet = (name: string, head: string[], rows: CellValue[][], figures: number) => ({
  name,
  rows: [head, ...rows],
  columns: head.map((title, column) => ({
    width: Math.max(12, title.length * 2 + 2),
    ...(column >= figures ? { numFmt: "#,##0.00" } : {}),
  })),
  freezePane: { rows: 1 },
});
