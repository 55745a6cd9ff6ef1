import { and, asc, eq, sql } from "drizzle-orm";
import { hosts } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";

/**
 * The host that a new home should go to: enabled, answering, with room, and the emptiest of those. A hint:
 * only `reserve` decides. A home that exists pins its host; nobody asks here for that.
 */
export async function pickHost({
  ctx,
  input,
}: {
  ctx: Pick<Ctx, "db">;
  input: { memoryMb: number; diskMb: number };
}): Promise<{ id: string; endpoint: string } | null> {
  const [found] = await ctx.db
    .select({ id: hosts.id, endpoint: hosts.endpoint })
    .from(hosts)
    .where(
      and(
        eq(hosts.driver, "docker"),
        eq(hosts.status, "enabled"),
        eq(hosts.health, "ok"),
        sql`${hosts.memoryReservedMb} + ${input.memoryMb} <= ${hosts.memoryMb}`,
        sql`${hosts.diskReservedMb} + ${input.diskMb} <= ${hosts.diskMb}`,
      ),
    )
    .orderBy(asc(sql`${hosts.memoryReservedMb} / ${hosts.memoryMb}`), asc(hosts.id))
    .limit(1);
  return found ?? null;
}
