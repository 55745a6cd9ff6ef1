import { and, eq, inArray, sql } from "drizzle-orm";
import { z } from "zod";
import { type Tx, transact } from "@/db/client";
import { settings, userRoles, users } from "@/db/schema/accounts";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { derivedKey, sameText } from "@/lib/platform/crypto";
import { AppError, conflict, invalid, isDuplicate } from "@/lib/platform/errors";
import { hashPassword } from "./password";
import { passwordFault } from "./password-rules";
import { setUpSchema } from "./schema";
import { clearTries, reserveTry, throttleKeys } from "./throttle";

const key = "setup";
const stored = z.object({ nonce: z.string(), usedAt: z.string().nullable() });

/** Derived from the installation's secret and a nonce: every copy and every restart names the same one. */
const tokenOf = (nonce: string): string =>
  derivedKey(`set-up token ${nonce}`).toString("base64url").slice(0, 32);

/** Whether someone who is no demo account can administer this installation. */
export async function hasAdmin(tx: Tx): Promise<boolean> {
  const rows = await tx
    .select({ id: users.id })
    .from(users)
    .innerJoin(userRoles, eq(userRoles.userId, users.id))
    .where(and(inArray(userRoles.role, ["admin", "superadmin"]), eq(users.demo, false)))
    .limit(1);
  return rows.length > 0;
}

const lockSetting = async (tx: Tx) =>
  (await tx.select().from(settings).where(eq(settings.key, key)).for("update"))[0];

/** The token that makes the first administrator; undefined where there is one already. */
export async function openSetUp({ ctx }: { ctx: Ctx }): Promise<string | undefined> {
  if (await hasAdmin(ctx.db)) return undefined;
  const value = { nonce: ctx.newToken(), usedAt: null };
  const updatedAt = ctx.clock.now();
  return transact(ctx.db, async (tx) => {
    await tx
      .insert(settings)
      .values({ key, value, updatedAt })
      .onDuplicateKeyUpdate({ set: { key: sql`\`key\`` } });
    const { nonce, usedAt } = stored.parse((await lockSetting(tx))?.value);
    return usedAt ? undefined : tokenOf(nonce);
  });
}

/** Whether the set-up page has anything to do. */
export async function isSetUpOpen({ ctx }: { ctx: Ctx }): Promise<boolean> {
  const [row] = await ctx.db.select().from(settings).where(eq(settings.key, key));
  const value = stored.safeParse(row?.value);
  return value.success && value.data.usedAt === null && !(await hasAdmin(ctx.db));
}

/** Makes the first superadmin for whoever holds the token that the log printed; once. */
export async function completeSetUp(options: {
  ctx: Ctx;
  input: z.input<typeof setUpSchema>;
}): Promise<void> {
  const { ctx } = options;
  const { token, username, name, password } = setUpSchema.parse(options.input);
  const keys = throttleKeys("set-up", "", true);
  await reserveTry(ctx, keys);
  await transact(ctx.db, (tx) => requireToken(tx, token));
  await clearTries(ctx.db, keys);
  const fault = passwordFault(password, { username, name });
  if (fault) throw invalid("invalid", { password: `accounts.password.${fault}` });
  const passwordHash = await hashPassword(password);

  const userId = ctx.newId();
  const now = ctx.clock.now();
  try {
    await transact(ctx.db, async (tx) => {
      const nonce = await requireToken(tx, token);
      if (await hasAdmin(tx)) throw conflict("accounts.setUpDone");
      await tx
        .insert(users)
        .values({ id: userId, username, name, passwordHash, createdAt: now, updatedAt: now });
      await tx.insert(userRoles).values({ userId, role: "superadmin" });
      const value = { nonce, usedAt: now.toISOString() };
      await tx.update(settings).set({ value, updatedAt: now }).where(eq(settings.key, key));
      await recordAudit(ctx, tx, {
        action: "setup.completed",
        targetType: "user",
        targetId: userId,
        after: { username, name, roles: ["superadmin"] },
      });
    });
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    const fields = { username: "accounts.field.usernameTaken" };
    throw new AppError("conflict", "accounts.usernameTaken", { username }, { fields, cause: error });
  }
}

async function requireToken(tx: Tx, token: string): Promise<string> {
  const row = await lockSetting(tx);
  if (!row) throw conflict("accounts.setUpDone");
  const { nonce, usedAt } = stored.parse(row.value);
  if (usedAt) throw conflict("accounts.setUpDone");
  if (!sameText(token, tokenOf(nonce))) throw invalid("invalid", { token: "accounts.field.token" });
  return nonce;
}
