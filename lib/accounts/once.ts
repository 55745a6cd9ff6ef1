import { eq } from "drizzle-orm";
import { settings } from "@/db/schema/accounts";
import type { Ctx } from "@/lib/platform/context";
import { isDuplicate } from "@/lib/platform/errors";

/** Does `work` unless it was done before in this installation; work that fails is done again next time. */
export async function once({
  ctx,
  key,
  work,
}: {
  ctx: Ctx;
  key: string;
  work: () => Promise<unknown>;
}): Promise<void> {
  const [done] = await ctx.db.select().from(settings).where(eq(settings.key, key));
  if (done) return;
  await work();
  try {
    await ctx.db.insert(settings).values({ key, value: {}, updatedAt: ctx.clock.now() });
  } catch (error) {
    // Another copy of the service finished it at the same time.
    if (!isDuplicate(error)) throw error;
  }
}
