import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";

const file = "test-results/faults.jsonl";

/** What one repeat of one row came to. */
export type Result = { row: string; title: string; seed: number; seconds: number | null; passed: boolean };

export function report(result: Result): void {
  appendFileSync(file, `${JSON.stringify(result)}\n`);
}

export const results = (): Result[] =>
  existsSync(file)
    ? readFileSync(file, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Result)
    : [];

export default function begin(): void {
  mkdirSync("test-results", { recursive: true });
  rmSync(file, { force: true });
}
