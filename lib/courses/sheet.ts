import { inflateRawSync } from "node:zlib";
import { parseCsv } from "hucre/csv";
import { readXls, readXlsx } from "hucre/xlsx";
import { AppError, invalid, limit } from "@/lib/platform/errors";

/** The cells of a roster as text, whatever it came in: pasted text, CSV, .xlsx or the old .xls. */
export type Sheet = string[][];

const unpackedMost = 20 * 1024 * 1024;
const entriesMost = 2000;
const rowsMost = 20_000;

export async function readSheet(content: Uint8Array): Promise<Sheet> {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  try {
    if (bytes.readUInt32BE(0) === 0x504b0304) {
      refuseBomb(bytes);
      return firstFilled(await readXlsx(bytes, { sheets: [0, 1, 2] }));
    }
    if (bytes.readUInt32BE(0) === 0xd0cf11e0) return firstFilled(await readXls(bytes));
  } catch (error) {
    if (error instanceof AppError) throw error;
    if (!(error instanceof RangeError && bytes.length < 4)) throw invalid("rosterUnreadable");
  }
  return readText(decodeText(bytes));
}

type Workbook = { sheets: { rows: unknown[][] }[] };

function firstFilled(workbook: Workbook): Sheet {
  const filled = workbook.sheets.find((sheet) =>
    sheet.rows.some((row) => row.some((cell) => text(cell) !== "")),
  );
  return (filled?.rows ?? []).slice(0, rowsMost).map((row) => row.slice(0, 50).map(text));
}

function text(cell: unknown): string {
  if (cell === null || cell === undefined) return "";
  // Past 2^53 Excel itself has lost the last digits: such a number is nobody's.
  if (typeof cell === "number") return Number.isSafeInteger(cell) ? String(cell) : cell.toExponential();
  if (cell instanceof Date) return cell.toISOString().slice(0, 10);
  return String(cell).trim();
}

/** Unpacks every entry under one common cap before a parser sees the file: declared sizes may lie. */
function refuseBomb(zip: Buffer): void {
  const end = zip.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  if (end < 0 || end + 20 > zip.length) throw invalid("rosterUnreadable");
  const entries = zip.readUInt16LE(end + 10);
  if (entries > entriesMost) throw limit("rosterTooLarge");
  let [at, left] = [zip.readUInt32LE(end + 16), unpackedMost];
  for (let entry = 0; entry < entries; entry++) {
    if (zip.readUInt32LE(at) !== 0x02014b50) throw invalid("rosterUnreadable");
    const packed = zip.readUInt32LE(at + 20);
    const header = zip.readUInt32LE(at + 42);
    const start = header + 30 + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
    const data = zip.subarray(start, start + packed);
    left -= zip.readUInt16LE(at + 10) === 8 ? unpackedSize(data, left) : data.length;
    if (left < 0 || zip.readUInt32LE(at + 24) > unpackedMost) throw limit("rosterTooLarge");
    at += 46 + zip.readUInt16LE(at + 28) + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
}

function unpackedSize(data: Buffer, most: number): number {
  try {
    return inflateRawSync(data, { maxOutputLength: Math.max(1, most) }).length;
  } catch (error) {
    if (error instanceof RangeError) throw limit("rosterTooLarge");
    throw error;
  }
}

/** UTF-8, else UTF-16 by its mark, else what Chinese Windows writes. */
export function decodeText(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}

const delimiters = ["\t", ",", "，", ";", "；", "、", "|"];

/** Lines and cells of a text. The delimiter is the one that most lines have; without any, blanks divide. */
export function readText(content: string): Sheet {
  const plain = content
    .replace(/^\uFEFF/, "")
    .replaceAll("\0", "")
    .replace(/\r\n?/g, "\n");
  const lines = plain
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(0, 200);
  const shares = delimiters.map((delimiter) => lines.filter((line) => line.includes(delimiter)).length);
  const best = Math.max(0, ...shares);
  if (best * 2 <= lines.length) {
    return plain
      .split("\n")
      .slice(0, rowsMost)
      .map((line) => line.trim().split(/[\s\u3000]+/u));
  }
  const delimiter = delimiters[shares.indexOf(best)];
  // A quote that is never closed would swallow the rest of the file into one cell.
  const quoted = (plain.match(/"/g) ?? []).length % 2 === 0;
  return parseCsv(plain, { delimiter, maxRows: rowsMost, fastMode: !quoted }).map((row) =>
    row.slice(0, 50).map(text),
  );
}
