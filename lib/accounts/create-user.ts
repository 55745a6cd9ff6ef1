import type { z } from "zod";
import { transact } from "@/db/client";
import { userRoles, users } from "@/db/schema/accounts";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { AppError, forbidden, isDuplicate } from "@/lib/platform/errors";
import { hashPassword, initialPassword, initialPasswordMs } from "./password";
import { can } from "./policy";
import { createUserSchema } from "./schema";

/** One new account with a one-time password, which is in the answer and nowhere else. */
export async function createUser(options: {
  ctx: Ctx;
  input: z.input<typeof createUserSchema>;
}): Promise<{ userId: string; username: string; initialPassword: string }> {
  const { ctx } = options;
  const { roles, ...person } = createUserSchema.parse(options.input);
  if (!can(ctx.actor, "create", { newRoles: roles })) throw forbidden();
  const plain = initialPassword();
  const passwordHash = await hashPassword(plain);
  const userId = ctx.newId();
  try {
    await transact(ctx.db, async (tx) => {
      const now = ctx.clock.now();
      await tx.insert(users).values({
        id: userId,
        ...person,
        passwordHash,
        mustChangePassword: true,
        passwordExpiresAt: new Date(now.getTime() + initialPasswordMs),
        createdAt: now,
        updatedAt: now,
      });
      await tx.insert(userRoles).values([...new Set(roles)].map((role) => ({ userId, role })));
      await recordAudit(ctx, tx, {
        action: "user.created",
        targetType: "user",
        targetId: userId,
        after: { ...person, roles },
      });
    });
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    const fields = { username: "accounts.field.usernameTaken" };
    throw new AppError(
      "conflict",
      "accounts.usernameTaken",
      { username: person.username },
      { fields, cause: error },
    );
  }
  return { userId, username: person.username, initialPassword: plain };
}
