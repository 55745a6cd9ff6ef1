import type { Sheet } from "./sheet";

/** One line of a roster as written; `line` counts from 1 as in the file. */
export type RosterLine = { line: number; number: string; name: string };

const plain = (cell: string | undefined) =>
  (cell ?? "")
    .normalize("NFKC")
    .replace(/[\s:：]/gu, "")
    .toLowerCase();

const numberHeads =
  /^(学号|学生学号|学籍号|学生编号|学生号|工号|编号|账号|用户名|number|no\.?|id|studentid|student(number|no\.?)|studentid(number)?|username)$/u;
const nameHeads = /^(姓名|学生姓名|名字|name|studentname|fullname|xingming)$/u;

const looksLikeNumber = (cell: string) =>
  /^'?[A-Za-z]{0,4}\d[\dA-Za-z._-]{2,}$/.test(cell.normalize("NFKC").trim());
const looksLikeName = (cell: string) => /\p{L}{2,}/u.test(cell) && !/\d/.test(cell);

type Columns = { number: number; name: number; from: number };

/** Where numbers and names are: by a head line among the first ten, else by what the cells look like. */
function findColumns(sheet: Sheet): Columns | null {
  for (const [index, row] of sheet.slice(0, 10).entries()) {
    const number = row.findIndex((cell) => numberHeads.test(plain(cell)));
    const name = row.findIndex((cell) => nameHeads.test(plain(cell)));
    if (number >= 0 && name >= 0) return { number, name, from: index + 1 };
  }
  const sample = sheet.filter((row) => row.some((cell) => cell.trim() !== "")).slice(0, 200);
  const width = Math.max(0, ...sample.map((row) => row.length));
  const columns = Array.from({ length: width }, (_, column) => ({
    column,
    numbers: sample.filter((row) => looksLikeNumber(row[column] ?? "")).length,
    names: sample.filter((row) => looksLikeName(row[column] ?? "")).length,
  }));
  const number = columns.toSorted((a, b) => b.numbers - a.numbers)[0];
  const name = columns.filter((found) => found !== number).toSorted((a, b) => b.names - a.names)[0];
  if (!number?.numbers || !name?.names) return null;
  return { number: number.column, name: name.column, from: 0 };
}

/** The lines of a roster; null when no column looks like student numbers. Empty lines are left out. */
export function findRows(sheet: Sheet): RosterLine[] | null {
  const columns = findColumns(sheet);
  if (!columns) return null;
  return sheet.flatMap((row, index) => {
    if (index < columns.from || row.every((cell) => cell.trim() === "")) return [];
    const number = (row[columns.number] ?? "").trim().replace(/^'/, "");
    return [{ line: index + 1, number, name: (row[columns.name] ?? "").trim().replace(/^'/, "") }];
  });
}
