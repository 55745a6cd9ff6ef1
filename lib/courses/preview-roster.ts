import { and, eq, inArray } from "drizzle-orm";
import type { z } from "zod";
import type { Tx } from "@/db/client";
import { enrolments, users } from "@/db/schema";
import { checkAccounts } from "@/lib/accounts";
import type { Ctx } from "@/lib/platform/context";
import { invalid, limit } from "@/lib/platform/errors";
import { findRows, type RosterLine } from "./find-rows";
import { type KnownAccount, type RosterVerdict, sortRows, verdictOf } from "./judge-rows";
import { loadClass } from "./load";
import { previewRosterInput, rosterLimits } from "./schema";
import { readSheet, readText } from "./sheet";

/** What an import of this text or file would do, line by line. Changes nothing. */
export async function previewRoster({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof previewRosterInput>;
}): Promise<RosterVerdict[]> {
  const { classId, text, file } = previewRosterInput.parse(input);
  await loadClass(ctx, classId, "edit");
  const lines = findRows(file ? await readSheet(file) : readText(text ?? ""));
  if (!lines || lines.length === 0) throw invalid("rosterEmpty");
  if (lines.length > rosterLimits.rows) throw limit("rosterTooManyRows", { max: rosterLimits.rows });
  return judgeRoster(ctx, classId, lines);
}

const together = 500;

async function judgeRoster(
  ctx: Ctx,
  classId: string,
  lines: readonly RosterLine[],
): Promise<RosterVerdict[]> {
  const { asked, settled } = sortRows(lines);
  for (let at = 0; at < asked.length; at += together) {
    const part = asked.slice(at, at + together);
    const found = await checkAccounts({ ctx, input: part.map((row) => row.account) });
    const known = await knownAccounts(
      ctx.db,
      classId,
      found.flatMap((row) => row.userId ?? []),
    );
    for (const [index, { line, account }] of part.entries()) {
      const verdict = found[index];
      if (!verdict) continue;
      settled.set(line.line, verdictOf(line, account, verdict, known.get(verdict.userId ?? "")));
    }
  }
  return lines.flatMap((line) => settled.get(line.line) ?? []);
}

export async function knownAccounts(
  db: Tx,
  classId: string,
  userIds: string[],
): Promise<Map<string, KnownAccount>> {
  if (userIds.length === 0) return new Map();
  const rows = await db
    .select({ id: users.id, name: users.name, enrolledAt: enrolments.createdAt })
    .from(users)
    .leftJoin(enrolments, and(eq(enrolments.userId, users.id), eq(enrolments.classId, classId)))
    .where(inArray(users.id, userIds));
  return new Map(rows.map((row) => [row.id, { name: row.name, enrolled: row.enrolledAt !== null }]));
}
