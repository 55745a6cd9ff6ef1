import { mkdir, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { and, asc, eq, sql } from "drizzle-orm";
import { type Tx, transact } from "@/db/client";
import { settings, userRoles, users } from "@/db/schema/accounts";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { env } from "@/lib/platform/env";
import type { Role } from "@/lib/platform/permissions";
import { endSessions } from "./end-sessions";
import { hashPassword, initialPassword } from "./password";
import { forgetSessions } from "./session-alive";
import { hasAdmin } from "./set-up";

const people: { role: Role; username: string; name: string; number: string | null }[] = [
  { role: "superadmin", username: "admin", name: "管理员", number: null },
  { role: "teacher", username: "teacher", name: "王老师", number: "T1001" },
  { role: "student", username: "20260001", name: "张三", number: "20260001" },
  { role: "student", username: "20260002", name: "李四", number: "20260002" },
  { role: "student", username: "20260003", name: "王五", number: "20260003" },
];

type DemoAccount = { userId: string; role: Role; username: string; password: string };

const accountsFile = () => join(env().LABYARD_HOME, "run", `accounts.${env().DEPLOY_ID}`);

/**
 * The demo story's people, with random passwords in `run/accounts.<deploy>` (for the operator's eyes only).
 * A missing file means that nobody knows the passwords, so new ones are made.
 */
export async function openDemo({ ctx }: { ctx: Ctx }): Promise<void> {
  const there = await ctx.db.select({ id: users.id }).from(users).where(eq(users.demo, true)).limit(1);
  const fresh = there.length === 0;
  if (fresh && (await hasAdmin(ctx.db))) return;
  if (!fresh) {
    await setDemoStatus(ctx, "suspended", "active");
    if (await exists(accountsFile())) return;
  }
  const secrets = await Promise.all(
    people.map(async (person) => {
      const password = initialPassword();
      return { ...person, password, hash: await hashPassword(password) };
    }),
  );
  const done = await transact(ctx.db, async (tx) => {
    await lockDemo(ctx, tx);
    const rows = await tx.select({ id: users.id, username: users.username, demo: users.demo }).from(users);
    const written: DemoAccount[] = [];
    const ended: string[] = [];
    for (const { password, hash, role, ...person } of secrets) {
      const row = rows.find((user) => user.username === person.username);
      // Somebody real has the name by now, or the operator removed this demo account.
      if (row ? !row.demo : !fresh) continue;
      const userId = row?.id ?? ctx.newId();
      const now = ctx.clock.now();
      const secret = { passwordHash: hash, mustChangePassword: false, updatedAt: now };
      if (row) {
        await tx.update(users).set(secret).where(eq(users.id, userId));
        ended.push(...(await endSessions({ ctx, tx, userId })));
      } else {
        await tx.insert(users).values({ id: userId, ...person, ...secret, demo: true, createdAt: now });
        await tx.insert(userRoles).values({ userId, role });
      }
      await recordAudit(ctx, tx, {
        action: row ? "user.passwordReset" : "user.created",
        targetType: "user",
        targetId: userId,
        after: { demo: true, roles: [role] },
      });
      written.push({ userId, role, username: person.username, password });
    }
    return { written, ended };
  });
  forgetSessions(done.ended);
  await writeAccounts(done.written);
}

/** Outside loopback nobody may sign in with a demo account. Counts those it had to close. */
export const closeDemo = ({ ctx }: { ctx: Ctx }): Promise<number> =>
  setDemoStatus(ctx, "active", "suspended");

async function setDemoStatus(
  ctx: Ctx,
  from: "active" | "suspended",
  to: "active" | "suspended",
): Promise<number> {
  const done = await transact(ctx.db, async (tx) => {
    const rows = await tx
      .select({ id: users.id })
      .from(users)
      .where(and(eq(users.demo, true), eq(users.status, from)))
      .orderBy(asc(users.id))
      .for("update");
    const ended: string[] = [];
    for (const { id } of rows) {
      await tx.update(users).set({ status: to, updatedAt: ctx.clock.now() }).where(eq(users.id, id));
      const action = to === "active" ? "user.restored" : "user.suspended";
      await recordAudit(ctx, tx, {
        action,
        targetType: "user",
        targetId: id,
        after: { status: to, demo: true },
      });
      if (to === "suspended") ended.push(...(await endSessions({ ctx, tx, userId: id })));
    }
    return { count: rows.length, ended };
  });
  forgetSessions(done.ended);
  return done.count;
}

/** Two copies that start at once make the demo accounts one after the other. */
async function lockDemo(ctx: Ctx, tx: Tx): Promise<void> {
  await tx
    .insert(settings)
    .values({ key: "demo", value: {}, updatedAt: ctx.clock.now() })
    .onDuplicateKeyUpdate({ set: { key: sql`\`key\`` } });
  await tx.select().from(settings).where(eq(settings.key, "demo")).for("update");
}

async function writeAccounts(accounts: readonly DemoAccount[]): Promise<void> {
  const file = accountsFile();
  await mkdir(join(env().LABYARD_HOME, "run"), { recursive: true });
  const lines = accounts.map(({ role, username, password }) => `${role} ${username} ${password}\n`);
  // Whole or not at all: a half-written file would never be made again.
  await writeFile(`${file}.new`, lines.join(""), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );
