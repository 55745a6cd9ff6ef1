import { eq } from "drizzle-orm";
import type { z } from "zod";
import { transact } from "@/db/client";
import { users } from "@/db/schema/accounts";
import { recordAudit } from "@/lib/audit";
import type { Ctx } from "@/lib/platform/context";
import { forbidden } from "@/lib/platform/errors";
import { lockAccount } from "./load-account";
import { can } from "./policy";
import { updateUserSchema } from "./schema";

/** Name, number and e-mail of an account; the sign-in name stays. */
export async function updateUser(options: {
  ctx: Ctx;
  input: z.input<typeof updateUserSchema>;
}): Promise<void> {
  const { ctx } = options;
  const { userId, ...after } = updateUserSchema.parse(options.input);
  if (!can(ctx.actor, "list")) throw forbidden();
  await transact(ctx.db, async (tx) => {
    const user = await lockAccount(tx, userId);
    if (!can(ctx.actor, "edit", user)) throw forbidden();
    const before = { name: user.name, number: user.number, email: user.email };
    await tx
      .update(users)
      .set({ ...after, updatedAt: ctx.clock.now() })
      .where(eq(users.id, userId));
    await recordAudit(ctx, tx, {
      action: "user.updated",
      targetType: "user",
      targetId: userId,
      before,
      after,
    });
  });
}
