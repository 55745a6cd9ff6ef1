import { and, eq, inArray, notInArray } from "drizzle-orm";
import type { z } from "zod";
import { type Tx, transact } from "@/db/client";
import { enrolments, userRoles, users } from "@/db/schema";
import { createAccounts, prepareAccounts } from "@/lib/accounts";
import { recordAudit } from "@/lib/audit";
import { publishChange } from "@/lib/changes";
import type { Ctx } from "@/lib/platform/context";
import { type RosterVerdict, sortRows, verdictOf } from "./judge-rows";
import { loadClass } from "./load";
import { moveDeadlinesOf } from "./move-deadlines";
import { knownAccounts } from "./preview-roster";
import { importRosterInput } from "./schema";

/** What became of a line. `password`: the one-time password of a new account, said here and never again. */
export type ImportedLine =
  | { line: number; number: string; name: string; status: "created"; username: string; password: string }
  | { line: number; number: string; name: string; status: "added" | "renamed" }
  | RosterVerdict;

/**
 * Puts the lines on the roster, a result for each; wrong lines are left out and the rest goes in.
 * Again with the same list changes nothing. Long lists come in parts, so that progress is true.
 */
export async function importRoster({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: z.input<typeof importRosterInput>;
}): Promise<ImportedLine[]> {
  const { classId, rows, updateNames } = importRosterInput.parse(input);
  await loadClass(ctx, classId, "edit");
  const { asked, settled } = sortRows(rows);
  const results = new Map<number, ImportedLine>(settled);
  if (asked.length > 0) {
    // Hashing takes 50 ms a password: before the transaction.
    const prepared = await prepareAccounts({ ctx, input: asked.map((row) => row.account) });
    await transact(ctx.db, async (tx) => {
      const outcomes = await createAccounts({ ctx, tx, input: prepared });
      const known = await knownAccounts(
        tx,
        classId,
        outcomes.flatMap((row) => row.userId ?? []),
      );
      const enter: string[] = [];
      const rename: { userId: string; name: string }[] = [];
      for (const [index, { line, account }] of asked.entries()) {
        const outcome = outcomes[index];
        if (!outcome) continue;
        if (outcome.outcome === "created") {
          enter.push(outcome.userId);
          const { username, initialPassword } = outcome;
          results.set(line.line, { ...line, status: "created", username, password: initialPassword });
          continue;
        }
        const verdict = outcome.outcome === "existing" ? "existing" : outcome.reason;
        const judged = verdictOf(
          line,
          account,
          { verdict, userId: outcome.userId },
          known.get(outcome.userId ?? ""),
        );
        if (judged.status === "existing" && outcome.userId) {
          enter.push(outcome.userId);
          results.set(line.line, { ...line, status: "added" });
        } else if (judged.status === "enrolled" && judged.systemName && updateNames && outcome.userId) {
          rename.push({ userId: outcome.userId, name: account.name });
          results.set(line.line, { ...line, status: "renamed" });
        } else results.set(line.line, judged);
      }
      const renamed = await renameStudents(ctx, tx, rename);
      if (enter.length + renamed.length === 0) return;
      await enrol(tx, classId, enter, ctx.clock.now());
      await recordAudit(ctx, tx, {
        action: "class.import",
        targetType: "class",
        targetId: classId,
        after: { added: enter, renamed },
      });
      await publishChange(
        ctx,
        tx,
        enter.map((userId) => `user:${userId}` as const),
        "experiments.changed",
      );
      await moveDeadlinesOf(ctx, tx, enter);
    });
  }
  return rows.flatMap((row) => results.get(row.line) ?? []);
}

async function enrol(tx: Tx, classId: string, userIds: string[], now: Date): Promise<void> {
  if (userIds.length === 0) return;
  await tx
    .insert(enrolments)
    .ignore()
    .values(userIds.map((userId) => ({ classId, userId, createdAt: now })));
}

/** Names of people who are students and nothing else; those of staff are not a teacher's to change. */
async function renameStudents(
  ctx: Ctx,
  tx: Tx,
  people: { userId: string; name: string }[],
): Promise<string[]> {
  if (people.length === 0) return [];
  const staff = await tx
    .select({ userId: userRoles.userId })
    .from(userRoles)
    .where(
      and(
        inArray(
          userRoles.userId,
          people.map((row) => row.userId),
        ),
        notInArray(userRoles.role, ["student"]),
      ),
    );
  const students = people.filter((row) => !staff.some((other) => other.userId === row.userId));
  for (const { userId, name } of students) {
    await tx.update(users).set({ name, updatedAt: ctx.clock.now() }).where(eq(users.id, userId));
  }
  return students.map((row) => row.userId);
}
