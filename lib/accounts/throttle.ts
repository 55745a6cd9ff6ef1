import { eq, inArray, lt, sql } from "drizzle-orm";
import { affected, type Db, transact } from "@/db/client";
import { signInFailures } from "@/db/schema/accounts";
import type { Ctx } from "@/lib/platform/context";
import { sha256 } from "@/lib/platform/crypto";
import { limit } from "@/lib/platform/errors";
import { metrics } from "@/lib/platform/metrics";

/**
 * Guessing is slowed, nobody is locked out. After `free` failed tries on a key each further one doubles
 * the wait, up to `longest` seconds. The address alone is no key: a class of 300 may share one.
 */
type Key = { key: string; free: number; longest: number };

const forgetMs = 30 * 60 * 1000;

export function throttleKeys(username: string, address: string, knownHere: boolean): Key[] {
  const here = { key: `here:${sha256(`${username}\n${address}`).slice(0, 40)}`, free: 5, longest: 60 };
  // Someone far away must not delay a person at a place where they have signed in before.
  if (knownHere) return [here];
  return [{ key: `account:${sha256(username).slice(0, 40)}`, free: 20, longest: 60 }, here];
}

/** Seconds to wait after the nth failed try. */
export const waitSeconds = (count: number, { free, longest }: Pick<Key, "free" | "longest">): number =>
  count <= free ? 0 : Math.min(longest, 2 ** Math.min(count - free, 20));

/**
 * Counts a try as failed before it is looked at, so that a hundred at once cannot slip through
 * together; {@link clearTries} takes it back. Throws `limit` with the seconds left while a key waits.
 */
export async function reserveTry(ctx: Ctx, keys: readonly Key[]): Promise<void> {
  const now = ctx.clock.now();
  await transact(ctx.db, async (tx) => {
    for (const { key, free, longest } of keys) {
      await tx
        .insert(signInFailures)
        .values({ key, count: 0, updatedAt: now })
        .onDuplicateKeyUpdate({ set: { key: sql`\`key\`` } });
      const [row] = await tx.select().from(signInFailures).where(eq(signInFailures.key, key)).for("update");
      if (!row) continue;
      const blocked = (row.blockedUntil?.getTime() ?? 0) - now.getTime();
      if (blocked > 0) {
        metrics().signIns.inc({ result: "throttled" });
        throw limit("accounts.tooManyTries", { seconds: Math.ceil(blocked / 1000) });
      }
      const count = now.getTime() - row.updatedAt.getTime() > forgetMs ? 1 : row.count + 1;
      const wait = waitSeconds(count, { free, longest });
      const blockedUntil = wait ? new Date(now.getTime() + wait * 1000) : null;
      await tx
        .update(signInFailures)
        .set({ count, blockedUntil, updatedAt: now })
        .where(eq(signInFailures.key, key));
    }
  });
}

export async function clearTries(db: Pick<Db, "delete">, keys: readonly Key[]): Promise<void> {
  await db.delete(signInFailures).where(
    inArray(
      signInFailures.key,
      keys.map(({ key }) => key),
    ),
  );
}

/** Rows of names that nobody has: removed once they no longer matter. */
export async function sweepTries(ctx: Ctx): Promise<number> {
  const old = new Date(ctx.clock.now().getTime() - 24 * 60 * 60 * 1000);
  return affected(await ctx.db.delete(signInFailures).where(lt(signInFailures.updatedAt, old)).limit(1000));
}
