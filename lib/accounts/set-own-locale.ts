import { eq } from "drizzle-orm";
import { users } from "@/db/schema/accounts";
import { type Ctx, requireUser } from "@/lib/platform/context";

/** The language a person is written to in, also where they have no cookie. A taste, so not audited. */
export async function setOwnLocale({ ctx, input }: { ctx: Ctx; input: { locale: string } }): Promise<void> {
  const actor = requireUser(ctx);
  await ctx.db
    .update(users)
    .set({ locale: input.locale, updatedAt: ctx.clock.now() })
    .where(eq(users.id, actor.id));
}
