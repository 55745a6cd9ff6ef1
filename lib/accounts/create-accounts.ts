import { eq, inArray, or, sql } from "drizzle-orm";
import type { z } from "zod";
import type { Tx } from "@/db/client";
import { userRoles, users } from "@/db/schema/accounts";
import { recordAudit } from "@/lib/audit";
import { type Ctx, requireUser } from "@/lib/platform/context";
import { forbidden } from "@/lib/platform/errors";
import { hashPassword, initialPassword, initialPasswordMs } from "./password";
import { can } from "./policy";
import { accountRowsSchema } from "./schema";

export type AccountRow = z.input<typeof accountRowsSchema>[number];

/** `nameDiffers`, `numberDiffers`: the account is someone else's, or was written otherwise; it stays as it is. */
type AccountConflict = "nameDiffers" | "numberDiffers" | "numberTaken" | "duplicateRow";

export type AccountOutcome = {
  username: string;
  number: string | null;
  name: string;
  email: string | null;
} & (
  | { outcome: "created"; userId: string; initialPassword: string }
  | { outcome: "existing"; userId: string }
  | { outcome: "conflict"; reason: AccountConflict; userId?: string }
);

type Row = z.output<typeof accountRowsSchema>[number];
type Plan = { row: Row; verdict: "new" | "existing" | AccountConflict; userId?: string };

function requireImport(ctx: Ctx): void {
  if (ctx.actor.type !== "system") requireUser(ctx);
  if (!can(ctx.actor, "import")) throw forbidden();
}

/** What {@link createAccounts} would do with each row; changes nothing and hashes nothing. */
export async function checkAccounts({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: readonly AccountRow[];
}): Promise<Plan[]> {
  requireImport(ctx);
  return plan(ctx.db, accountRowsSchema.parse(input));
}

export type PreparedAccounts = { row: Row; password?: { plain: string; hash: string } }[];

/** Before the transaction: makes the one-time passwords of the rows that are new (50 ms of hashing each). */
export async function prepareAccounts({
  ctx,
  input,
}: {
  ctx: Ctx;
  input: readonly AccountRow[];
}): Promise<PreparedAccounts> {
  const plans = await checkAccounts({ ctx, input });
  return Promise.all(
    plans.map(async ({ row, verdict }) => {
      if (verdict !== "new") return { row };
      const plain = initialPassword();
      return { row, password: { plain, hash: await hashPassword(plain) } };
    }),
  );
}

/**
 * Students' accounts of a roster, in the caller's transaction, an outcome per row in the same order.
 * Existing accounts are never changed. A one-time password is in the answer and nowhere else.
 */
export async function createAccounts(options: {
  ctx: Ctx;
  tx: Tx;
  input: PreparedAccounts;
}): Promise<AccountOutcome[]> {
  const { ctx, tx, input } = options;
  requireImport(ctx);
  const now = ctx.clock.now();
  const plans = await plan(
    tx,
    input.map(({ row }) => row),
  );
  const fresh = plans.flatMap(({ row, verdict }, index) => {
    const password = input[index]?.password;
    return verdict === "new" && password ? [{ id: ctx.newId(), row, password }] : [];
  });
  if (fresh.length > 0) {
    await tx
      .insert(users)
      .values(
        fresh.map(({ id, row, password }) => ({
          id,
          ...row,
          passwordHash: password.hash,
          mustChangePassword: true,
          passwordExpiresAt: new Date(now.getTime() + initialPasswordMs),
          createdAt: now,
          updatedAt: now,
        })),
      )
      // Two teachers at once may import the same student: the first one's row stays.
      .onDuplicateKeyUpdate({ set: { username: sql`username` } });
  }
  const rows = await known(
    tx,
    input.map(({ row }) => row),
  );
  const ids = new Map(rows.map((user) => [user.username, user.id]));
  const made = fresh.filter(({ id, row }) => ids.get(row.username) === id);
  if (made.length > 0) {
    await tx.insert(userRoles).values(made.map(({ id }) => ({ userId: id, role: "student" })));
    await recordAudit(ctx, tx, {
      action: "accounts.imported",
      targetType: "user",
      targetId: made[0]?.id ?? "",
      after: { count: made.length, usernames: made.map(({ row }) => row.username) },
    });
  }
  const passwords = new Map(made.map(({ row, password }) => [row.username, password.plain]));
  return plans.map(({ row, verdict, userId }): AccountOutcome => {
    if (verdict === "existing" && userId) return { ...row, outcome: "existing", userId };
    if (verdict !== "new" && verdict !== "existing")
      return { ...row, outcome: "conflict", reason: verdict, userId };
    const id = ids.get(row.username);
    if (!id) return { ...row, outcome: "conflict", reason: "nameDiffers" };
    const plain = passwords.get(row.username);
    return plain
      ? { ...row, outcome: "created", userId: id, initialPassword: plain }
      : { ...row, outcome: "existing", userId: id };
  });
}

const known = (db: Tx, rows: readonly Row[]) => {
  const numbers = rows.flatMap((row) => row.number ?? []);
  return db
    .select({ id: users.id, username: users.username, number: users.number, name: users.name })
    .from(users)
    .where(
      or(
        inArray(
          users.username,
          rows.map((row) => row.username),
        ),
        numbers.length > 0 ? inArray(users.number, numbers) : eq(users.username, ""),
      ),
    );
};

async function plan(db: Tx, rows: readonly Row[]): Promise<Plan[]> {
  const people = await known(db, rows);
  // The database compares without accents; a name must be the same letter for letter.
  const byUsername = new Map(people.map((user) => [fold(user.username), user]));
  const byNumber = new Map(people.flatMap((user) => (user.number ? [[user.number, user] as const] : [])));
  const seen = new Set<string>();
  const seenNumbers = new Set<string>();
  return rows.map((row) => {
    const again = seen.has(fold(row.username)) || (row.number !== null && seenNumbers.has(row.number));
    seen.add(fold(row.username));
    if (row.number) seenNumbers.add(row.number);
    if (again) return { row, verdict: "duplicateRow" };
    const user = byUsername.get(fold(row.username));
    if (user) {
      if (user.username !== row.username || user.name !== row.name)
        return { row, verdict: "nameDiffers", userId: user.id };
      if (row.number && user.number && user.number !== row.number)
        return { row, verdict: "numberDiffers", userId: user.id };
      return { row, verdict: "existing", userId: user.id };
    }
    const holder = row.number ? byNumber.get(row.number) : undefined;
    return holder ? { row, verdict: "numberTaken", userId: holder.id } : { row, verdict: "new" };
  });
}

const fold = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
