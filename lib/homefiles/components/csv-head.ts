/** The first rows of a CSV as cells; quotes may hold the separator, quotes and line ends. A cut last row is left out. */
export function csvHead(
  text: string,
  separator: string,
  { rows, columns, cut }: { rows: number; columns: number; cut: boolean },
): { cells: string[][]; more: boolean } {
  const cells: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  let more = false;
  const endCell = () => {
    if (row.length < columns) row.push(cell);
    else more = true;
    cell = "";
  };
  const endRow = () => {
    endCell();
    cells.push(row);
    row = [];
  };
  let at = text.startsWith("\uFEFF") ? 1 : 0;
  for (; at < text.length && cells.length < rows; at++) {
    const sign = text[at];
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (text[at + 1] === '"') cell += text[++at];
      else quoted = false;
    } else if (sign === '"' && cell === "") quoted = true;
    else if (sign === separator) endCell();
    else if (sign === "\n") endRow();
    else if (sign !== "\r" || text[at + 1] !== "\n") cell += sign;
  }
  if (at < text.length) more = true;
  else if (!cut && (cell !== "" || row.length > 0) && cells.length < rows) endRow();
  return { cells, more: more || cut };
}
