import { accountRowSchema } from "@/lib/accounts/schema";
import type { RosterLine } from "./find-rows";

/** Why a line of a roster cannot be taken, as the name of its sentence. */
export type RosterFault =
  | "numberMissing"
  | "nameMissing"
  | "numberScientific"
  | "number"
  | "name"
  | "nameDiffers"
  | "numberTaken";

export type RosterVerdict = RosterLine &
  (
    | { status: "new" | "existing" }
    /** `systemName`: how the account is called, where the list says otherwise. */
    | { status: "enrolled"; systemName?: string }
    | { status: "duplicate"; firstLine: number }
    | { status: "invalid"; reason: RosterFault; systemName?: string }
  );

export type RosterAccount = { username: string; number: string; name: string };

/** The line as an account, or why it is none. The student number is the name to sign in with. */
function accountOf({ number, name }: RosterLine): RosterAccount | RosterFault {
  if (number.trim() === "") return "numberMissing";
  if (/^\d(\.\d+)?e\+?\d+$/i.test(number.trim())) return "numberScientific";
  if (name.trim() === "") return "nameMissing";
  // No name starts like a formula; a file made from the roster must not run one.
  if (/^\s*[=+\-@＝＋－＠]/u.test(name)) return "name";
  const parsed = accountRowSchema.safeParse({ username: number, number, name });
  if (!parsed.success) return parsed.error.issues[0]?.path[0] === "name" ? "name" : "number";
  return {
    username: parsed.data.username,
    number: parsed.data.number ?? parsed.data.username,
    name: parsed.data.name,
  };
}

/** What the accounts say about a row; the same words as `checkAccounts`. */
export type AccountVerdict = {
  verdict: "new" | "existing" | "nameDiffers" | "numberDiffers" | "numberTaken" | "duplicateRow";
  userId?: string;
};
export type KnownAccount = { name: string; enrolled: boolean };

/** Splits a roster into lines that can be asked about, and lines that are settled: wrong, or there twice. */
export function sortRows(lines: readonly RosterLine[]) {
  const first = new Map<string, number>();
  const asked: { line: RosterLine; account: RosterAccount }[] = [];
  const settled = new Map<number, RosterVerdict>();
  for (const line of lines) {
    const account = accountOf(line);
    if (typeof account === "string") {
      settled.set(line.line, { ...line, status: "invalid", reason: account });
      continue;
    }
    const firstLine = first.get(account.username);
    if (firstLine !== undefined) {
      settled.set(line.line, { ...line, status: "duplicate", firstLine });
      continue;
    }
    first.set(account.username, line.line);
    asked.push({ line, account });
  }
  return { asked, settled };
}

export function verdictOf(
  line: RosterLine,
  account: RosterAccount,
  found: AccountVerdict,
  known: KnownAccount | undefined,
): RosterVerdict {
  if (found.verdict === "new") return { ...line, status: "new" };
  const sameName = known?.name === account.name;
  if (known?.enrolled) return { ...line, status: "enrolled", systemName: sameName ? undefined : known.name };
  if (found.verdict === "existing" || found.verdict === "numberDiffers")
    return { ...line, status: "existing" };
  // Their number, their name, another user name: the same person.
  if (found.verdict === "numberTaken" && sameName) return { ...line, status: "existing" };
  const reason = found.verdict === "numberTaken" ? "numberTaken" : "nameDiffers";
  return { ...line, status: "invalid", reason, systemName: known?.name };
}
