import { and, eq, notInArray, sql } from "drizzle-orm";
import { type Tx, transact } from "@/db/client";
import { homes, hosts, workspaces } from "@/db/schema/workspaces";
import type { Ctx } from "@/lib/platform/context";

/**
 * Works out from the rows what every host has reserved, and corrects the counters. They are never wrong by
 * design; this makes a mistake of ours last a minute and not for ever.
 */
export async function recountReservations({ ctx }: { ctx: Ctx }): Promise<{ corrected: number }> {
  let corrected = 0;
  for (const { id } of await ctx.db.select({ id: hosts.id }).from(hosts)) {
    if (await transact(ctx.db, (tx) => recount(tx, id))) {
      corrected++;
      ctx.log.warn({ host: id }, "reservations of a host were corrected");
    }
  }
  return { corrected };
}

async function recount(tx: Tx, hostId: string): Promise<boolean> {
  // The lock comes first: every placement and release goes through this row, so the sums stand still.
  const [host] = await tx.select().from(hosts).where(eq(hosts.id, hostId)).for("update");
  if (!host) return false;
  const [memory] = await tx
    .select({ sum: sql<string | null>`sum(${workspaces.memoryMb})` })
    .from(workspaces)
    .where(and(eq(workspaces.hostId, hostId), notInArray(workspaces.state, ["stopped", "failed"])));
  const [disk] = await tx
    .select({ sum: sql<string | null>`sum(${homes.sizeMb})` })
    .from(homes)
    .where(eq(homes.hostId, hostId));
  const memoryReservedMb = Number(memory?.sum ?? 0);
  const diskReservedMb = Number(disk?.sum ?? 0);
  if (memoryReservedMb === host.memoryReservedMb && diskReservedMb === host.diskReservedMb) return false;
  await tx.update(hosts).set({ memoryReservedMb, diskReservedMb }).where(eq(hosts.id, hostId));
  return true;
}
